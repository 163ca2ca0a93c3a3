import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { root } from "./bundling.ts";

/** `evenkeel/client` as one file, for Node and browsers. */
export async function bundleClient(folder: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/client/client.ts"],
    outfile: resolve(folder, "client.mjs"),
    bundle: true,
    platform: "neutral",
    format: "esm",
    target: "es2022",
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
