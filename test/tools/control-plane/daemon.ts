import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { tether } from "./tether.ts";
import { waitFor } from "./wait-for.ts";

const graceMs = 5_000;

/** The state of each thread of a process, as the kernel has it: a letter, T for stopped. */
async function threadStates(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/task`;
  const stats = await Promise.all(
    (await readdir(folder)).map((thread) => readFile(`${folder}/${thread}/stat`, "utf8")),
  );
  return stats.map((stat) => stat.charAt(stat.lastIndexOf(")") + 2));
}

/** Whether a process has not ended, neither by itself nor by a signal. */
export const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

export interface DaemonOptions {
  readonly path: string;
  readonly args: readonly string[];
  /** Set besides what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logPath: string;
}

/** A server process in a session of its own, so that Ctrl-C reaches the tests alone and they end it in order. */
export class Daemon {
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  readonly #killAtExit = () => {
    this.#child?.kill("SIGKILL");
  };

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && isAlive(this.#child);
  }

  start(): void {
    if (this.isRunning) throw new Error(`${this.#options.path} runs already`);
    const { path, args, env, logPath } = this.#options;
    const [program = path, ...words] = [...tether("KILL"), path, ...args];
    const log = openSync(logPath, "a");
    const child = spawn(program, words, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => resolve()).once("error", () => resolve());
    });
    process.once("exit", this.#killAtExit);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
    process.off("exit", this.#killAtExit);
  }

  /** Asks it to end, and insists after 5 s. */
  async stop(): Promise<void> {
    this.#child?.kill("SIGCONT");
    this.#child?.kill("SIGTERM");
    const graceOver = new AbortController();
    await Promise.race([this.#exited, sleep(graceMs, undefined, { signal: graceOver.signal }).catch(() => {})]);
    graceOver.abort();
    await this.kill();
  }

  /** Freezes it: connections stay open and nothing answers. A thread stops when its turn comes, late on a busy machine. */
  async pause(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    process.kill(pid, "SIGSTOP");
    if (process.platform !== "linux") return;
    const isFrozen = async () => (await threadStates(pid)).every((state) => state === "T");
    await waitFor(isFrozen, `${this.#options.path} to be frozen`, { intervalMs: 1 });
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** The last lines of its log. */
  async tail(lines = 20): Promise<string> {
    const text = await readFile(this.#options.logPath, "utf8").catch(() => "");
    return text.trimEnd().split("\n").slice(-lines).join("\n");
  }
}
