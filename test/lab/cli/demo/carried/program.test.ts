import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { findProgram, startProxy } from "../../../../../src/lab/cli/demo/carried/program.ts";
import { findFreePort } from "../../../../../src/lab/cli/demo/preflight.ts";
import { patienceMs } from "../../../../tools/control-plane/wait-for.ts";

test("a program that is missing is told by how to get it", () => {
  expect(() => findProgram("no-such-proxy", "The proxy", "apt-get install proxy")).toThrow(
    "The proxy is not installed (no no-such-proxy on the PATH): apt-get install proxy",
  );
  expect(findProgram("sh", "The shell", "")).toMatch(/\/sh$/);
});

test("a proxy is gone when whoever started it is killed", async () => {
  const port = await findFreePort("127.0.0.1");
  const program = new URL("../../../../../src/lab/cli/demo/carried/program.ts", import.meta.url).href;
  const proxy = `require("node:http").createServer((_, answer) => answer.end(String(process.pid))).listen(${port}, "127.0.0.1")`;
  const starter = `
    const { startProxy } = await import(${JSON.stringify(program)});
    const { send } = await startProxy({ title: "The proxy", path: process.execPath, args: ["-e", ${JSON.stringify(proxy)}], port: ${port}, onEnd() {} });
    console.log(await send(new AbortController().signal));
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", starter], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const pid = Number(line);
  expect(() => process.kill(pid, 0)).not.toThrow();
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: patienceMs });
});

test("a proxy that is closed is gone, with what waits beside it", async () => {
  const port = await findFreePort("127.0.0.1");
  const script = `require("node:http").createServer((_, answer) => answer.end(String(process.pid))).listen(${port}, "127.0.0.1")`;
  const ended: string[] = [];
  const { send, close } = await startProxy({
    title: "The proxy",
    path: process.execPath,
    args: ["-e", script],
    port,
    onEnd: (message) => ended.push(message),
  });
  const pid = Number(await send(new AbortController().signal));
  await close();
  // It led its group, in which nothing is left.
  await vi.waitFor(() => expect(() => process.kill(-pid, 0)).toThrow("ESRCH"), { timeout: patienceMs });
  expect(ended).toEqual([]);
});

test("a proxy that ends before it answers says why", async () => {
  const ended: string[] = [];
  const starting = startProxy({
    title: "The proxy",
    path: process.execPath,
    args: ["-e", "console.error('no such configuration'); process.exit(3)"],
    port: 1,
    onEnd: (message) => ended.push(message),
  });
  await expect(starting).rejects.toThrow(/The proxy does not answer .*no such configuration/);
  expect(ended).toEqual(["The proxy has ended (3): no such configuration"]);
});
