import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { bundlePlugin } from "../../../tools/bundle/bundle-plugin.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl's plugin as users have it: one file on the PATH. */
export class Plugin {
  readonly folder: string;
  readonly file: string;
  /** Source files that went into it. */
  readonly inputs: readonly string[];
  readonly env: NodeJS.ProcessEnv;

  private constructor(folder: string, inputs: readonly string[]) {
    this.folder = folder;
    this.inputs = inputs;
    this.file = join(folder, "kubectl-evenkeel");
    const { KUBECONFIG: _, ...env } = process.env;
    const path = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    this.env = { ...env, PATH: path, HOME: folder };
  }

  static async build(): Promise<Plugin> {
    const folder = await mkdtemp(join(tmpdir(), "evenkeel-plugin-"));
    const { inputs } = await bundlePlugin(folder);
    return new Plugin(folder, Object.keys(inputs));
  }

  /** A kubeconfig for a server on plain HTTP, whose current namespace is the one given; brings its path. */
  async kubeconfig(server: string, namespace: string): Promise<string> {
    const file = join(this.folder, `config-${crypto.randomUUID()}`);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server } }],
      contexts: [
        { name: "test", context: { cluster: "test", namespace } },
        { name: "elsewhere", context: { cluster: "test", namespace: "elsewhere" } },
      ],
      "current-context": "test",
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return runFile(this.file, args, { ...this.env, ...env });
  }

  /** Starts it, for what goes on until it is ended. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    return new Running(spawn(this.file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...this.env, ...env } }));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

export function runFile(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: patienceMs }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** A process that goes on, with all that it has written. */
export class Running {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, "close");
    child.stdout!.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
  }

  /** Waits until it has written this. */
  async wrote(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      const [text] = await Promise.race([once(this.#child.stdout!, "data"), this.#closed.then(() => [undefined])]);
      if (text === undefined && !pattern.test(this.stdout))
        throw new Error(`it ended before it wrote ${pattern}: ${this.stdout}${this.stderr}`);
    }
  }

  /** Its exit code, when it has ended by itself. */
  async ended(): Promise<number | null> {
    return ((await this.#closed) as [number | null])[0];
  }

  /** Interrupts it, and brings its exit code. */
  interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return this.ended();
  }
}
