import { emitKeypressEvents, type Interface, type Key } from "node:readline";
import type { ReadStream } from "node:tty";
import { holdTerminal, stopInTerminal } from "./hold-terminal.ts";

/** The keyboard, one key at a time. */
export interface Keys {
  /** False where the input is no terminal: then no key ever comes. */
  readonly listening: boolean;
  /** Gives the terminal its own line editing back. */
  close(): void;
}

export interface KeysOptions {
  /**
   * Told of each key: by the character that it writes (`q`, `K`, `+`, a blank), else by its name (`up`, `down`, `left`,
   * `right`, `pageup`, `home`, `return`, `escape`, `backspace`, `tab`), with `ctrl-` or `alt-` before it where that was held.
   */
  readonly onKey: (key: string) => void;
  /** Closes the keys when it aborts. */
  readonly signal?: AbortSignal;
  readonly input?: ReadStream;
}

/** How long an escape waits for what would make it the beginning of an arrow key. */
const escapeMs = 50;

/** A terminal that hangs up breaks its input: the signal that comes with it is what ends the program. */
const ignoreError = (): void => {};

/** Who listens is told as by the signal, which some systems cannot send to a process that is to live. */
function interrupt(): void {
  if (!process.emit("SIGINT", "SIGINT")) process.kill(process.pid, "SIGINT");
}

/** Keys that the terminal itself heeds, until a program reads keys one by one. */
const control: Readonly<Record<string, () => void>> = {
  "ctrl-c": interrupt,
  "ctrl-\\": () => process.kill(process.pid, "SIGQUIT"),
  "ctrl-z": stopInTerminal,
};

function nameOf(text: string | undefined, { name, sequence, ctrl, meta }: Key): string | undefined {
  if (sequence === "\x1c") return "ctrl-\\";
  const writes = text !== undefined && !ctrl && !meta && !/\p{Cc}/u.test(text);
  const base = writes ? text : name === "enter" ? "return" : name;
  if (base === undefined || base === "undefined") return undefined;
  return `${ctrl ? "ctrl-" : ""}${meta && base !== "escape" ? "alt-" : ""}${base}`;
}

/**
 * Reads keys one by one, without Return and without an echo. Ctrl-C, Ctrl-Z and Ctrl-\ do what they do in any program.
 * The terminal is as it was after `close`, and however else the process ends.
 */
export function openKeys({ onKey, signal, input = process.stdin }: KeysOptions): Keys {
  if (!input.isTTY || signal?.aborted) return { listening: false, close() {} };
  const onKeypress = (text: string | undefined, key: Key): void => {
    const name = nameOf(text, key);
    if (name === undefined) return;
    const act = control[name];
    if (!act) {
      onKey(name);
      return;
    }
    act();
  };
  const letGo = holdTerminal({
    take: () => void input.setRawMode(true),
    giveBack: () => void input.setRawMode(false),
  });
  function close(): void {
    input.off("keypress", onKeypress).pause();
    signal?.removeEventListener("abort", close);
    letGo();
  }
  emitKeypressEvents(input, { escapeCodeTimeout: escapeMs } as unknown as Interface);
  if (!input.listeners("error").includes(ignoreError)) input.on("error", ignoreError);
  input.on("keypress", onKeypress).resume();
  signal?.addEventListener("abort", close, { once: true });
  return { listening: true, close };
}
