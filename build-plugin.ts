import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const requireShim = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** The plugin of kubectl as one file, and the program that kubectl asks what may stand behind `kubectl evenkeel`. */
export async function buildPlugin(folder: string): Promise<{ readonly inputs: readonly string[] }> {
  const plugin = join(folder, "kubectl-evenkeel");
  // Node takes a file without an ending for a module when it holds imports, as the shim does.
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, "src", "kubectl-evenkeel.ts")],
    outfile: plugin,
    bundle: true,
    minify: true,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node22",
    banner: { js: `#!/usr/bin/env node\n${requireShim}` },
  });
  await chmod(plugin, 0o755);
  const completer = '#!/bin/sh\nexec kubectl evenkeel __complete "$@"\n';
  await writeFile(join(folder, "kubectl_complete-evenkeel"), completer, { mode: 0o755 });
  return { inputs: Object.keys(metafile.inputs) };
}
