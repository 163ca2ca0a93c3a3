import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Slice } from "../../src/act/slice.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { documentCommands } from "../tools/documents/document-commands.ts";
import { readKubeconfig } from "./read-kubeconfig.ts";
import type { RunCommand } from "./stage-record.ts";

export interface QuickStartOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly signal: AbortSignal;
  /** Told of each command before and after. */
  readonly onCommand: (text: string) => (ms: number) => void;
}

export interface QuickStart {
  readonly commands: readonly RunCommand[];
  readonly chartToFirstSliceMs: number;
}

/** A command of the README that failed. */
export class CommandError extends Error {
  readonly output: string;

  constructor(command: string, output: string) {
    super(`the README's command failed: ${command}`);
    this.output = output;
  }
}

async function runCommand(text: string, { env, cwd, signal }: QuickStartOptions): Promise<string> {
  const child = spawn("sh", ["-c", text], { env, cwd, signal, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new CommandError(text, output);
  return output;
}

const hasReadyEndpoint = ({ endpoints }: Slice): boolean =>
  endpoints?.some(({ conditions }) => conditions.ready) ?? false;

/** The time at which a slice of ours first has a ready endpoint, by `performance.now()`. */
async function firstSliceAt(client: TestClient, signal: AbortSignal): Promise<number> {
  const query = { labelSelector: "endpointslice.kubernetes.io/managed-by=evenkeel.io" };
  const path = "/apis/discovery.k8s.io/v1/endpointslices";
  while (!signal.aborted) {
    const { items } = await client.call<{ items: Slice[] }>("GET", path, { query });
    if (items.some(hasReadyEndpoint)) return performance.now();
    await sleep(100, undefined, { signal });
  }
  throw signal.reason;
}

/** Runs the commands of the README's quick start, and watches from the side when the first slice is there. */
export async function runQuickStart(options: QuickStartOptions): Promise<QuickStart> {
  const commands: RunCommand[] = [];
  const over = new AbortController();
  let client: TestClient | undefined;
  let chartAt = 0;
  let slice: Promise<number> | undefined;
  try {
    for (const text of await documentCommands("README.md", "quick-start")) {
      const startedAt = performance.now();
      if (text.startsWith("helm install")) {
        chartAt = startedAt;
        client = new TestClient(readKubeconfig(options.kubeconfig, options.kubectl));
        slice = firstSliceAt(client, AbortSignal.any([over.signal, options.signal]));
        slice.catch(() => {});
      }
      const told = options.onCommand(text);
      const output = await runCommand(text, options);
      const ms = performance.now() - startedAt;
      told(ms);
      commands.push({ text, ms, output });
    }
    if (!slice) throw new Error("the README's quick start has no helm install");
    return { commands, chartToFirstSliceMs: (await slice) - chartAt };
  } finally {
    over.abort(new Error("the quick start is over"));
    await slice?.catch(() => {});
    await client?.close();
  }
}
