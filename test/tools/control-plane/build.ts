import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildGoCommand, findGoProblem } from "../go-build.ts";
import type { BinaryName, Lookup } from "./binaries.ts";
import { binaryNames, cacheFolder, findBinaries, locate, moduleFolder, pinnedVersion } from "./binaries.ts";
import { withLock } from "./lock.ts";
import { Progress } from "./progress.ts";

const moduleOf = (name: BinaryName) => moduleFolder(name === "etcd" ? "etcd" : "kubernetes");
const packageOf = (name: BinaryName) =>
  name === "etcd" ? "go.etcd.io/etcd/server/v3" : `k8s.io/kubernetes/cmd/${name}`;

/** Without these a server reports v0.0.0, and clients misjudge what it can do. */
const versionFlags = (): string => {
  const version = pinnedVersion();
  const [major, minor] = version.slice(1).split(".");
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
    .flatMap((path) => Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`))
    .join(" ");
};

const build = (name: BinaryName, onPackage: (count: number) => void): Promise<void> => {
  const command = { module: moduleOf(name), package: packageOf(name), target: join(cacheFolder(), name) };
  return buildGoCommand({ ...command, linkerFlags: versionFlags() }, onPackage);
};

const buildMissing = async (progress: Progress): Promise<void> => {
  const found = locate();
  const missing = binaryNames.filter((name) => !found[name]);
  for (const [index, name] of missing.entries()) {
    const step = `control plane ${pinnedVersion()}: building ${name} (${index + 1} of ${missing.length})`;
    progress.step(step);
    await build(name, (count) => progress.detail(`${step}, ${count} packages`));
  }
};

/**
 * Finds etcd, kube-apiserver, kube-controller-manager and kubectl, or builds what is missing from pinned Go modules into
 * our cache. The first build takes about 10 minutes on two cores, and happens once for each version.
 */
export async function findOrBuild(): Promise<Lookup> {
  const before = findBinaries();
  if (before.kind === "ready") return before;
  const problem = await findGoProblem(moduleFolder("kubernetes"), "the control plane");
  if (problem) return { kind: "missing", reason: problem };

  await mkdir(cacheFolder(), { recursive: true });
  const progress = new Progress();
  try {
    const onWait = () => progress.step(`control plane ${pinnedVersion()}: waiting for another process that builds it`);
    await withLock(join(cacheFolder(), "lock"), onWait, () => buildMissing(progress));
    progress.end(`control plane ${pinnedVersion()}: built in ${progress.elapsed}`);
    return findBinaries();
  } catch (error) {
    progress.end();
    return { kind: "missing", reason: error instanceof Error ? error.message : String(error) };
  }
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const lookup = await findOrBuild();
  if (lookup.kind === "ready") console.log(`control plane ready: ${Object.values(lookup.binaries).join(" ")}`);
  else {
    console.error(`control plane missing: ${lookup.reason}`);
    process.exitCode = 1;
  }
}
