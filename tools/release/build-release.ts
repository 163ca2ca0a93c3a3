import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { bundleAll } from "../bundle/bundle-all.ts";
import { root } from "../bundle/bundling.ts";
import { describeSource } from "../bundle/describe-source.ts";
import type { Platform } from "../executable/fetch-node.ts";
import { buildImage } from "../image/build-image.ts";
import { dockerProblem } from "../image/problems.ts";
import { runProgram } from "../image/run-program.ts";
import type { Addresses } from "./address.ts";
import { packChart, runFrom } from "./chart.ts";
import { packClient } from "./client.ts";
import { buildExecutable } from "./executables.ts";
import { fillKrew } from "./krew.ts";
import { packPlugin } from "./plugin.ts";
import { findChanges, findOtherVersions } from "./versions.ts";

const { version } = manifest;

/** What has to be mended before a release can be built. */
export class ReleaseError extends Error {}

export interface ReleaseOptions {
  /** Must be empty, or not be there. */
  readonly folder: string;
  readonly withImage: boolean;
  /** For which kubectl's plugin becomes an executable that needs no Node. */
  readonly executables: readonly Platform[];
  readonly addresses: Addresses;
  readonly log: (line: string) => void;
}

/** What the changelog says, once all that can be known beforehand to fail is ruled out. */
async function check(withImage: boolean): Promise<string> {
  const others = await findOtherVersions(version);
  if (others.length > 0) throw new ReleaseError(`package.json has ${version}, but ${others.join(", ")}`);
  const changes = await findChanges(version);
  if (!changes) throw new ReleaseError(`CHANGELOG.md says nothing of ${version}`);
  const problem = withImage && (await dockerProblem());
  if (problem) throw new ReleaseError(`${problem} (--no-image leaves the image out)`);
  return changes;
}

/** Writes the plugin's archives, and Krew's manifest that names them. */
async function packPlugins(bundles: string, { folder, addresses, executables, log }: ReleaseOptions): Promise<void> {
  const write = async (name: string, content: Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return sum(content);
  };
  const script = await write(`kubectl-evenkeel-${version}.tar.gz`, await packPlugin(bundles));
  const sums: Partial<Record<Platform, string>> = {};
  for (const platform of executables) {
    log(`the plugin for ${platform}, with Node ${process.versions.node} inside`);
    const packed = await buildExecutable(bundles, platform);
    sums[platform] = await write(`kubectl-evenkeel-${version}-${platform}.tar.gz`, packed);
  }
  await writeFile(join(folder, "krew.yaml"), await fillKrew({ script, executables: sums }, addresses));
}

async function packAll(bundles: string, { folder, addresses }: ReleaseOptions): Promise<void> {
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
  await write(`evenkeel-${version}.tgz`, await packChart(addresses));
  await write(`evenkeel-client-${version}.tgz`, await packClient(bundles, addresses));
  await copyFile(join(root, "manifests", "crd.yaml"), join(folder, "crd.yaml"));
  const install = await readFile(join(root, "manifests", "install.yaml"), "utf8");
  await write("install.yaml", runFrom(install, addresses.image));
  await copyFile(join(bundles, "sbom.spdx.json"), join(folder, `evenkeel-${version}.spdx.json`));
}

const sum = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

async function writeChecksums(folder: string): Promise<string> {
  const files = (await readdir(folder)).sort();
  const lines = await Promise.all(files.map(async (file) => `${sum(await readFile(join(folder, file)))}  ${file}\n`));
  await writeFile(join(folder, "SHA256SUMS"), lines.join(""));
  return lines.join("");
}

/** Builds all that a version consists of into a folder; brings the checksums as they stand in its `SHA256SUMS`. */
export async function buildRelease(options: ReleaseOptions): Promise<string> {
  const { folder, withImage, log } = options;
  const changes = await check(withImage);
  log(`evenkeel ${version}`);
  const image = withImage ? await buildImage({ log }) : undefined;
  await mkdir(folder, { recursive: true });
  if (image) await runProgram("docker", ["save", "--output", join(folder, `evenkeel-image-${version}.tar`), image.tag]);
  const bundles = await mkdtemp(join(tmpdir(), "evenkeel-release-"));
  try {
    await bundleAll(bundles, (await describeSource()).created);
    await packPlugins(bundles, options);
    await packAll(bundles, options);
  } finally {
    await rm(bundles, { recursive: true });
  }
  await writeFile(join(folder, "NOTES.md"), `${changes}\n`);
  return writeChecksums(folder);
}
