import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundlePlugin } from "../../tools/bundle/bundle-plugin.ts";
import { bundleProgram } from "../../tools/bundle/bundle-program.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-old-node-"));
  await bundlePlugin(folder);
  await bundleProgram("src/main.ts", folder);
  // Tells of an old version and has none of what is newer.
  const old = [
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });',
    "process.getBuiltinModule = undefined;",
  ];
  await writeFile(join(folder, "old.cjs"), old.join("\n"));
});

afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

const runOld = (file: string, ...args: string[]) => run("--require", join(folder, "old.cjs"), file, ...args);

describe("on a Node that is too old", () => {
  test("the operator says in one line which it needs", async () => {
    const { code, stdout, stderr } = await runOld(join(folder, "main.mjs"), "--version");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^evenkeel needs Node 24\.0 or newer; \S+ is 18\.20\.8\. Put a newer Node first on the PATH\.\n$/,
    );
  });

  test.each([["commonjs"], ["module"]])("kubectl's plugin does, in a package of type %s", async (type) => {
    const place = join(folder, type);
    await mkdir(place);
    await writeFile(join(place, "package.json"), JSON.stringify({ type }));
    await copyFile(join(folder, "kubectl-evenkeel"), join(place, "kubectl-evenkeel"));
    const { code, stdout, stderr } = await runOld(join(place, "kubectl-evenkeel"), "status");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^kubectl evenkeel needs Node 22\.19 or newer; \S+ is 18\.20\.8\. Put a newer Node/);
    const today = await run(join(place, "kubectl-evenkeel"), "--version");
    expect(today).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
