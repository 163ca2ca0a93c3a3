import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "./control-plane/lock.ts";
import { Progress } from "./control-plane/progress.ts";
import { fetchAgain } from "./fetch-again.ts";
import type { FoundTool } from "./go-tool.ts";
import { findProgram } from "./require-part.ts";
import { toolFolder } from "./tool-folder.ts";

const run = promisify(execFile);

export const djangoExample = join(import.meta.dirname, "../../examples/django");

/** Pins Django, psycopg and what they need, and what their archives hash to. */
const requirements = join(djangoExample, "requirements.txt");

const quietly = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--no-input"];
const exactly = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", requirements];

/** What psycopg without C takes from the system is found out by loading it. */
async function install(pip: string, python: string, target: string): Promise<void> {
  const unpacked = `${target}.${process.pid}`;
  try {
    await run(pip, ["install", ...quietly, ...exactly, "--target", unpacked], { timeout: 180_000 });
    await run(python, ["-c", "import django, psycopg"], { env: { ...process.env, PYTHONPATH: unpacked } });
    await rename(unpacked, target);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** A folder for PYTHONPATH with Django in it: fetched before, or now, as Python packages into our cache, once per set of versions. */
export async function findOrFetchDjango(): Promise<FoundTool> {
  const pins = readFileSync(requirements);
  const folder = toolFolder("django", createHash("sha256").update(pins).digest("hex").slice(0, 12));
  const target = join(folder, "packages");
  const [pip, python] = [findProgram("pip3"), findProgram("python3")];
  if (!python) return { kind: "missing", reason: "python3 is not installed" };
  if (existsSync(target)) return { kind: "ready", path: target };
  if (!pip) return { kind: "missing", reason: "pip is not installed, which fetches Django" };
  await mkdir(folder, { recursive: true });
  const progress = new Progress();
  try {
    const onWait = () => progress.step("Django: waiting for another process that fetches it");
    await withLock(join(folder, "lock"), onWait, async () => {
      if (existsSync(target)) return;
      progress.step("Django: fetching");
      await fetchAgain(() => install(pip, python, target));
    });
    progress.end(`Django: fetched in ${progress.elapsed}`);
    return { kind: "ready", path: target };
  } catch (error) {
    progress.end();
    const { stderr } = error as { stderr?: string };
    return { kind: "missing", reason: `pip can't fetch Django: ${stderr?.trim().split("\n").at(-1) || String(error)}` };
  }
}
