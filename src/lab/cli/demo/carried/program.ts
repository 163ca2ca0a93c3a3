import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { UsageError } from "../../../../cli/flags/flag.ts";
import { programFolders } from "../../../../config.ts";
import { tethered } from "../../../embedded/local/tethered.ts";
import { type Carrier, mostUnderWay } from "./carrier.ts";

/** Where packages put servers, though not on the PATH of users. */
const moreFolders = ["/usr/sbin", "/usr/local/sbin"];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program; a `UsageError` says how to get it where it is missing. */
export function findProgram(name: string, title: string, install: string): string {
  const folders = [...programFolders().split(delimiter), ...moreFolders].filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new UsageError(`${title} is not installed (no ${name} on the PATH): ${install}`);
  return found;
}

export interface ProxyProgram {
  readonly title: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Where it takes requests. */
  readonly port: number;
  readonly onEnd: (message: string) => void;
}

const host = "127.0.0.1";
const startWithinMs = 10_000;
const endWithinMs = 2_000;
const keptLines = 5;

/** Resolves when something answers there. */
async function untilAnswered(pool: Pool, hasEnded: () => boolean): Promise<void> {
  for (const deadline = performance.now() + startWithinMs; ; await sleep(50)) {
    try {
      const { body } = await pool.request({ method: "GET", path: "/" });
      await body.dump();
      return;
    } catch (error) {
      if (hasEnded() || performance.now() > deadline) throw error;
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
  await exited;
  clearTimeout(late);
}

/** A proxy in a process of its own, which ends with this one, and clients of it. */
export async function startProxy({ title, path, args, port, onEnd }: ProxyProgram): Promise<Carrier> {
  const child = spawn("sh", ["-c", tethered('"$0" "$@"'), path, ...args], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const tether = child.stdio[3] as Duplex;
  tether.on("error", () => undefined);
  child.once("exit", () => tether.destroy());
  const told: string[] = [];
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    told.push(...text.trimEnd().split("\n"));
    told.splice(0, told.length - keptLines);
  });
  let isOver = false;
  let hasEnded = false;
  const tellEnd = (why: string): void => {
    hasEnded = true;
    if (!isOver) onEnd(`${title} has ended (${why}): ${told.join(" ")}`);
  };
  child.once("error", ({ message }) => tellEnd(message));
  child.once("exit", (code, signal) => tellEnd(String(signal ?? code)));
  const url = `http://${host}:${port}`;
  const pool = new Pool(url, { connections: mostUnderWay });
  const close = async (): Promise<void> => {
    isOver = true;
    await pool.destroy();
    await end(child);
  };
  try {
    await untilAnswered(pool, () => hasEnded);
  } catch (error) {
    await close();
    throw new Error(`${title} does not answer (${(error as Error).message}): ${told.join(" ")}`);
  }
  return {
    url,
    async send(signal) {
      const { statusCode, body } = await pool.request({ method: "GET", path: "/", signal });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${title} answered ${statusCode}`);
      return text.trim();
    },
    close,
  };
}
