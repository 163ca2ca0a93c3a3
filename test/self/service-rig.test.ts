import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Counted, Load } from "../rigs/service/load.ts";
import { takeLooks } from "../rigs/service/looks.ts";
import { type Look, spreadOf, summarize } from "../rigs/service/spread.ts";
import { isAlive } from "../tools/control-plane/daemon.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const folder = join(import.meta.dirname, "..", "rigs", "service", "pods");

describe("servers and clients of the service rig", () => {
  const children: ChildProcess[] = [];
  let server: ChildProcess;
  let ports: { traffic: number; metrics: number; control: number; nobody: number };

  function run(file: string, env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, [join(folder, file)], { env: { ...process.env, ...env }, stdio: "inherit" });
    children.push(child);
    return child;
  }
  const isListening = (port: number) => async () => (await request(`http://127.0.0.1:${port}/metrics`)).body.text();
  const tell = async (method: "PUT" | "DELETE", load?: Load) => {
    const body = load ? JSON.stringify(load) : null;
    const { statusCode } = await request(`http://127.0.0.1:${ports.control}/load`, { method, body });
    expect(statusCode).toBe(200);
  };
  const counted = async () =>
    (await (await request(`http://127.0.0.1:${ports.control}/counted`)).body.json()) as Counted;
  const onServer = async () =>
    /^open_connections.+$/m.exec(await (await request(`http://127.0.0.1:${ports.metrics}/metrics`)).body.text())?.[0];
  const load = (port: number): Load => ({
    targets: { "half-1": `127.0.0.1:${port}` },
    comesBack: [],
    perSecond: 0.001,
    holdSeconds: 100_000,
    initial: 30,
    initialSeconds: 0.1,
  });

  beforeAll(async () => {
    const [traffic = 0, metrics = 0, control = 0, nobody = 0] = await findFreePorts(4);
    ports = { traffic, metrics, control, nobody };
    server = run("serve.ts", { PORTS: `half-1=${traffic}`, METRICS_PORT: String(metrics), LINGER_SECONDS: "0" });
    run("connect.ts", { CONTROL_PORT: String(control) });
    for (const port of [metrics, control]) await waitFor(isListening(port), `port ${port} to answer`);
  });
  afterAll(async () => {
    for (const child of children.filter(isAlive)) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  test("a server counts what clients hold, of each kind of connection", async () => {
    await tell("PUT", load(ports.traffic));
    await waitFor(async () => (await onServer()) === 'open_connections{service="half-1"} 30', "30 on the server");
    await waitFor(async () => (await counted()).opened === 30, "30 answers");
    expect(await counted()).toMatchObject({ open: 30, refused: [], cut: {} });
  });

  test("what clients end themselves is neither refused nor cut", async () => {
    await tell("DELETE");
    await waitFor(async () => (await onServer()) === 'open_connections{service="half-1"} 0', "none on the server");
    expect(await counted()).toMatchObject({ open: 0, opened: 30, refused: [], cut: {} });
  });

  test("a client tells which pod answers at a target, or who else does", async () => {
    const answers = async (port: number) => {
      const { body } = await request(`http://127.0.0.1:${ports.control}/answers/127.0.0.1:${port}`);
      return body.json();
    };
    expect(await answers(ports.traffic)).toEqual({ pod: hostname() });
    expect(await answers(ports.nobody)).toEqual({ problem: expect.stringContaining("ECONNREFUSED") });
    expect(await answers(ports.metrics)).toEqual({ problem: "somebody answered 200, no pod" });
  });

  test("a port where nobody listens refuses", async () => {
    await tell("PUT", load(ports.nobody));
    const { refused } = await waitFor(async () => {
      const now = await counted();
      return now.refused.length === 30 && now;
    }, "30 refusals");
    expect(refused[0]).toMatch(/^half-1 at \d{4}-\S+Z: ECONNREFUSED$/);
    await tell("DELETE");
  });

  test("what a server closes because it is asked to comes back where it may, and is counted apart", async () => {
    await tell("PUT", { ...load(ports.traffic), comesBack: ["half-1"] });
    await waitFor(async () => (await counted()).opened === 60, "30 more answers");
    const asked = await request(`http://127.0.0.1:${ports.metrics}/close/half-1?connections=7`, { method: "POST" });
    expect(asked.statusCode).toBe(204);
    await waitFor(async () => (await counted()).opened === 67, "7 to come back");
    expect(await counted()).toMatchObject({ open: 30, cut: {}, moved: { [hostname()]: 7 } });
    expect(await onServer()).toBe('open_connections{service="half-1"} 30');
    await tell("DELETE");
  });

  test("what a server cuts is counted by its name", async () => {
    await tell("PUT", load(ports.traffic));
    await waitFor(async () => (await counted()).opened === 97, "30 more answers");
    server.kill("SIGTERM");
    const { cut } = await waitFor(async () => {
      const now = await counted();
      return now.open === 0 && now;
    }, "all to be cut");
    expect(Object.values(cut)).toEqual([30]);
    expect((await counted()).refused).toHaveLength(30);
  });
});

describe("the spread", () => {
  const look = (atMs: number, counts: readonly number[], generation: number): Look => ({
    atMs,
    counts: { web: counts },
    ready: { web: counts.length - 1 },
    generations: { web: generation },
  });

  test("is that of all pods, and none where there is no connection", () => {
    expect(spreadOf([10, 10, 10])).toEqual({ sdOverMean: 0, maxOverMean: 1 });
    expect(spreadOf([0, 20])).toEqual({ sdOverMean: 1, maxOverMean: 2 });
    expect(spreadOf([0, 0])).toBeUndefined();
  });

  test("is averaged over time, with writes by the period", () => {
    const looks = [look(0, [10, 10], 3), look(10_000, [0, 20], 5), look(20_000, [0, 20], 7)];
    const { sdOverMean, maxOverMean, perPod, ready, writesPerPeriod } = summarize(looks, "web", 5);
    expect([sdOverMean, maxOverMean].map((value) => value.toFixed(4))).toEqual(["0.6667", "1.6667"]);
    expect({ perPod, ready, writesPerPeriod }).toEqual({ perPod: 10, ready: 1, writesPerPeriod: 1 });
    expect(() => summarize([look(0, [0, 0], 0)], "web", 5)).toThrow("web had no connection");
  });

  test("is looked at until somebody has seen enough", async () => {
    const times = [1, 2, 3, 4].values();
    const looks = await takeLooks(async () => look(times.next().value ?? 0, [1], 0), {
      forMs: 3_600_000,
      everyMs: 1,
      onLook: ({ atMs }) => atMs === 3,
    });
    expect(looks.map(({ atMs }) => atMs)).toEqual([1, 2, 3]);
  });
});
