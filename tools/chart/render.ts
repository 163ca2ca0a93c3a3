import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const chartFolder = fileURLToPath(new URL("../../charts/evenkeel", import.meta.url));

export interface RenderOptions {
  readonly release?: string;
  readonly namespace?: string;
  readonly args?: readonly string[];
}

/** What `helm template` prints of our chart. Throws with Helm's words when it refuses. */
export async function renderChart(helm: string, options: RenderOptions = {}): Promise<string> {
  const { release = "evenkeel", namespace = "evenkeel", args = [] } = options;
  const words = ["template", release, chartFolder, "--namespace", namespace, ...args];
  const { stdout } = await run(helm, words, { maxBuffer: 16 * 2 ** 20 });
  return stdout;
}
