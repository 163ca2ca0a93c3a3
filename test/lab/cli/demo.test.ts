import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { strategyTypes } from "../../../src/api/pool.ts";
import { loadConnection } from "../../../src/kube/connection.ts";
import { createObjects } from "../../../src/kube/objects.ts";
import { Transport } from "../../../src/kube/transport.ts";
import { loadBalancerPools } from "../../../src/kube/types.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { findOrFetchEnvoy } from "../../tools/envoy.ts";
import { haproxy } from "../../tools/haproxy.ts";
import { findProgram, requirePart } from "../../tools/require-part.ts";

const main = fileURLToPath(new URL("../../../src/lab/main.ts", import.meta.url));
const ready = /\[[\d.,%?]+\] {2}average/;
let folder: string;
const foundEnvoy = await findOrFetchEnvoy();
/** Where it was fetched, nobody looks for it by itself. */
const env =
  foundEnvoy.kind === "ready"
    ? { ...process.env, PATH: `${dirname(foundEnvoy.path)}:${process.env.PATH}` }
    : process.env;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-demo-"));
});

afterAll(() => rm(folder, { recursive: true }));

const kubeconfigOf = ({ stdout }: Run): string => /export KUBECONFIG=(\S+)/.exec(stdout)![1]!;

const isLate = /(a sample( of \S+)? failed: TimedOut|no answer within \d+ ms)$/;

/** A run of the demo, with all that it writes. Ends with the test. */
class Run {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown[]>;

  constructor(program: string, ...args: readonly string[]) {
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
    this.#closed = once(this.child, "close");
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stdout!.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
  }

  async ended(): Promise<number | null> {
    return ((await this.#closed) as [number | null])[0];
  }

  async wrote(wanted: RegExp | ((stdout: string) => boolean)): Promise<void> {
    const isThere = typeof wanted === "function" ? wanted : (stdout: string) => wanted.test(stdout);
    while (!isThere(this.stdout)) {
      const isOver = await Promise.race([once(this.child.stdout!, "data"), this.#closed.then(() => undefined)]);
      if (!isOver && !isThere(this.stdout)) throw new Error(`it ended early: ${this.stdout}${this.stderr}`);
    }
  }

  /** What it complains of. That something answers late is no fault of the demo on a busy machine. */
  get complaints(): string[] {
    return this.stdout.split("\n").filter((line) => line.includes("!") && !isLate.test(line));
  }
}

/** Ten looks or more, after a scale-up, and the last two at the same pods, which have all been sampled. */
function isEnough(stdout: string): boolean {
  const looks = [...stdout.matchAll(/ \[([\d.,%?]+)\] {2}average .*, (\d)\/8 replicas/g)];
  const [before, last] = looks.slice(-2).map(([, loads, replicas]) => {
    const isWhole = !loads!.includes("?") && loads!.split(",").length === Number(replicas);
    return isWhole ? replicas : undefined;
  });
  return looks.length > 10 && stdout.includes(" scale 1 -> ") && last !== undefined && last === before;
}

/** Standard deviation over mean, as told last of a Service. */
function lastSpread(stdout: string, service: string): number | undefined {
  const told = [...stdout.matchAll(new RegExp(` ${service} .*sd/mean (\\d\\.\\d\\d)`, "g"))].at(-1);
  return told && Number(told[1]);
}

const demo = (...args: readonly string[]): Run =>
  new Run(process.execPath, main, "demo", "--port", "0", "--page-port", "0", ...args);

describe("the demo", () => {
  test("scales up by load, samples every pod, ends by itself and tells what happened", async () => {
    const brief = join(folder, "brief.json");
    const ending = demo("--duration", "3s", "--json", brief);
    expect(await ending.ended()).toBe(0);
    expect(ending.stderr).toBe("");
    const { durationMs, readyAfterMs } = JSON.parse(await readFile(brief, "utf8"));
    expect(durationMs).toBeGreaterThanOrEqual(readyAfterMs + 3_000);

    const file = join(folder, "out.json");
    const run = demo("--json", file, "--seed", "7");
    await run.wrote(isEnough);
    run.child.kill("SIGINT");
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
    expect(run.stdout).not.toContain("\x1b");
    const lines = run.stdout.trimEnd().split("\n");
    const summary = lines.findIndex((line) => line.startsWith("evenkeel demo"));
    for (const line of lines.slice(0, summary)) expect(line).toMatch(/^ {0,2}\d+:\d\d {2}\S/);
    const told = lines.slice(summary).filter((line) => !line.startsWith("!"));
    expect(told.length).toBeLessThanOrEqual(3);
    expect(told.at(-1)).toMatch(/^Requests that failed: blind \d+ of \d+, following \d+ of \d+\.$/);
    expect(run.complaints).toEqual([]);

    const report = JSON.parse(await readFile(file, "utf8"));
    expect(report.errors.filter(({ message }: { message: string }) => !isLate.test(message))).toEqual([]);
    expect(report).toMatchObject({ strategy: "LeastConnections", seed: 7, allSampled: true });
    expect(Date.parse(report.startedAt)).toBeLessThan(Date.now());
    const [first] = report.scaleEvents;
    expect(first).toMatchObject({ from: 1, reason: "LoadAboveLimit" });
    expect(first.to).toBeGreaterThan(1);
    expect(first.averageLoad).toBeGreaterThan(50);
    expect(report.endpoints.length).toBe(report.scaleEvents.at(-1).to);
    for (const endpoint of report.endpoints) {
      expect(endpoint).toMatchObject({ sampled: true });
      expect(endpoint.samples).toBeGreaterThan(0);
    }
    expect(report.connections.failed).toBe(0);
    expect(report.connections.opened).toBeGreaterThan(50);
    const perPod = Object.values<number>(report.connections.perPod);
    expect(perPod.reduce((sum, count) => sum + count, 0)).toBe(report.connections.opened);
    expect(report.loads.length).toBeGreaterThanOrEqual(10);
    // A pod that started just before the end has no figure yet.
    for (const { loads } of report.loads) expect(loads).toMatch(/^\[(\d+\.\d\d%|\?)(,(\d+\.\d\d%|\?))*\]$/);
    const whole = report.loads.filter(({ loads }: { loads: string }) => /^\[\d+\.\d\d%(,\d+\.\d\d%)+\]$/.test(loads));
    expect(whole.length).toBeGreaterThan(0);
    expect(report.reactionMs.length).toBeGreaterThan(0);
    expect(report.clients).toMatchObject([{ name: "blind" }, { name: "following" }]);
    // The pods are all well: whoever sends them requests is answered.
    for (const { requests, failed, medianMs } of report.clients) {
      expect(requests).toBeGreaterThan(50);
      expect(failed).toBeLessThan(requests / 10);
      expect(medianMs).toBeGreaterThan(4);
    }
  });

  test("answers on the API server's and the operator's URL, and ends cleanly when interrupted", async () => {
    const run = demo("--strategy", "LeastLoad");
    await run.wrote(ready);
    const kubeconfig = kubeconfigOf(run);
    const operatorUrl = /operator (\S+)\/v1\/pools/.exec(run.stdout)![1]!;
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(kubeconfig))).mode & 0o777).toBe(0o700);
    const connection = await loadConnection({ kubeconfig });
    const transport = new Transport({ connection });
    const pool = await createObjects(transport).get(loadBalancerPools, "default", "web");
    await transport.close();
    expect(pool).toMatchObject({ object: { kind: "LoadBalancerPool", spec: { strategy: { type: "LeastLoad" } } } });
    const next = await (await fetch(`${operatorUrl}/v1/pools/default/web/next`)).json();
    expect(next).toMatchObject({ endpoints: [{ pod: expect.stringMatching(/^web-/) }] });
    run.child.kill("SIGINT");
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("evenkeel demo");
    expect(run.complaints).toEqual([]);
    await expect(fetch(connection.server)).rejects.toThrow("fetch failed");
    await expect(fetch(operatorUrl)).rejects.toThrow("fetch failed");
    expect(existsSync(dirname(kubeconfig))).toBe(false);
  });

  test("answers nobody without the token that its kubeconfig has, whose file goes even when the demo is killed", async () => {
    const run = demo();
    await run.wrote(ready);
    const kubeconfig = kubeconfigOf(run);
    const { server, credentials } = await loadConnection({ kubeconfig });
    const { headers, tls } = await credentials();
    const ask = async (given: Record<string, string>): Promise<number> => {
      const asked = request(new URL("/api/v1/pods", server), {
        ...tls,
        servername: "localhost",
        headers: given,
        agent: false,
      }).end();
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode!;
    };
    expect(await ask(headers)).toBe(200);
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: "Bearer other" })).toBe(401);
    expect(await ask({ ...headers, host: "evil.example" })).toBe(403);
    expect(await ask({ ...headers, origin: "https://evil.example" })).toBe(403);
    run.child.kill("SIGKILL");
    await run.ended();
    await waitFor(() => !existsSync(dirname(kubeconfig)), "the kubeconfig to go");
  });

  test("runs with every strategy, several at once and each on ports of its own", async () => {
    for (const some of [strategyTypes.slice(0, 4), strategyTypes.slice(4)]) {
      // On the usual ports, as people start it.
      const runs = some.map((strategy) => new Run(process.execPath, main, "demo", "--strategy", strategy));
      for (const run of runs) await run.wrote(ready);
      const urls = runs.flatMap(({ stdout }) => stdout.match(/(?<=(operator|page) )http:\/\/[^ /\n]+/g));
      expect(urls).toHaveLength(2 * some.length);
      const servers = await Promise.all(runs.map((run) => loadConnection({ kubeconfig: kubeconfigOf(run) })));
      expect(new Set(servers.map(({ server }) => server.host)).size).toBe(runs.length);
      expect(new Set(urls).size).toBe(urls.length);
      const ended = runs.map((run) => run.ended());
      for (const run of runs) run.child.kill("SIGINT");
      expect(await Promise.all(ended)).toEqual(runs.map(() => 0));
      for (const run of runs) {
        expect(run.stderr).toBe("");
        expect(run.complaints).toEqual([]);
      }
    }
  });

  test("spreads blind clients better behind a ready set than behind a plain Service", async () => {
    const file = join(folder, "services.json");
    const run = demo("--consumer", "service", "--json", file);
    // Both are the same until the set has learned how long connections last; from then on they part for good.
    await run.wrote((stdout) => {
      const [plain, busy] = ["plain", "least-busy"].map((service) => lastSpread(stdout, service));
      return plain !== undefined && busy !== undefined && busy < 0.75 * plain;
    });
    run.child.kill("SIGINT");
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
    expect(run.complaints).toEqual([]);
    expect(run.stdout).toMatch(/least-busy {2}\[[\d,*]*\d\*[\d,*]*\] .*, [78] of 1[05] ready\n/);
    expect(run.stdout).not.toMatch(/plain +\[[\d,]*\*/);
    expect(run.stdout).toMatch(/\nplain {7}.*\d in the end\.\nleast-busy {2}.*\d in the end\.\n/);

    const report = JSON.parse(await readFile(file, "utf8"));
    expect(report).toMatchObject({ consumer: "service", floor: "TwoThirds", seed: 1 });
    const [plain, busy] = report.services;
    expect([plain.service, busy.service]).toEqual(["plain", "least-busy"]);
    expect(busy.spread.sdOverMean).toBeLessThan(0.85 * plain.spread.sdOverMean);
    for (const { connections, pods } of report.services) {
      expect(connections.failed).toBe(0);
      expect(connections.opened).toBeGreaterThan(240);
      expect(pods.length).toBeGreaterThanOrEqual(10);
    }
  });

  const carriers = [
    { consumer: "client", title: "evenkeel/client", isHere: true },
    { consumer: "grpc", title: "grpc-js", isHere: true },
    { consumer: "envoy", title: "Envoy", isHere: requirePart("Envoy", foundEnvoy.kind === "ready") },
    { consumer: "haproxy", title: "HAProxy", isHere: requirePart("HAProxy", haproxy !== undefined) },
  ];
  for (const { consumer, title, isHere } of carriers)
    test.skipIf(!isHere)(`sends requests through ${title}, split as the weights are`, async () => {
      const file = join(folder, `${consumer}.json`);
      const run = demo("--consumer", consumer, "--json", file);
      await run.wrote((stdout) => {
        const [, apart, answered] = [...stdout.matchAll(/apart ([\d.]+), (\d+) answered/g)].at(-1) ?? [];
        return Number(answered) > 1_000 && Number(apart) < 5;
      });
      run.child.kill("SIGINT");
      expect(await run.ended()).toBe(0);
      expect(run.stderr).toBe("");
      expect(run.complaints).toEqual([]);
      expect(run.stdout).toContain(` requests through ${title}, none failed; `);
      expect(run.stdout).toMatch(/\nfast-\S+ +weight .*%, traffic .*%\n/);
      const report = JSON.parse(await readFile(file, "utf8"));
      expect(report).toMatchObject({ consumer, requests: { failed: 0 } });
      expect(Object.keys(report.requests.perPod)).toHaveLength(5);
      expect(report.pods).toHaveLength(5);
    });

  test("ends without a complaint when nobody reads it any more", async () => {
    const run = demo();
    await run.wrote(ready);
    run.child.stdout!.destroy();
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe("");
  });

  test("refuses in one line what it cannot have", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    const taken = new Run(process.execPath, main, "demo", "--duration", "1s", "--port", String(port));
    expect(await taken.ended()).toBe(2);
    expect(taken.stderr).toBe(`evenkeel: port ${port} is taken: choose another with --port, or --port 0 for any\n`);
    blocker.close();
    const file = join(folder, "no", "out.json");
    const unwritable = demo("--json", file);
    expect(await unwritable.ended()).toBe(2);
    expect(unwritable.stderr).toBe(`evenkeel: --json ${file} cannot be written: there is no such directory\n`);
    expect(taken.stdout + unwritable.stdout).toBe("");
  });

  const script = process.platform === "linux" ? findProgram("script") : undefined;
  test.skipIf(!requirePart("script (util-linux)", script !== undefined))(
    "gives a terminal back as it was",
    async () => {
      const command = [process.execPath, main, "demo", "--port", "0", "--page-port", "0", "--duration", "2s"].join(" ");
      const run = new Run(script!, "--quiet", "--return", "--command", command, "/dev/null");
      expect(await run.ended()).toBe(0);
      const [before, shown] = run.stdout.split("\x1b[?1049h");
      expect(before).toMatch(/^For kubectl .*\r\n\r\n {2}export KUBECONFIG=\S+\r\n\r\n$/);
      expect(shown).toContain(before!.trim().split("\n").at(-1)!.trim());
      expect(run.stdout).toContain("\x1b[H");
      expect(run.stdout.split("\x1b[?1049l").length).toBe(2);
      expect(run.stdout.split("\x1b[?1049l")[1]).toMatch(/^evenkeel demo, 0:\d\d: 1 -> \d replicas .*\r\n/);
    },
  );
});
