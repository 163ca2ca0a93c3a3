import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../tools/bundle/bundling.ts";
import { noticesOf } from "../../tools/bundle/notices.ts";
import { packagesIn } from "../../tools/bundle/packages.ts";

const manifestOf = (name: string, more: object = {}): string =>
  JSON.stringify({ name, version: "1.2.3", license: "MIT", type: "module", main: "index.js", ...more });

async function bundle(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-packages-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const entryPoints = [join(folder, "entry.js")];
  const { metafile } = await build({ absWorkingDir: root, entryPoints, bundle: true, write: false, metafile: true });
  return metafile;
}

const files = {
  "entry.js": 'import { used } from "used"; import { shaken } from "shaken"; console.log(used);',
  "node_modules/used/package.json": manifestOf("used"),
  "node_modules/used/index.js": 'import { inner } from "@scope/inner"; export const used = inner();',
  "node_modules/used/LICENSE.md": "Use as you like.\n",
  "node_modules/used/node_modules/@scope/inner/package.json": manifestOf("@scope/inner", { license: "ISC" }),
  "node_modules/used/node_modules/@scope/inner/index.js": "export const inner = () => 1;",
  "node_modules/used/node_modules/@scope/inner/NOTICE": "Of the inner.\n",
  "node_modules/shaken/package.json": manifestOf("shaken", { sideEffects: false }),
  "node_modules/shaken/index.js": "export const shaken = 2;",
};

test("a package is in a bundle when some of it is, wherever it lies", async () => {
  const metafile = await bundle(files);
  expect(Object.keys(metafile.inputs).some((input) => input.includes("/shaken/"))).toBe(true);
  const packages = await packagesIn({ one: metafile, other: metafile });
  expect(packages).toMatchObject([
    {
      name: "@scope/inner",
      version: "1.2.3",
      license: "ISC",
      place: "node_modules/used/node_modules/@scope/inner",
      bundles: ["one", "other"],
    },
    { name: "used", version: "1.2.3", license: "MIT", place: "node_modules/used" },
  ]);
  const [first, second] = (await noticesOf(packages)).split(`\n\n${"-".repeat(80)}\n\n`);
  expect(first).toBe("@scope/inner 1.2.3 (ISC)\n\nOf the inner.");
  expect(second).toBe("used 1.2.3 (MIT)\n\nUse as you like.\n");
});
