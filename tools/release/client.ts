import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { root } from "../bundle/bundling.ts";
import { runProgram } from "../image/run-program.ts";
import { archive, type Entry } from "./archive.ts";

const { name, version, description, license } = manifest;

const clientManifest = {
  name,
  version,
  description,
  license,
  type: "module",
  exports: { "./client": { types: "./client.d.ts", default: "./client.mjs" } },
};

async function declare(): Promise<Entry[]> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-types-"));
  try {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    await runProgram(process.execPath, [compiler, "-p", "src/client", "--outDir", folder], { cwd: root });
    const files = (await readdir(folder)).sort();
    return await Promise.all(
      files.map(async (file) => ({ name: `package/${file}`, content: await readFile(join(folder, file)) })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `evenkeel/client` and its types, as `npm install FILE` takes them. */
export async function packClient(bundles: string): Promise<Buffer> {
  return archive([
    { name: "package/package.json", content: Buffer.from(`${JSON.stringify(clientManifest, undefined, 2)}\n`) },
    { name: "package/LICENSE", content: await readFile(join(root, "LICENSE")) },
    { name: "package/client.mjs", content: await readFile(join(bundles, "client.mjs")) },
    ...(await declare()),
  ]);
}
