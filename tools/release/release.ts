import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { findOrBuildHelm } from "../../test/support/tools/helm.ts";
import { buildImage } from "../image/build-image.ts";
import { runProgram } from "../image/run-program.ts";
import { findChanges, findOtherVersions, setVersion } from "./versions.ts";

const help = `Usage: npm run release -- [FLAGS]

Builds all that a version consists of into dist/release: the image, the chart, the manifests, kubectl's plugin with its
Krew manifest, the SBOM, the notes and the checksums. Publishes nothing.

  --set X.Y.Z   Put this version everywhere first, and build nothing. Then run npm run generate and commit.
  --no-image    Leave the image out, as where there is no Docker.
`;

const root = join(import.meta.dirname, "../..");
const out = join(root, "dist", "release");
const { version } = manifest;

class ReleaseError extends Error {}

const log = (line: string): void => void process.stdout.write(`${line}\n`);
const sha256 = async (file: string) =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

async function check(): Promise<string> {
  const others = await findOtherVersions(version);
  if (others.length > 0) throw new ReleaseError(`package.json has ${version}, but ${others.join(", ")}`);
  const changes = await findChanges(version);
  if (!changes) throw new ReleaseError(`CHANGELOG.md says nothing of ${version}`);
  return changes;
}

async function packChart(): Promise<void> {
  const helm = await findOrBuildHelm();
  if (helm.kind !== "ready") throw new ReleaseError(`the chart cannot be packed: ${helm.reason}`);
  await runProgram(helm.path, ["package", "charts/evenkeel", "--destination", out], { cwd: root });
}

/** The archive is the same for the same sources: names in order, nobody's files, no time. */
async function packPlugin(): Promise<void> {
  const archive = `kubectl-evenkeel-${version}.tar.gz`;
  const staging = join(out, "plugin");
  await mkdir(staging);
  const names = ["LICENSE", "kubectl-evenkeel", "kubectl_complete-evenkeel"];
  for (const name of names) await copyFile(join(root, name === "LICENSE" ? "." : "dist", name), join(staging, name));
  const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  await runProgram("tar", [...same, "-C", staging, "-czf", join(out, archive), ...names]);
  await rm(staging, { recursive: true });
  const krew = await readFile(join(root, "manifests", "krew.yaml"), "utf8");
  await writeFile(join(out, "krew.yaml"), krew.replace("{{ sha256 }}", await sha256(join(out, archive))));
}

async function writeChecksums(): Promise<void> {
  const files = (await readdir(out)).sort();
  const lines = await Promise.all(files.map(async (file) => `${await sha256(join(out, file))}  ${file}\n`));
  await writeFile(join(out, "SHA256SUMS"), lines.join(""));
}

async function build(withImage: boolean): Promise<void> {
  const notes = await check();
  log(`evenkeel ${version}`);
  // Either begins with an empty dist/.
  const image = withImage ? await buildImage({ log }) : undefined;
  if (!image) await runProgram("npm", ["run", "build"], { cwd: root });
  await mkdir(out);
  if (image) await runProgram("docker", ["save", "--output", join(out, `evenkeel-image-${version}.tar`), image.tag]);
  await packChart();
  await packPlugin();
  for (const file of ["crd.yaml", "install.yaml"]) await copyFile(join(root, "manifests", file), join(out, file));
  await copyFile(join(root, "dist", "sbom.spdx.json"), join(out, `evenkeel-${version}.spdx.json`));
  await writeFile(join(out, "NOTES.md"), `${notes}\n`);
  await writeChecksums();
  for (const file of (await readdir(out)).sort()) log(`dist/release/${file}`);
}

try {
  const { values } = parseArgs({
    options: {
      set: { type: "string" },
      "no-image": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(help);
  else if (values.set === undefined) await build(!values["no-image"]);
  else if (!/^[0-9]+\.[0-9]+\.[0-9]+$/.test(values.set)) throw new ReleaseError(`${values.set} is no version: X.Y.Z`);
  else await setVersion(values.set);
} catch (error) {
  process.stderr.write(`release: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
