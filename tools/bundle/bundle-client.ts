import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { root } from "./bundling.ts";

/** `evenkeel/client` as one file, for Node and browsers; as CommonJS for those who still say `require`. */
export async function bundleClient(folder: string, format: "esm" | "cjs" = "esm"): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/client/client.ts"],
    outfile: resolve(folder, format === "esm" ? "client.mjs" : "client.cjs"),
    bundle: true,
    platform: "neutral",
    format,
    target: "es2022",
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
