import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { blocksOf, root } from "../tools/documents/pages.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

const run = promisify(execFile);

/** An example of the page, on ports that are free. */
async function exampleOf(name: string) {
  const { text } = blocksOf("docs/rebalancing.md").find(
    ({ mark }) => mark?.runner === "rebalancing" && mark.name === name,
  )!;
  const [serving, asking] = (await findFreePorts(2)) as [number, number];
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-rebalancing-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, serving, asking, text: text.replaceAll("8080", `${serving}`).replaceAll("9090", `${asking}`) };
}

async function start(program: string, parameters: readonly string[], asking: number): Promise<void> {
  const child = spawn(program, parameters, { stdio: "ignore" });
  onTestFinished(async () => {
    const ended = once(child, "exit");
    if (child.exitCode === null && child.kill("SIGKILL")) await ended;
  });
  const answers = () =>
    fetch(`http://127.0.0.1:${asking}/`).then(
      ({ status }) => status === 404,
      () => false,
    );
  await waitFor(answers, "the example to listen");
}

const ask = async (asking: number, connections: number) =>
  (await fetch(`http://127.0.0.1:${asking}/evenkeel/close?connections=${connections}`, { method: "POST" })).status;

/** One answer over the agent's connection; brings the connection that it came over. */
const get = (port: number, agent: Agent): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, agent }, (response) => {
      const { socket } = response;
      response.resume().on("end", () => setImmediate(() => resolve(socket)));
    });
    sent.on("error", reject).end();
  });

/** Holds idle connections that are kept alive, asks for two, and counts those that are new after the next round. */
async function closesOnNextAnswers(serving: number, asking: number): Promise<void> {
  const agents = Array.from({ length: 5 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => agents.forEach((agent) => void agent.destroy()));
  const round = async () => {
    const sockets: Socket[] = [];
    for (const agent of agents) sockets.push(await get(serving, agent));
    return sockets;
  };
  const portsIn = (sockets: readonly Socket[], before: readonly Socket[]) =>
    sockets.filter((socket, place) => socket !== before[place]).length;
  const first = await round();
  const second = await round();
  expect(portsIn(second, first)).toBe(0);
  expect(await ask(asking, 2)).toBe(204);
  const last = await round();
  const next = await round();
  expect([portsIn(last, second), portsIn(next, last)]).toEqual([0, 2]);
}

test("the example for Node's http closes on the next answers", async () => {
  const { folder, serving, asking, text } = await exampleOf("node");
  await writeFile(join(folder, "pod.mjs"), text);
  await start(process.execPath, [join(folder, "pod.mjs")], asking);
  await closesOnNextAnswers(serving, asking);
});

const hasWs = requirePart("ws", existsSync(join(root, "node_modules", "ws")));

test.runIf(hasWs)("the example for ws closes with 1012", async () => {
  const { folder, serving, asking, text } = await exampleOf("ws");
  await writeFile(join(folder, "pod.mjs"), text);
  await start(process.execPath, [join(folder, "pod.mjs")], asking);
  const codes: number[] = [];
  const sockets = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${serving}`);
      socket.addEventListener("close", ({ code }) => codes.push(code));
      await once(socket, "open");
      return socket;
    }),
  );
  onTestFinished(() => sockets.forEach((socket) => void socket.close()));
  expect(await ask(asking, 2)).toBe(204);
  await waitFor(async () => codes.length >= 2, "two to be closed");
  expect([codes, sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length]).toEqual([[1012, 1012], 3]);
});

const go = findProgram("go") ?? findProgram("go", "/usr/local/go/bin");
const hasGo = requirePart("Go", go !== undefined);

test.runIf(hasGo)("the example for Go closes on the next answers", { timeout: 300_000 }, async () => {
  const { folder, serving, asking, text } = await exampleOf("go");
  await writeFile(join(folder, "main.go"), text);
  await writeFile(join(folder, "go.mod"), "module example\n\ngo 1.22\n");
  await run(go!, ["build", "-o", "pod", "."], { cwd: folder });
  await start(join(folder, "pod"), [], asking);
  await closesOnNextAnswers(serving, asking);
});
