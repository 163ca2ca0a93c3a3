import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { markedBlock, pages, proseCommandsOf, root } from "./pages.ts";

/** A command of the documents that goes on until it is ended, with all that it has written. */
export class RunningCommand {
  output = "";
  stdout = "";
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;

  constructor(command: string, env: NodeJS.ProcessEnv) {
    // A group of its own, so that a signal reaches all of it, as Ctrl-C does.
    const stdio = ["ignore", "pipe", "pipe"] as const;
    this.#child = spawn("sh", ["-ec", command], { cwd: root, env, detached: true, stdio: [...stdio] });
    this.#closed = once(this.#child, "close");
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.output += text;
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.output += text));
  }

  /** Waits until it has written this, and brings the first group. */
  async wrote(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found[1] ?? found[0];
      const over = await Promise.race([this.#closed, sleep(50)]);
      if (over && !pattern.test(this.output)) throw new Error(`it ended before it wrote ${pattern}:\n${this.output}`);
    }
  }

  /** Its exit code, when it has ended by itself. */
  async ended(): Promise<number | null> {
    return ((await this.#closed) as [number | null])[0];
  }

  /** Ends it as Ctrl-C does, and waits; does nothing when it has ended. */
  async interrupt(): Promise<number | null> {
    try {
      process.kill(-this.#child.pid!, "SIGINT");
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
    return this.ended();
  }
}

/** Names for those of the reader's own that stand in commands: `POOL`, `NAMESPACE`. */
export type Names = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly names?: Names;
  /** Put behind the command, where the document names a command without its words. */
  readonly more?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const fill = (text: string, names: Names): string =>
  Object.entries(names).reduce((filled, [name, value]) => filled.replaceAll(name, value), text);

/** A command or request that stands in some document's prose, with names of our own put in. */
export function documented(command: string, names: Names = {}): string {
  if (!pages.some((page) => proseCommandsOf(page).includes(command)))
    throw new Error(`no document has the command ${command} any more`);
  return fill(command, names);
}

/** Runs commands as the documents have them, and no others. */
export class DocumentShell {
  readonly #env: NodeJS.ProcessEnv;
  readonly #running: RunningCommand[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Starts a command that stands in prose. */
  start(command: string, { names, more, env }: RunOptions = {}): RunningCommand {
    const whole = [documented(command, names), ...(more === undefined ? [] : [more])].join(" ");
    return this.#start(whole, env);
  }

  /** Runs it to its end and brings what it wrote to stdout. */
  run(command: string, options: RunOptions = {}): Promise<string> {
    return this.#succeed(this.start(command, options));
  }

  /** Starts the commands of a block; `npm ci` has been run where tests run. */
  startBlock(page: string, runner: string, name: string, { names = {}, env }: RunOptions = {}): RunningCommand {
    const { text } = markedBlock(page, runner, name);
    return this.#start(fill(text.replace(/^npm ci && /gm, ""), names), env);
  }

  runBlock(page: string, runner: string, name: string, options: RunOptions = {}): Promise<string> {
    return this.#succeed(this.startBlock(page, runner, name, options));
  }

  /** Ends all that goes on. */
  async close(): Promise<void> {
    await Promise.all(this.#running.map((command) => command.interrupt()));
  }

  #start(command: string, env: NodeJS.ProcessEnv = {}): RunningCommand {
    const started = new RunningCommand(command, { ...this.#env, ...env });
    this.#running.push(started);
    return started;
  }

  async #succeed(command: RunningCommand): Promise<string> {
    const code = await command.ended();
    if (code !== 0) throw new Error(`ended with ${code}:\n${command.output}`);
    return command.stdout;
  }
}
