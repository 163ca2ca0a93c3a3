import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";

// npm's SBOM of what production needs, beside the bundle. npm is shown a lock without development dependencies, for its
// own --omit dev also leaves out what both kinds need.

interface Lock {
  readonly packages: Record<string, { readonly dev?: boolean; readonly devDependencies?: object }>;
}

const root = join(import.meta.dirname, "..", "..");
const read = async (name: string) => JSON.parse(await readFile(join(root, name), "utf8"));

const { devDependencies: _, ...manifest } = await read("package.json");
const lock: Lock = await read("package-lock.json");
const { devDependencies: __, ...project } = lock.packages[""]!;
const wanted = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && !dev);

const folder = await mkdtemp(join(tmpdir(), "evenkeel-sbom-"));
try {
  const packages = { "": project, ...Object.fromEntries(wanted) };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ ...lock, packages }));
  const words = ["sbom", "--package-lock-only", "--sbom-format", "spdx", "--sbom-type", "application"];
  await writeFile(join(root, "dist", "sbom.spdx.json"), await runProgram("npm", words, { cwd: folder }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
