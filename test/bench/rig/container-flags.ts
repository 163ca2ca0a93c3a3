import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../tools/bundle/bundling.ts";

/** The memory that the chart lets the container have, in MiB. */
function limitMiB(): number {
  const values = readFileSync(join(root, "charts/evenkeel/values.yaml"), "utf8");
  const { memory } = parse(values).resources.limits;
  const mebibytes = /^([0-9]+)Mi$/.exec(memory)?.[1];
  if (mebibytes === undefined) throw new Error(`the chart's limit ${memory} is no number of Mi`);
  return Number(mebibytes);
}

/**
 * Flags by which Node gives the operator the heap that it has in its container, whatever this machine has: half of the
 * memory limit for what is old. What is young is the image's to say, in its environment.
 */
export const containerFlags = (): string[] => [`--max-old-space-size=${limitMiB() / 2}`];
