import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { bundlePage } from "../../src/serve/page/bundle-page.ts";
import { bundleClient } from "./bundle-client.ts";
import { bundleOperator } from "./bundle-operator.ts";
import { bundlePlugin } from "./bundle-plugin.ts";
import { noticesOf } from "./notices.ts";
import { packagesIn } from "./packages.ts";
import { sbomOf } from "./sbom.ts";

async function writePage(folder: string): Promise<Metafile> {
  const { files, metafile } = await bundlePage();
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  return metafile;
}

/**
 * Writes all bundles into a folder, with the notices and the SBOM of what is inside. The plugin, which goes out alone, has
 * notices of its own.
 */
export async function bundleAll(folder: string, created: Date): Promise<void> {
  const metafiles = {
    operator: await bundleOperator(folder),
    page: await writePage(join(folder, "page")),
    "kubectl-evenkeel": await bundlePlugin(folder),
    client: await bundleClient(folder),
  };
  const packages = await packagesIn(metafiles);
  const inPlugin = packages.filter(({ bundles }) => bundles.includes("kubectl-evenkeel"));
  await writeFile(join(folder, "THIRD-PARTY-NOTICES"), await noticesOf(packages));
  // kubectl takes whatever begins with its name for a plugin.
  await writeFile(join(folder, "THIRD-PARTY-NOTICES.kubectl-evenkeel"), await noticesOf(inPlugin));
  await writeFile(join(folder, "sbom.spdx.json"), `${JSON.stringify(sbomOf(packages, created), undefined, 2)}\n`);
}
