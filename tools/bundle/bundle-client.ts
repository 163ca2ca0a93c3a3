import { basename, join } from "node:path";
import { build, type Metafile } from "esbuild";
import { root } from "./bundling.ts";

/** The parts of the client: for Node and browsers, and for Node alone. */
export const clientEntries = ["src/client/client.ts", "src/client-node/client-node.ts"] as const;

/** `evenkeel/client` and `evenkeel/client/node`, a file each; as CommonJS for those who still say `require`. */
export async function bundleClient(folder: string, format: "esm" | "cjs" = "esm"): Promise<Metafile[]> {
  const builds = clientEntries.map((entry) =>
    build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: join(folder, `${basename(entry, ".ts")}.${format === "esm" ? "mjs" : "cjs"}`),
      bundle: true,
      platform: "neutral",
      external: ["node:*"],
      format,
      target: "es2022",
      metafile: true,
      logLevel: "warning",
    }),
  );
  return (await Promise.all(builds)).map(({ metafile }) => metafile);
}
