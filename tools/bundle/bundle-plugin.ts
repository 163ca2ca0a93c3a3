import { chmod, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { kubeconfigAlone, root } from "./bundling.ts";

/** A module has no `require`, CommonJS has it already, and a Node that has neither way is told that it is too old. */
const requireAnywhere =
  'var require = typeof require === "function" ? require : process.getBuiltinModule?.("module").createRequire(process.execPath);';

/** The plugin of kubectl as one file, and the program that kubectl asks what may stand behind `kubectl evenkeel`. */
export async function bundlePlugin(folder: string): Promise<Metafile> {
  const plugin = resolve(folder, "kubectl-evenkeel");
  // Old versions of Node take a file without an ending for CommonJS and newer ones for what the package around it says:
  // this is read by all, as far as the sentence that says which version it needs.
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/kubectl-evenkeel.ts"],
    outfile: plugin,
    bundle: true,
    minify: true,
    metafile: true,
    platform: "node",
    format: "cjs",
    target: "node16",
    plugins: [kubeconfigAlone],
    banner: { js: `#!/usr/bin/env node\n${requireAnywhere}` },
    logLevel: "warning",
  });
  await chmod(plugin, 0o755);
  const completer = '#!/bin/sh\nexec kubectl evenkeel __complete "$@"\n';
  await writeFile(join(folder, "kubectl_complete-evenkeel"), completer, { mode: 0o755 });
  return metafile;
}
