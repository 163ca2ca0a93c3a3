import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { bundlePage } from "../../src/serve/page/bundle-page.ts";
import { bundleClient } from "./bundle-client.ts";
import { bundlePlugin } from "./bundle-plugin.ts";
import { bundleProgram } from "./bundle-program.ts";
import { noticesOf } from "./notices.ts";
import { type BundledPackage, packagesIn } from "./packages.ts";
import { sbomOf } from "./sbom.ts";

async function writePage(folder: string): Promise<Metafile> {
  const { files, metafile } = await bundlePage();
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  return metafile;
}

/** Puts notices and SBOM of what is inside beside bundles. */
async function describeInside(
  folder: string,
  metafiles: Readonly<Record<string, Metafile>>,
  created: Date,
): Promise<BundledPackage[]> {
  const packages = await packagesIn(metafiles);
  await writeFile(join(folder, "THIRD-PARTY-NOTICES"), await noticesOf(packages));
  await writeFile(join(folder, "sbom.spdx.json"), `${JSON.stringify(sbomOf(packages, created), undefined, 2)}\n`);
  return packages;
}

/**
 * Writes all bundles of a version into a folder, with the notices and the SBOM of what is inside. The plugin, which goes
 * out alone, has notices of its own.
 */
export async function bundleAll(folder: string, created: Date): Promise<void> {
  const [client, clientNode] = await bundleClient(folder);
  const metafiles = {
    operator: await bundleProgram("src/main.ts", folder),
    page: await writePage(join(folder, "page")),
    "kubectl-evenkeel": await bundlePlugin(folder),
    client: client!,
    "client-node": clientNode!,
  };
  const packages = await describeInside(folder, metafiles, created);
  const inPlugin = packages.filter(({ bundles }) => bundles.includes("kubectl-evenkeel"));
  // kubectl takes whatever begins with its name for a plugin.
  await writeFile(join(folder, "THIRD-PARTY-NOTICES.kubectl-evenkeel"), await noticesOf(inPlugin));
}

/** Writes what no version brings into a folder, complete in itself: the operator's commands, the demo and the simulator. */
export async function bundleLab(folder: string, created: Date): Promise<void> {
  const metafiles = {
    lab: await bundleProgram("src/lab/main.ts", folder),
    page: await writePage(join(folder, "page")),
  };
  await describeInside(folder, metafiles, created);
}
