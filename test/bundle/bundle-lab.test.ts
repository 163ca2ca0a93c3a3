import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleLab } from "../../tools/bundle/bundle-all.ts";
import { bundleProgram } from "../../tools/bundle/bundle-program.ts";

let folder: string;
let lab: string;
let operator: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-lab-"));
  lab = join(folder, "lab");
  operator = await bundleProgram("src/main.ts", folder);
  await bundleLab(lab, new Date(0));
});

afterAll(() => rm(folder, { recursive: true }));

const run = (file: string, ...args: string[]) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile(process.execPath, [file, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

test("nothing of the lab is in the operator's bundle", () => {
  const inputs = Object.keys(operator.inputs);
  expect(inputs).toContain("src/control/operator.ts");
  expect(inputs.filter((input) => input.startsWith("src/lab/"))).toEqual([]);
});

test.each([
  ["demo", "the demo is not in the operator's bundle: `npm ci && npm start` in a clone of the sources runs it"],
  [
    "sim",
    "the simulator is not in the operator's bundle: `npm ci && npm run evenkeel -- sim` in a clone of the sources runs it",
  ],
])("the operator says in one sentence where %s is", async (command, sentence) => {
  const told = { code: 2, stdout: "", stderr: `evenkeel: ${sentence}\n` };
  expect(await run(join(folder, "main.mjs"), command)).toEqual(told);
  expect(await run(join(folder, "main.mjs"), command, "--help")).toEqual(told);
});

test("the lab's bundle has the operator's commands, and runs its own", async () => {
  const commandsOf = async (main: string): Promise<string[]> =>
    [...(await run(main, "--help")).stdout.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name!);
  const all = await commandsOf(join(lab, "main.mjs"));
  expect(all.filter((name) => name !== "demo" && name !== "sim")).toEqual(await commandsOf(join(folder, "main.mjs")));
  expect(all).toEqual(expect.arrayContaining(["run", "demo", "sim"]));
  const { code, stdout } = await run(join(lab, "main.mjs"), "sim", "--scenario", "spin-up", "--seed", "7");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[\d+\.\d+%\]\n/);
  const demo = await run(
    join(lab, "main.mjs"),
    "demo",
    "--plain",
    "--duration",
    "2s",
    "--port",
    "0",
    "--page-port",
    "0",
  );
  expect(demo).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("evenkeel demo, 0:0") });
});

test("notices and SBOM of the lab tell of what is in it", async () => {
  const { packages } = JSON.parse(await readFile(join(lab, "sbom.spdx.json"), "utf8"));
  const names = packages.map(({ name }: { readonly name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["evenkeel", "preact", "protobufjs", "yaml"]));
  const notices = await readFile(join(lab, "THIRD-PARTY-NOTICES"), "utf8");
  expect(notices).toMatch(/^protobufjs [0-9.]+ \(/m);
});
