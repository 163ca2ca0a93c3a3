import { existsSync } from "node:fs";
import * as z from "zod";
import { UsageError } from "../../../src/cli/flags/flag.ts";
import { helpOf } from "../../../src/cli/flags/help.ts";
import { readFlags } from "../../../src/cli/flags/read-flags.ts";

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** Sizes of the pool, such as `100,1000`. */
export const readSizes = z
  .string()
  .regex(/^[0-9]+(,[0-9]+)*$/, "must be numbers of pods, such as 100,1000")
  .transform((text) => [...new Set(text.split(",").map(Number))])
  .refine((list) => list.every((size) => size >= 2 && size <= 5_000), "must each be from 2 to 5000");

const flags = {
  pods: { value: "N,N", help: "Sizes of the pool (default 100,1000).", schema: readSizes.optional() },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: {
    help: "Fail when a figure lies outside test/bench/ranges.json.",
    schema: z.boolean().default(false),
  },
  quick: {
    help: "Fewer changes, bursts and steps: under 2 minutes, and a p99 that is little more than the maximum.",
    schema: z.boolean().default(false),
  },
  changes: {
    value: "N",
    help: "Single changes for each size (default 400, quick 100).",
    schema: whole(2, 100_000).optional(),
  },
  bursts: {
    value: "N",
    help: "Bursts of 50 changes for each size (default 10, quick 4).",
    schema: whole(0, 1_000).optional(),
  },
  steps: {
    value: "N",
    help: "Steps of load for the reaction of scaling (default 20, quick 4; 0 for none).",
    schema: whole(0, 1_000).optional(),
  },
  quiet: {
    value: "SECONDS",
    help: "Seconds before and after these steps in which scrapes are counted, told as of ten minutes (default 60, quick 10; 0 for none).",
    schema: whole(0, 3_600).optional(),
  },
  main: {
    value: "FILE",
    help: "The operator to measure, to compare two versions (default src/main.ts).",
    schema: z.string().optional(),
  },
} as const;

export const help = `Usage: npm run bench:latency -- [FLAGS]

How soon a pod's change is in a committed EndpointSlice: Evenkeel beside
kube-controller-manager, on one kube-apiserver, in one run, over the same pods.
Beside it, how soon load that passes the limit is a written scale.

${helpOf(flags)}

What is measured
  Bare pods turn Ready and unready, one by one and 50 at once. A Service with a
  selector has them in the slices of kube-controller-manager's EndpointSlice
  controller; a pool with the same selector (RoundRobin, without metrics) has
  them in ours. A change counts from the moment at which the API server's answer
  to the pod's status write is here (from the sending too: *_from_sent_ms) to
  the moment at which one watch over all slices of the namespace brings the
  slice in which that pod's endpoint has its new readiness. A single change
  follows when both controllers have published the one before and had time to
  read it back; else kube-controller-manager would find its copy stale and wait
  a second, which is its behaviour in bursts. p99_ratio_N is of single changes,
  burst_p99_ratio_N of the bursts. Writes are the distinct versions of slices
  that the watch saw. CPU and peak memory are those of the two processes, of
  everything they do during the measurement.

What to know of it
  Both controllers, the API server, etcd and the benchmark share this machine's
  cores and see every change at the same time: each is in the other's way, and
  the later one is the one that waits. That is so in a cluster too.
  kube-controller-manager runs the controllers needed here alone (EndpointSlice,
  Deployment, ReplicaSet; not the one for Endpoints, garbage collection and so
  on), and its client limits are far above what it uses, which is the best case
  for it. Evenkeel runs as it comes. etcd runs without fsync: its disk is not
  what is compared. Reaction: all pods of a Deployment pass the limit at once,
  at a random phase of the 1 s interval, by half a pod's worth of load; polls is
  2; the end is the new spec.replicas in a watch on the Deployment. The bound is
  1.25 * interval + 250 ms: the pool is read again after a quarter of the interval,
  to confirm what the first poll has shown. From then on the pods of a pool are
  read at about the same time, so that later steps are seen sooner than the first.
  While nothing passes the limit no pod may be read more often: the scrapes of a
  pod in a quiet while are counted before the steps and after them.

  Ranges: the p99 of single changes and of bursts at most 1.5 times
  kube-controller-manager's, writes per change at most its own and 2 % for
  chance (how many writes a burst takes is a matter of timing, for both),
  reaction within the bound and 1.1 s on the mean. On a machine that does other work the ratios say
  little: look at machine.load_before, and repeat.

Needs etcd, kube-apiserver and kube-controller-manager (found, or built once
from Go modules) and a network namespace of its own (root, or user namespaces).
`;

export interface BenchConfig {
  readonly sizes: readonly number[];
  readonly changes: number;
  readonly bursts: number;
  readonly steps: number;
  readonly quietSeconds: number;
  readonly json: string | undefined;
  readonly check: boolean;
  readonly main: string | undefined;
}

export function readConfig(args: readonly string[]): BenchConfig {
  const { pods = [100, 1_000], quick, json, check, main, ...counts } = readFlags(flags, args);
  const { changes = quick ? 100 : 400, bursts = quick ? 4 : 10, steps = quick ? 4 : 20 } = counts;
  const { quiet: quietSeconds = quick ? 10 : 60 } = counts;
  if (bursts % 2 === 1) throw new UsageError("--bursts: must be even, for what turns unready turns Ready again");
  if (changes % 2 === 1) throw new UsageError("--changes: must be even, for what turns unready turns Ready again");
  if (main !== undefined && !existsSync(main)) throw new UsageError(`--main: there is no file ${main}`);
  return { sizes: pods, changes, bursts, steps, quietSeconds, json, check, main };
}
