import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "../control-plane/lock.ts";
import { Progress } from "../control-plane/progress.ts";
import { findProgram } from "../require-part.ts";
import { buildGoCommand, findGoProblem } from "./go-build.ts";

const module = join(import.meta.dirname, "helm");
const goPackage = "helm.sh/helm/v4/cmd/helm";

/** The version that our Go module pins, such as `v4.3.1`. */
const pinnedVersion = (): string => {
  const version = /helm\.sh\/helm\/v4 (v[\d.]+)/.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1];
  if (!version) throw new Error("go.mod pins no version of Helm");
  return version;
};

const builtPath = (): string => {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "evenkeel", "helm", pinnedVersion(), "helm");
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Helm 2 and early 3 know nothing of schemas' and templates' functions that the chart uses. */
const isRecent = (path: string): boolean => {
  try {
    const text = execFileSync(path, ["version", "--template", "{{.Version}}"], { encoding: "utf8", stdio: "pipe" });
    const [major = 0, minor = 0] = text.replace(/^v/, "").split(".").map(Number);
    return major > 3 || (major === 3 && minor >= 14);
  } catch {
    return false;
  }
};

/** Helm 3.14 or newer from PATH, else what we built; looks without building. */
export function findHelm(): string | undefined {
  const installed = findProgram("helm");
  if (installed && isRecent(installed)) return installed;
  return isExecutable(builtPath()) ? builtPath() : undefined;
}

/** As `findHelm`; else builds it from pinned Go modules into our cache, once per version: about two minutes of CPU. */
export async function findOrBuildHelm(): Promise<
  { readonly kind: "ready"; readonly path: string } | { readonly kind: "missing"; readonly reason: string }
> {
  const found = findHelm();
  if (found) return { kind: "ready", path: found };
  const problem = await findGoProblem(module, "Helm");
  if (problem) return { kind: "missing", reason: problem };

  const target = builtPath();
  await mkdir(dirname(target), { recursive: true });
  const progress = new Progress();
  const step = `Helm ${pinnedVersion()}`;
  try {
    const onWait = () => progress.step(`${step}: waiting for another process that builds it`);
    await withLock(join(dirname(target), "lock"), onWait, async () => {
      if (isExecutable(target)) return;
      progress.step(`${step}: building`);
      const linkerFlags = `-X helm.sh/helm/v4/internal/version.version=${pinnedVersion()}`;
      await buildGoCommand({ module, package: goPackage, target, linkerFlags }, (count) =>
        progress.detail(`${step}: building, ${count} packages`),
      );
    });
    progress.end(`${step}: built in ${progress.elapsed}`);
    return { kind: "ready", path: target };
  } catch (error) {
    progress.end();
    return { kind: "missing", reason: error instanceof Error ? error.message : String(error) };
  }
}
