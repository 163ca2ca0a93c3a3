import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", "..", "..", file), "utf8");

/** What the image tells Node. */
function imageOptions(): string[] {
  const options = /^ENV .*\bNODE_OPTIONS=(\S+)/m.exec(read("Dockerfile"))?.[1];
  if (options === undefined) throw new Error("the Dockerfile has no NODE_OPTIONS");
  return [options];
}

/** The memory that the chart lets the container have, in MiB. */
function limitMiB(): number {
  const { memory } = parse(read("charts/evenkeel/values.yaml")).resources.limits;
  const mebibytes = /^([0-9]+)Mi$/.exec(memory)?.[1];
  if (mebibytes === undefined) throw new Error(`the chart's limit ${memory} is no number of Mi`);
  return Number(mebibytes);
}

/**
 * Flags by which Node gives the operator the heap that it has in its container, whatever this machine has: half of the
 * memory limit for what is old, and for what is young what the image says.
 */
export const containerFlags = (): string[] => [...imageOptions(), `--max-old-space-size=${limitMiB() / 2}`];
