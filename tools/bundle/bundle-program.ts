import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { requireShim, root } from "./bundling.ts";

/** A program as a few files that start five times faster than the sources; `main.mjs` is the first. */
export async function bundleProgram(main: string, folder: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [main],
    outdir: resolve(folder),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node24",
    // Not the names: they are what a stack trace says.
    minifyWhitespace: true,
    minifySyntax: true,
    // Only the sources make the page when it is asked for.
    external: ["esbuild"],
    banner: { js: requireShim },
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
