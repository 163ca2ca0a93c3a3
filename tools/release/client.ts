import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, sep } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { bundleClient, clientEntries } from "../bundle/bundle-client.ts";
import { root } from "../bundle/bundling.ts";
import { runProgram } from "../image/run-program.ts";
import type { Addresses } from "./address.ts";
import { archive, type Entry } from "./archive.ts";

const { name, version, license } = manifest;

const exportOf = (part: string) => ({
  import: { types: `./types/${part}/${part}.d.ts`, default: `./${part}.mjs` },
  require: { types: `./types/${part}/${part}.d.cts`, default: `./${part}.cjs` },
});

const clientManifest = ({ repository }: Addresses) => ({
  name,
  version,
  description: "Balances requests over the pods of an Evenkeel pool, or over a list of your own.",
  keywords: ["load balancing", "least connections", "kubernetes", "evenkeel"],
  license,
  ...(repository && {
    homepage: repository,
    repository: { type: "git", url: `git+${repository}.git` },
    bugs: `${repository}/issues`,
  }),
  type: "module",
  // The first with all that the client uses. Browsers of the same years do as well.
  engines: { node: ">=20" },
  sideEffects: false,
  exports: { "./client": exportOf("client"), "./client/node": exportOf("client-node") },
});

/** A declaration for `require`: the same, of modules that are CommonJS. */
const asCommonJs = (declaration: string): string =>
  declaration.replace(/(?<=from "\.{1,2}\/[\w/-]+)\.[jt]s(?=")/g, ".cjs");

/** For whoever compiles against an older library than a pool's `await using` needs. */
const disposable = '/// <reference lib="esnext.disposable" />\n';

async function declare(folder: string): Promise<Entry[]> {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  await runProgram(process.execPath, [compiler, "-p", "src/client", "--outDir", folder], { cwd: root });
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".d.ts")).sort();
  const texts = await Promise.all(
    files.map(async (file) => ({
      file: file.replaceAll(sep, "/"),
      text: disposable + (await readFile(join(folder, file), "utf8")),
    })),
  );
  return texts.flatMap(({ file, text }) => [
    { name: `package/types/${file}`, content: Buffer.from(text) },
    { name: `package/types/${file.replace(/\.ts$/, ".cts")}`, content: Buffer.from(asCommonJs(text)) },
  ]);
}

/** `evenkeel/client`, its part for Node and their types, as `npm install FILE` takes them and `npm publish FILE` publishes them. */
export async function packClient(bundles: string, addresses: Addresses): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-client-"));
  try {
    await bundleClient(folder, "cjs");
    const text = JSON.stringify(clientManifest(addresses), undefined, 2);
    return await archive([
      { name: "package/package.json", content: Buffer.from(`${text}\n`) },
      { name: "package/LICENSE", content: await readFile(join(root, "LICENSE")) },
      { name: "package/README.md", content: await readFile(join(root, "src", "client", "README.md")) },
      ...(await Promise.all(
        clientEntries.flatMap((entry) => {
          const part = basename(entry, ".ts");
          const files = [join(bundles, `${part}.mjs`), join(folder, `${part}.cjs`)];
          return files.map(async (file) => ({ name: `package/${basename(file)}`, content: await readFile(file) }));
        }),
      )),
      ...(await declare(folder)),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
