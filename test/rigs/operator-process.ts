import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { request } from "undici";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { tether } from "../tools/control-plane/tether.ts";

const root = join(import.meta.dirname, "..", "..");

type Exit = [code: number | null, signal: NodeJS.Signals | null];

/** `evenkeel run` as a process of its own, which can be killed as a node's failure would. */
export class OperatorProcess {
  readonly url: string;
  /** The line of its log that says so. */
  readonly began: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<Exit>;

  private constructor(child: ChildProcess, url: string, began: string) {
    this.#child = child;
    this.#exited = once(child, "exit") as Promise<Exit>;
    this.url = url;
    this.began = began;
  }

  static async start(
    flags: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<OperatorProcess> {
    const words = [...tether("KILL"), process.execPath, join(root, "src", "main.ts"), "run"];
    const given = { "http-host": "127.0.0.1", "http-port": "0", ...flags };
    const [program = "", ...args] = [...words, ...Object.entries(given).map(([name, value]) => `--${name}=${value}`)];
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    const told: string[] = [];
    for await (const line of createInterface(child.stderr)) {
      told.push(line);
      const url = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stderr.resume();
      return new OperatorProcess(child, url, line);
    }
    throw new Error(`evenkeel run ended before it served:\n${told.join("\n")}`);
  }

  async pool(namespace: string, name: string): Promise<PoolDocument | undefined> {
    const { statusCode, body } = await request(`${this.url}/v1/pools/${namespace}/${name}`);
    const text = await body.text();
    return statusCode === 200 ? (JSON.parse(text) as PoolDocument) : undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Brings the exit code, or the name of the signal that ended it. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended();
  }

  /** The same of an end that comes by itself. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const [code, by] = await this.#exited;
    return code ?? by;
  }
}
