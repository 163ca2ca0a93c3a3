import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "./control-plane/lock.ts";
import { fetchAgain } from "./fetch-again.ts";
import type { FoundTool } from "./go-tool.ts";
import { toolFolder } from "./tool-folder.ts";

const run = promisify(execFile);

/** Pins the generator, the client and the TypeScript that the generator needs. */
const pins = ["package.json", "package-lock.json"].map((name) => join(import.meta.dirname, "openapi-client", name));

async function install(folder: string): Promise<void> {
  const unpacked = `${folder}.${process.pid}`;
  try {
    await mkdir(unpacked, { recursive: true });
    for (const pin of pins) copyFileSync(pin, join(unpacked, pin.split("/").at(-1)!));
    await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: unpacked, timeout: 180_000 });
    await rename(unpacked, folder);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** A folder whose `node_modules` has openapi-typescript and openapi-fetch: installed before, or now by npm, once per set of versions. */
export async function findOrFetchClientTools(): Promise<FoundTool> {
  const digest = createHash("sha256");
  for (const pin of pins) digest.update(readFileSync(pin));
  const parent = toolFolder("openapi-client", "");
  const folder = join(parent, digest.digest("hex").slice(0, 12));
  try {
    await mkdir(parent, { recursive: true });
    await withLock(
      join(parent, "lock"),
      () => {},
      async () => {
        if (!existsSync(folder)) await fetchAgain(() => install(folder));
      },
    );
    return { kind: "ready", path: folder };
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return { kind: "missing", reason: `npm can't install it: ${stderr?.trim().split("\n").at(-1) || String(error)}` };
  }
}
