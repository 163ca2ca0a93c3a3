import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { containerEnv } from "../bench/rig/container-env.ts";
import { containerFlags } from "../bench/rig/container-flags.ts";

const root = join(import.meta.dirname, "../..");
const linesOf = (file: string): string[] => readFileSync(join(root, file), "utf8").split("\n");

/** The files and folders at the top of the repository of which the build imports something. */
async function findImported(): Promise<string[]> {
  const [, script] = /^node (\S+)$/.exec(manifest.scripts.build)!;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [script!],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
  return [...new Set(Object.keys(metafile.inputs).map((input) => input.split("/")[0]!))];
}

test("the image's build has all that it imports", async () => {
  const imported = await findImported();
  expect(imported.sort()).toEqual(["package-lock.json", "package.json", "src", "tools"]);
  const copied = linesOf("Dockerfile").flatMap((line) =>
    line.startsWith("COPY ") ? line.split(" ").slice(1, -1) : [],
  );
  const allowed = linesOf(".dockerignore").flatMap((line) => (line.startsWith("!") ? line.slice(1) : []));
  expect(imported.filter((name) => !copied.includes(name))).toEqual([]);
  expect(imported.filter((name) => !allowed.includes(name))).toEqual([]);
});

test("Node takes what the image tells it of the heap, which leaves half of the chart's limit to all else", () => {
  const script = "process.stdout.write(String(v8.getHeapStatistics().heap_size_limit / 2 ** 20))";
  const env = { ...process.env, ...containerEnv() };
  const limit = Number(execFileSync(process.execPath, [...containerFlags(), "-e", script], { encoding: "utf8", env }));
  const young = 3 * 8;
  expect(limit).toBe(256 + young);
});
