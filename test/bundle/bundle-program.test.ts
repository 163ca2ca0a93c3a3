import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlePlugin } from "../../tools/bundle/bundle-plugin.ts";
import { bundleProgram } from "../../tools/bundle/bundle-program.ts";
import { root } from "../../tools/bundle/bundling.ts";

let folder: string;
let operator: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-program-"));
  operator = await bundleProgram("src/main.ts", folder);
});

afterAll(() => rm(folder, { recursive: true }));

/** Files of which something is in a bundle. */
const usedIn = ({ outputs }: Metafile): string[] =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? input : [])),
  );

/** The operator's file that begins with a source. */
function fileOf(source: string): string {
  const found = Object.entries(operator.outputs).find(([, { entryPoint }]) => entryPoint === source);
  if (!found) throw new Error(`no file begins with ${source}`);
  return join(root, found[0]);
}

test("of zod's languages the operator has English alone, as all of src imports zod as a namespace", () => {
  expect(usedIn(operator).filter((input) => input.includes("zod/v4/locales/"))).toEqual([
    expect.stringMatching(/\/locales\/en\.js$/),
  ]);
});

test("of the Kubernetes client, operator and plugin have what reads a kubeconfig, and none of its kinds", async () => {
  for (const used of [usedIn(operator), usedIn(await bundlePlugin(join(folder, "plugin")))]) {
    const ofClient = used.filter((input) => input.includes("@kubernetes/client-node/"));
    expect(ofClient).toContain("node_modules/@kubernetes/client-node/dist/config.js");
    expect(ofClient.filter((input) => /\/gen\/(apis|models|types)\//.test(input))).toEqual([]);
    expect(ofClient.length).toBeLessThan(30);
  }
});

test("V8 keeps the operator's files in one byte for each character: none is beyond Latin-1", async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mjs"));
  expect(names).toContain("main.mjs");
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  // esbuild writes strings as ASCII, and regular expressions as they stand in the sources: write \u there.
  expect(names.filter((_, index) => /[^\0-\xff]/.test(texts[index]!))).toEqual([]);
});

test("what every operator loads does not load Node's own copy of undici", async () => {
  const files = ["src/cli/run.ts", "node_modules/@kubernetes/client-node/dist/config.js"].map(fileOf);
  const script = join(folder, "loaded.mjs");
  const imports = files.map((file) => `await import(${JSON.stringify(file)});`);
  await writeFile(script, [...imports, 'console.log(process.moduleLoadList.join("\\n"));'].join("\n"));
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toMatch(/^NativeModule http$/m);
  expect(stdout).not.toContain("undici");
});
