import { accessSync, constants, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "../control-plane/lock.ts";
import { Progress } from "../control-plane/progress.ts";
import { findProgram } from "../require-part.ts";
import { buildGoCommand, findGoProblem } from "./go-build.ts";

const module = join(import.meta.dirname, "kind");

const pinnedVersion = (): string => {
  const version = /sigs\.k8s\.io\/kind (v[\d.]+)/.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1];
  if (!version) throw new Error("go.mod pins no version of kind");
  return version;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** kind from PATH, else built from its pinned Go module into our cache, once per version: seconds. */
export async function findOrBuildKind(): Promise<
  { readonly kind: "ready"; readonly path: string } | { readonly kind: "missing"; readonly reason: string }
> {
  const installed = findProgram("kind");
  if (installed) return { kind: "ready", path: installed };
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const target = join(cache, "evenkeel", "kind", pinnedVersion(), "kind");
  if (isExecutable(target)) return { kind: "ready", path: target };
  const problem = await findGoProblem(module, "kind");
  if (problem) return { kind: "missing", reason: problem };

  await mkdir(dirname(target), { recursive: true });
  const progress = new Progress();
  const step = `kind ${pinnedVersion()}`;
  try {
    const onWait = () => progress.step(`${step}: waiting for another process that builds it`);
    await withLock(join(dirname(target), "lock"), onWait, async () => {
      if (isExecutable(target)) return;
      progress.step(`${step}: building`);
      await buildGoCommand({ module, package: "sigs.k8s.io/kind", target }, (count) =>
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
