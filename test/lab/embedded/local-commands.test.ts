import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ContainerLog } from "../../../src/lab/embedded/local/container-log.ts";
import { commandAnnotation, runLocalCommands } from "../../../src/lab/embedded/local/local-commands.ts";
import { runCommand } from "../../../src/lab/embedded/local/run-command.ts";
import { createLoopbackPods } from "../../../src/lab/embedded/loopback-pods.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { startCluster } from "./cluster.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-local-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Whether nothing runs under that number: what has ended may wait for its parent to hear of it. */
async function isOver(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined || / Z /.test(stat);
}

interface Container {
  readonly env?: readonly object[];
  readonly ports?: readonly object[];
  readonly readinessProbe?: object;
}

/** A cluster with a pod that runs this command. */
async function run(command: string, container: Container = {}, spec: object = {}) {
  const runtime = runLocalCommands({
    others: createLoopbackPods(),
    firstAddress: `127.${192 + (process.pid % 62)}.230.1`,
    folder,
    environment: () => ({ PATH: process.env.PATH, INHERITED: "yes" }),
  });
  const { server, session } = await startCluster({ runtime });
  const path = `${session.core}/pods/a`;
  await session.create(`${session.core}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", annotations: { [commandAnnotation]: command } },
    spec: { containers: [{ name: "app", image: "none", ...container }], ...spec },
  });
  const get = () => session.get(path);
  return {
    session,
    path,
    get,
    status: async () => (await get()).status,
    container: async () => (await get()).status.containerStatuses?.[0],
    /** As text, at a path below the pod's own. */
    read: async (below: string) => (await fetch(`${server.url}${path}${below}`)).text(),
  };
}

const node = JSON.stringify(process.execPath);

test("a command learns where to listen, and is ready when it does", async () => {
  await writeFile(
    join(folder, "server.mjs"),
    `import { createServer } from "node:http";
     const { HOST, PORT, PORT_METRICS } = process.env;
     console.log("starts");
     process.stdin.resume();
     setTimeout(() => createServer((_, response) => response.end("from " + process.env.POD_NAME)).listen(PORT, HOST), 300);
     createServer((_, response) => response.end("open 7\\n")).listen(PORT_METRICS, HOST);`,
  );
  const ports = [
    { name: "http", containerPort: 8080 },
    { name: "metrics", containerPort: 9090 },
  ];
  const pod = await run(`exec ${node} server.mjs`, { ports });
  await waitFor(async () => (await pod.status()).phase === "Running", "the pod to run");
  expect((await pod.container()).ready).toBe(false);
  await waitFor(async () => (await pod.container()).ready, "the pod to be ready");
  const { podIP } = await pod.status();
  expect(podIP).toMatch(/^127\./);
  expect(await (await fetch(`http://${podIP}:8080/`)).text()).toBe("from a");
  expect(await pod.read(":metrics/proxy/")).toBe("open 7\n");
  expect(await pod.read("/log")).toBe("starts\n");
});

test("a command finds in its environment what its manifest says and what the demo has", async () => {
  const env = [
    { name: "GREETING", value: "hello from $(POD_NAME)" },
    { name: "LISTEN", value: "$(HOST):$(PORT), $$(PORT), $(NOBODY)" },
    { name: "WHO", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    { name: "PORT_METRICS", value: "1" },
  ];
  const ports = [
    { name: "web-api", containerPort: 8081 },
    { name: "metrics", containerPort: 9090 },
  ];
  const pod = await run("env; exec sleep 60", { env, ports });
  const text = await waitFor(async () => {
    const log = await pod.read("/log");
    return log.includes("WHO=") && log;
  }, "the environment");
  const { podIP } = await pod.status();
  const found = text.trim().split("\n");
  for (const line of [
    "GREETING=hello from a",
    `LISTEN=${podIP}:8081, $(PORT), $(NOBODY)`,
    "WHO=default",
    `HOST=${podIP}`,
    "PORT=8081",
    "PORT_WEB_API=8081",
    "PORT_METRICS=1",
    "POD_NAME=a",
    "POD_NAMESPACE=default",
    "HOSTNAME=a",
    "INHERITED=yes",
  ])
    expect(found).toContain(line);
});

test("what the cluster cannot give a command is said on the pod", async () => {
  const env = [{ name: "KEY", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
  const pod = await run("true", { env });
  const { state } = await waitFor(() => pod.container(), "the pod to fail");
  expect(state.waiting).toMatchObject({
    reason: "RunContainerError",
    message: expect.stringContaining("variable KEY"),
  });
});

test("a command that ends is started again, with rests that grow", async () => {
  const pod = await run("echo run; echo oops >&2; exit 3");
  const failing = await waitFor(async () => {
    const status = await pod.container();
    return status?.state.waiting && status.restartCount >= 1 && status;
  }, "the second end");
  const restSeconds = Math.min(2 ** failing.restartCount, 30);
  expect(failing).toMatchObject({
    ready: false,
    state: { waiting: { reason: "CrashLoopBackOff", message: `back-off ${restSeconds}s restarting failed container` } },
    lastState: { terminated: { exitCode: 3, reason: "Error" } },
  });
  // Of a run as of the one before. Which of two pipes is read first is chance.
  const linesOf = async (below: string) => (await pod.read(below)).trim().split("\n").sort();
  await expect.poll(() => linesOf("/log")).toEqual(["oops", "run"]);
  expect(await linesOf("/log?previous=true")).toEqual(["oops", "run"]);
  expect(await pod.read("/log?previous=true&tailLines=1")).toMatch(/^(oops|run)\n$/);
  const events = (await pod.session.get(`${pod.session.core}/events`)).items.map(
    ({ reason }: { reason: string }) => reason,
  );
  expect(events).toContain("BackOff");
});

test("a pod that is deleted has its command asked to end, and what it started goes with it", async () => {
  const pod = await run("trap 'echo asked; sleep 0.3; echo done; exit 0' TERM; sleep 600 & echo $!; wait");
  const started = await waitFor(async () => Number(await pod.read("/log")), "the number of the sleep");
  const following = pod.read("/log?follow=true");
  await pod.session.expect(200, "DELETE", pod.path);
  await waitFor(async () => (await pod.session.api.request("GET", pod.path)).status === 404, "the pod to go");
  expect(await following).toBe(`${started}\nasked\ndone\n`);
  await waitFor(() => isOver(started), "the sleep to end");
});

test("a command that does not heed is ended when its grace period is over", async () => {
  const pod = await run("trap '' TERM; echo $$; while :; do sleep 0.1; done", {}, { terminationGracePeriodSeconds: 3 });
  const started = await waitFor(async () => Number(await pod.read("/log")), "its number");
  const before = performance.now();
  await pod.session.expect(200, "DELETE", pod.path);
  await waitFor(async () => (await pod.session.api.request("GET", pod.path)).status === 404, "the pod to go");
  expect(performance.now() - before).toBeGreaterThan(2_900);
  expect(await isOver(started)).toBe(true);
});

test("a readiness probe decides who is ready", async () => {
  await writeFile(
    join(folder, "probed.mjs"),
    `import { createServer } from "node:http";
     let code = 200;
     createServer((request, response) => {
       if (request.url === "/fail") code = 500;
       response.writeHead(code).end();
     }).listen(process.env.PORT, process.env.HOST);`,
  );
  const readinessProbe = { httpGet: { path: "/ready", port: "http" }, periodSeconds: 1, failureThreshold: 2 };
  const pod = await run(`exec ${node} probed.mjs`, { ports: [{ name: "http", containerPort: 8080 }], readinessProbe });
  await waitFor(async () => (await pod.container())?.ready, "the pod to be ready");
  await fetch(`http://${(await pod.status()).podIP}:8080/fail`);
  await waitFor(async () => !(await pod.container()).ready, "the pod to be unready");
  expect((await pod.container()).restartCount).toBe(0);
});

test("a command without a probe is ready when it listens, and is then left alone", async () => {
  await writeFile(
    join(folder, "counting.mjs"),
    `import { createServer } from "node:net";
     createServer(() => console.log("met")).listen(process.env.PORT, process.env.HOST);`,
  );
  const pod = await run(`exec ${node} counting.mjs`, { ports: [{ name: "tcp", containerPort: 8080 }] });
  await waitFor(async () => (await pod.container())?.ready, "the pod to be ready");
  await waitFor(async () => (await pod.read("/log")).includes("met\n"), "the look that made it ready");
  // What was under way then has come, too.
  await sleep(500);
  const met = await pod.read("/log");
  await sleep(1_000);
  expect(await pod.read("/log")).toBe(met);
});

test("a probe whose figures are no numbers is taken with the usual ones", async () => {
  const readinessProbe = { tcpSocket: { port: "tcp" }, periodSeconds: 1, timeoutSeconds: "2s", failureThreshold: 0 };
  const pod = await run(`exec ${node} counting.mjs`, {
    ports: [{ name: "tcp", containerPort: 8080 }],
    readinessProbe,
  });
  await waitFor(async () => (await pod.container())?.ready, "the pod to be ready");
});

test("a log forgets its first lines where there are many, empty ones as well", () => {
  const log = new ContainerLog(() => 0);
  log.append(`first\n${"\n".repeat(20_000)}last\n`);
  expect(log.lines.at(-1)!.text).toBe("last");
  expect(log.lines.length).toBeLessThan(17_000);
});

test.each([
  ["a folder that is gone", { folder: "/nowhere/at/all" }, "ENOENT"],
  ["a variable that no process can have", { environment: { ...process.env, BAD: "a\0b" } }, "null bytes"],
])("a command with %s says that it cannot be started", async (_name, wrong, why) => {
  let told = "";
  const onOutput = (text: string) => {
    told += text;
  };
  const command = runCommand({ command: "true", folder, environment: process.env, onOutput, ...wrong });
  expect(await command.ended).toEqual({ exitCode: 128, signal: undefined });
  expect(told).toMatch(new RegExp(`^cannot be started: .*${why}`));
  await command.stop(1_000);
});

test("nothing of a command is left when who runs it is killed", async () => {
  const module = fileURLToPath(new URL("../../../src/lab/embedded/local/run-command.ts", import.meta.url));
  const script = `
    const { runCommand } = await import(${JSON.stringify(module)});
    const onOutput = (text) => process.stdout.write(text);
    runCommand({ command: "trap '' TERM; sleep 600 & echo $$ $!; wait", folder: ".", environment: process.env, onOutput });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const pids = text.toString().trim().split(" ").map(Number);
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(await isOver(pid)).toBe(false);
  child.kill("SIGKILL");
  for (const pid of pids) await waitFor(() => isOver(pid), `process ${pid} to end`);
});
