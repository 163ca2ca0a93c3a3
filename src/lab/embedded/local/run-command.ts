import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { tethered } from "./tethered.ts";

export interface CommandOptions {
  /** For `sh`. */
  readonly command: string;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onOutput: (text: string) => void;
}

/** How a command has ended: as a container's status has it. */
export interface Ending {
  readonly exitCode: number;
  readonly signal: number | undefined;
}

/** A command under way, with all the processes that it starts. */
export interface RunningCommand {
  /** Resolves when it has ended and nothing of it is left; never rejects. */
  readonly ended: Promise<Ending>;
  /** Asks it to end, and ends it after `graceMs`. Resolves as `ended` does. */
  stop(graceMs: number): Promise<void>;
}

/** Who left the session may hold its output open for ever. */
const drainMs = 1_000;

const unstarted: Ending = { exitCode: 128, signal: undefined };

export function runCommand(options: CommandOptions): RunningCommand {
  try {
    return startCommand(options);
  } catch (error) {
    // What no process can be given, such as a zero byte in a variable, throws at once.
    options.onOutput(`cannot be started: ${(error as Error).message}\n`);
    return { ended: Promise.resolve(unstarted), stop: async () => {} };
  }
}

function startCommand({ command, folder, environment, onOutput }: CommandOptions): RunningCommand {
  const child = spawn("sh", ["-c", tethered('sh -c "$0"'), command], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr] as Readable[]) stream.setEncoding("utf8").on("data", onOutput);
  child.stdio[3]?.on("error", () => undefined);
  const closed = new Promise((resolve) => child.once("close", resolve));
  /** Nothing of the session is left: its number may soon be another's. */
  let isOver = false;
  const kill = (signal: "SIGTERM" | "SIGKILL"): void => {
    try {
      if (child.pid !== undefined && !isOver) process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };

  async function run(): Promise<Ending> {
    try {
      const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      // The shell beside it is still there, so that the number of the session cannot have become another's.
      kill("SIGKILL");
      isOver = true;
      await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      const number = signal ? constants.signals[signal] : undefined;
      return { exitCode: code ?? 128 + (number ?? 0), signal: number };
    } catch (error) {
      onOutput(`cannot be started: ${(error as Error).message}\n`);
      return unstarted;
    }
  }

  const ended = run();
  return {
    ended,
    stop: async (graceMs) => {
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
