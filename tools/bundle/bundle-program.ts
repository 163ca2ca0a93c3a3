import { resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { kubeconfigAlone, requireShim, root } from "./bundling.ts";

/**
 * Turns an import of `node:http` into a `require`. Node reads all exports of a module that is imported, and some of this
 * one's, such as `WebSocket`, load Node's own copy of undici, which nobody here uses.
 */
const requireHttp: Plugin = {
  name: "require-http",
  setup({ onResolve, onLoad }) {
    const namespace = "required";
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === "import-statement" || kind === "dynamic-import" ? { path: "node:http", namespace } : undefined,
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: `module.exports = require("${path}");` }));
  },
};

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
    plugins: [requireHttp, kubeconfigAlone],
    banner: { js: requireShim },
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
