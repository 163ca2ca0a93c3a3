import { mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { buildPlugin } from "./build-plugin.ts";
import { bundlePage } from "./src/serve/page/bundle-page.ts";
import { writeNotices } from "./tools/image/write-notices.ts";

// The operator as a few files that start five times faster than the sources, the client and kubectl's plugin as one each,
// and the page that the operator serves.

const requireShim = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

// Names of chunks change with what is in them.
await rm("dist", { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ["src/main.ts"],
  outdir: "dist",
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
  logLevel: "info",
});

await build({
  entryPoints: ["src/client/client.ts"],
  outfile: "dist/client.mjs",
  bundle: true,
  platform: "neutral",
  format: "esm",
  target: "es2022",
  logLevel: "info",
});

await buildPlugin("dist");
await writeNotices(metafile, "dist/THIRD-PARTY-NOTICES");
await mkdir("dist/page", { recursive: true });
for (const [name, text] of await bundlePage()) await writeFile(`dist/page/${name}`, text);
