import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Gets both streams as they come, beside the result. */
  readonly echo?: NodeJS.WritableStream;
}

/** A program that ended with another code than 0. */
export class ProgramError extends Error {
  readonly code: number | null;
  readonly stderr: string;

  constructor(command: string, code: number | null, stderr: string) {
    const lastWords = stderr.trim().split("\n").slice(-8).join("\n");
    super(`${command} ended with ${code ?? "a signal"}${lastWords ? `:\n${lastWords}` : ""}`);
    this.code = code;
    this.stderr = stderr;
  }
}

/** Runs a program to its end and brings what it wrote to stdout; throws a `ProgramError`, or what kept it from starting. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, input, signal, echo }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(program, args, { cwd, env, signal, stdio: ["pipe", "pipe", "pipe"] });
  // A program that does not read its input may be gone before it is written.
  child.stdin.on("error", () => {}).end(input);
  if (echo) for (const stream of [child.stdout, child.stderr]) stream.pipe(echo, { end: false });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code !== 0) throw new ProgramError([program, ...args].join(" "), code, stderr);
  return stdout;
}
