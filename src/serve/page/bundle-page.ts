import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const sources = new URL("../../page/", import.meta.url);
const pathOf = (name: string): string => fileURLToPath(new URL(name, sources));

/** The page's files by name, made from `src/page`. */
export async function bundlePage(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [pathOf("page.tsx"), pathOf("page.css")],
    outdir: "page",
    write: false,
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
  return files;
}
