import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withLock } from "./control-plane/lock.ts";
import { Progress } from "./control-plane/progress.ts";
import { buildGoCommand, findGoProblem } from "./go-build.ts";
import { isExecutable } from "./require-part.ts";
import { toolFolder } from "./tool-folder.ts";

/** A program that a Go module of ours pins. */
export interface GoTool {
  /** As people call it. */
  readonly name: string;
  /** As the program is called. */
  readonly program: string;
  /** Folder of the Go module that pins it. */
  readonly module: string;
  /** Module that it is part of, as go.mod requires it. */
  readonly requires: string;
  readonly package: string;
  /** Its code lies in the module's folder, so that it changes while the pinned version does not. */
  readonly isOurs?: true;
  readonly linkerFlags?: (version: string) => string;
}

export type FoundTool =
  | { readonly kind: "ready"; readonly path: string }
  | { readonly kind: "missing"; readonly reason: string };

/** The version that the Go module pins, such as `v4.3.1`. */
function pinnedVersion({ name, module, requires }: GoTool): string {
  const words = readFileSync(join(module, "go.mod"), "utf8").split(/\s+/);
  const version = words[words.indexOf(requires) + 1];
  if (!words.includes(requires) || !version) throw new Error(`go.mod pins no version of ${name}`);
  return version;
}

/** Short for what is in a module's folder. */
function digestOf(module: string): string {
  const digest = createHash("sha256");
  for (const name of readdirSync(module).sort()) digest.update(name).update(readFileSync(join(module, name)));
  return digest.digest("hex").slice(0, 12);
}

function builtPath(tool: GoTool): string {
  const version = pinnedVersion(tool);
  return join(toolFolder(tool.program, tool.isOurs ? `${version}-${digestOf(tool.module)}` : version), tool.program);
}

/** What was built before, of the pinned version. */
export function findBuilt(tool: GoTool): string | undefined {
  const path = builtPath(tool);
  return isExecutable(path) ? path : undefined;
}

/** Builds the pinned version into our cache, unless it is there; processes that want the same wait for each other. */
export async function buildTool(tool: GoTool): Promise<FoundTool> {
  const { name, module } = tool;
  const problem = await findGoProblem(module, name);
  if (problem) return { kind: "missing", reason: problem };
  const target = builtPath(tool);
  const version = pinnedVersion(tool);
  const linkerFlags = tool.linkerFlags?.(version);
  await mkdir(dirname(target), { recursive: true });
  const progress = new Progress();
  const step = `${name} ${version}`;
  try {
    const onWait = () => progress.step(`${step}: waiting for another process that builds it`);
    await withLock(join(dirname(target), "lock"), onWait, async () => {
      if (isExecutable(target)) return;
      progress.step(`${step}: building`);
      const command = { module, package: tool.package, target, ...(linkerFlags && { linkerFlags }) };
      await buildGoCommand(command, (count) => progress.detail(`${step}: building, ${count} packages`));
    });
    progress.end(`${step}: built in ${progress.elapsed}`);
    return { kind: "ready", path: target };
  } catch (error) {
    progress.end();
    return { kind: "missing", reason: error instanceof Error ? error.message : String(error) };
  }
}
