import { chmod, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { requireShim, root } from "./bundling.ts";

/** The plugin of kubectl as one file, and the program that kubectl asks what may stand behind `kubectl evenkeel`. */
export async function bundlePlugin(folder: string): Promise<Metafile> {
  const plugin = resolve(folder, "kubectl-evenkeel");
  // Node takes a file without an ending for a module when it holds imports, as the shim does.
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/kubectl-evenkeel.ts"],
    outfile: plugin,
    bundle: true,
    minify: true,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node22",
    banner: { js: `#!/usr/bin/env node\n${requireShim}` },
    logLevel: "warning",
  });
  await chmod(plugin, 0o755);
  const completer = '#!/bin/sh\nexec kubectl evenkeel __complete "$@"\n';
  await writeFile(join(folder, "kubectl_complete-evenkeel"), completer, { mode: 0o755 });
  return metafile;
}
