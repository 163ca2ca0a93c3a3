import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { tether } from "../../tools/control-plane/tether.ts";

/** Calls one after the other: so many, or for so long. */
export interface Calls {
  readonly calls?: number;
  readonly forMs?: number;
  /** After each. */
  readonly pauseMs?: number;
}

export interface CallResult {
  /** By the pod that answered. */
  readonly answers: Readonly<Record<string, number>>;
  /** By what it said. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface GrpcClientOptions {
  readonly command: readonly [program: string, ...args: string[]];
  /** As xDS clients read it from their environment. */
  readonly bootstrap: object;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program with an xDS client of its own: gets orders as lines of JSON, and answers each with a line. */
export class GrpcClient {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #told = "";

  constructor({ command, bootstrap, cwd, env: more }: GrpcClientOptions) {
    const [program, ...args] = [...tether("KILL"), ...command] as [string, ...string[]];
    const env = { ...process.env, ...more, GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) };
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env, cwd });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#told = (this.#told + text).slice(-4_000);
    });
    this.#child.on("error", (error) => {
      this.#told += String(error);
    });
    this.#child.stdin!.on("error", () => {});
    this.#lines = createInterface(this.#child.stdout!);
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  async send(order: Calls): Promise<CallResult> {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the client has ended:\n${this.#told}`);
    return JSON.parse(value) as CallResult;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
    this.#lines.close();
  }
}

/** The part of the calls that each pod answered. */
export function sharesOf({ answers }: CallResult): Readonly<Record<string, number>> {
  const all = Object.values(answers).reduce((sum, count) => sum + count, 0);
  return Object.fromEntries(Object.entries(answers).map(([pod, count]) => [pod, count / all]));
}
