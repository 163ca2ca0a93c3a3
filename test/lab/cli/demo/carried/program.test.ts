import { expect, test } from "vitest";
import { findProgram, startProxy } from "../../../../../src/lab/cli/demo/carried/program.ts";

test("a program that is missing is told by how to get it", () => {
  expect(() => findProgram("no-such-proxy", "The proxy", "apt-get install proxy")).toThrow(
    "The proxy is not installed (no no-such-proxy on the PATH): apt-get install proxy",
  );
  expect(findProgram("sh", "The shell", "")).toMatch(/\/sh$/);
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
