import * as z from "zod";
import type { Flag } from "../../../src/cli/flags/flag.ts";

const count = (usual: number) => z.coerce.number().int().min(1).max(10_000).default(usual);
const counts = (usual: readonly number[]) =>
  z
    .string()
    .transform((text) => text.split(",").map(Number))
    .pipe(z.array(z.number().int().min(1).max(100)))
    .default([...usual]);

/** The flags of `npm run bench:traffic`. */
export const trafficFlags = {
  stretch: {
    value: "N",
    help: "All times are N times as long, and rates as low (default 2): the queues are the same, and half a core carries them.",
    schema: count(2),
  },
  loads: { value: "A,B", help: "Percent of the pods' capacity (default 60,80).", schema: counts([60, 80]) },
  envoys: { value: "A,B", help: "So many Envoys that do not know each other (default 1,10).", schema: counts([1, 10]) },
  seeds: { value: "N", help: "Runs of each (default 3).", schema: count(3) },
  "warm-up": {
    value: "SECONDS",
    help: "Before it is measured (default 30): weights are learned meanwhile.",
    schema: count(30),
  },
  seconds: { value: "N", help: "How long each is measured (default 40).", schema: count(40) },
  instant: {
    help: "Pods tell how many of their workers are busy when they are asked, instead of the average since they were before.",
    schema: z.boolean().default(false),
  },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
} as const satisfies Record<string, Flag>;
