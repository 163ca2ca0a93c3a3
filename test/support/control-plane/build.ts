import { execFile, spawn } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BinaryName, Lookup } from "./binaries.ts";
import { binaryNames, cacheFolder, findBinaries, locate, moduleFolder, pinnedVersion } from "./binaries.ts";
import { withLock } from "./lock.ts";
import { Progress } from "./progress.ts";

const run = promisify(execFile);
const toolchainTimeoutMs = 180_000;

const environment = () => ({ ...process.env, CGO_ENABLED: "0", GOWORK: "off" });

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

/** Why Go can't build here, if so. Asked inside the module, where Go itself compares versions or fetches a newer Go. */
const goProblem = async (): Promise<string | undefined> => {
  try {
    await run("go", ["version"], {
      cwd: moduleFolder("kubernetes"),
      env: environment(),
      timeout: toolchainTimeoutMs,
    });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT") return "Go is not installed (1.26 or newer builds the control plane)";
    return `Go can't build the control plane: ${stderr?.trim().split("\n").at(-1) || String(error)}`;
  }
};

/** Builds beside the final name and renames, so no one ever runs half a binary. */
const build = async (name: BinaryName, onPackage: (count: number) => void): Promise<void> => {
  const target = join(cacheFolder(), name);
  const unfinished = `${target}.${process.pid}`;
  const args = ["build", "-v", "-mod=readonly", "-trimpath", "-ldflags", `-s -w ${versionFlags()}`, "-o", unfinished];
  const go = spawn("go", [...args, packageOf(name)], {
    cwd: moduleOf(name),
    env: environment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let packages = 0;
  let tail = "";
  go.stderr.setEncoding("utf8").on("data", (text: string) => {
    packages += text.split("\n").length - 1;
    tail = (tail + text).slice(-2_000);
    onPackage(packages);
  });
  const stop = () => go.kill("SIGKILL");
  process.once("exit", stop);
  try {
    const code = await new Promise<number | null>((resolve, reject) => go.once("error", reject).once("close", resolve));
    if (code !== 0) throw new Error(`go build of ${name} failed:\n${tail.trim()}`);
    await rename(unfinished, target);
  } finally {
    process.off("exit", stop);
    await rm(unfinished, { force: true });
  }
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
  const problem = await goProblem();
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
