import { execFile, spawn } from "node:child_process";
import { rename, rm } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const toolchainTimeoutMs = 180_000;

const environment = () => ({ ...process.env, CGO_ENABLED: "0", GOWORK: "off" });

/** A command of a pinned Go module. */
export interface GoCommand {
  /** The folder with the go.mod and go.sum that pin it. */
  readonly module: string;
  readonly package: string;
  /** Where the binary goes. */
  readonly target: string;
  readonly linkerFlags?: string;
}

/** Why Go can't build here, if so. Asked inside the module, where Go itself compares versions or fetches a newer Go. */
export async function findGoProblem(module: string, what: string): Promise<string | undefined> {
  try {
    await run("go", ["version"], { cwd: module, env: environment(), timeout: toolchainTimeoutMs });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT") return `Go is not installed (1.26 or newer builds ${what})`;
    return `Go can't build ${what}: ${stderr?.trim().split("\n").at(-1) || String(error)}`;
  }
}

/**
 * Builds beside the final name and renames, so no one ever runs half a binary. Tells how many packages are compiled.
 * Without -trimpath, by which Go would take the packages of replaced modules for others and compile them again.
 */
export async function buildGoCommand(command: GoCommand, onPackage: (count: number) => void): Promise<void> {
  const { module, target, linkerFlags } = command;
  const unfinished = `${target}.${process.pid}`;
  const flags = ["-v", "-mod=readonly", "-ldflags", ["-s -w", linkerFlags].filter(Boolean).join(" ")];
  const go = spawn("go", ["build", ...flags, "-o", unfinished, command.package], {
    cwd: module,
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
    if (code !== 0) throw new Error(`go build of ${command.package} failed:\n${tail.trim()}`);
    await rename(unfinished, target);
  } finally {
    process.off("exit", stop);
    await rm(unfinished, { force: true });
  }
}
