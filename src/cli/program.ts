import type { Flag } from "./flags/flag.ts";

/** Names that are looked up where they live. */
export type WordKind = "pool" | "pod" | "workload" | "namespace" | "context";

type Flags = Readonly<Record<string, Flag>>;

/** A command line, without the program's name, and what it is for. */
export interface Example {
  readonly args: string;
  readonly does: string;
}

/** One command of a program. */
export interface Command {
  readonly summary: string;
  /** What stands behind its name: `POD`, `[POOL]`. */
  readonly words?: string;
  /** What a shell may propose for that: a kind of names, or these words. */
  readonly completes?: WordKind | readonly string[];
  readonly flags?: Flags | (() => Promise<Flags>);
  readonly help: string | (() => Promise<string>);
  readonly examples?: readonly Example[];
  run(args: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface Program {
  /** As it is called: `evenkeel`, `kubectl evenkeel`. */
  readonly name: string;
  readonly description: string;
  readonly commands: Readonly<Record<string, Command>>;
  /** Commands that it has in another form alone, each with the sentence that says where. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}
