import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Metafile, stop } from "esbuild";

const sources = new URL("../../page/", import.meta.url);
const pathOf = (name: string): string => fileURLToPath(new URL(name, sources));

export interface BundledPage {
  /** Texts by name. */
  readonly files: ReadonlyMap<string, string>;
  /** What they were made of. */
  readonly metafile: Metafile;
}

/** The page, made from `src/page`. */
export async function bundlePage(): Promise<BundledPage> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: pathOf("../.."),
    entryPoints: [pathOf("page.tsx"), pathOf("page.css")],
    outdir: "page",
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    tsconfig: pathOf("tsconfig.json"),
    logLevel: "silent",
  });
  // Its process would stay as long as ours.
  await stop();
  const files = new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf("/") + 1), text]));
  for (const name of ["index.html", "icon.svg"]) files.set(name, await readFile(new URL(name, sources), "utf8"));
  return { files, metafile };
}
