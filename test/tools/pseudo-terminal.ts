import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { patienceMs } from "./control-plane/wait-for.ts";
import { findProgram, requirePart } from "./require-part.ts";

const script = process.platform === "linux" ? findProgram("script") : undefined;

/** Whether tests can have a terminal. */
export const hasTerminal = requirePart("script (util-linux)", script !== undefined);

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a person at a terminal sees and presses. */
export class PseudoTerminal {
  readonly child: ChildProcess;
  /** All that was written to it, escape sequences included. */
  output = "";
  readonly #closed: Promise<[number | null]>;

  /** Runs a line of a shell in a terminal of its own. */
  constructor(command: string, { columns, rows }: TerminalSize = { columns: 80, rows: 24 }, env = process.env) {
    const sized = `stty columns ${columns} rows ${rows}; ${command}`;
    this.child = spawn(script!, ["--quiet", "--return", "--command", sized, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...env, SHELL: "/bin/bash", TERM: "xterm-256color" },
    });
    this.#closed = once(this.child, "close") as Promise<[number | null]>;
    this.child.stdout!.setEncoding("utf8").on("data", (text) => {
      this.output += text;
    });
  }

  /** The lines of the last frame that is there as a whole, without colours. */
  get screen(): string[] {
    const frames = this.output.split("\x1b[H");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this is about.
    const plain = (frames.at(-1) ?? "").replace(/\x1b\[[?\d;]*[A-Za-z]/g, "");
    return frames.length < 2 ? [] : plain.split(/\r+\n/).map((line) => line.trimEnd());
  }

  press(keys: string): void {
    this.child.stdin!.write(keys);
  }

  /** Until what is to be seen is there; fails, with what is to be seen instead, if it does not come or the program ends. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    const giveUp = new AbortController();
    const late = sleep(patienceMs, "late", { signal: giveUp.signal }).catch(() => "late");
    const closed = this.#closed.then(() => "ended");
    try {
      for (let end: string | undefined; ; ) {
        const seen = look();
        if (seen !== undefined && seen !== false) return seen;
        if (end !== undefined) throw new Error(`it ${end}:\n${this.screen.join("\n") || this.output}`);
        const next = once(this.child.stdout!, "data", { signal: giveUp.signal }).then(
          () => undefined,
          () => "late",
        );
        end = await Promise.race([next, closed, late]);
      }
    } finally {
      giveUp.abort();
    }
  }

  /** Until a line of the screen, or of what was written, says so. */
  shows(wanted: RegExp): Promise<string> {
    return this.until(() => wanted.exec(this.screen.join("\n"))?.[0]);
  }

  /** The code with which the command ended. */
  async ended(): Promise<number | null> {
    return (await this.#closed)[0];
  }
}
