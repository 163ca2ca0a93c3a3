import * as z from "zod";
import { parseDuration } from "../../../api/duration.ts";
import { strategyTypes } from "../../../api/pool.ts";
import { readySetFloors } from "../../../api/ready-set.ts";
import { type ConnectionPolicy, connectionPolicies } from "../../sim/connections/scenario.ts";
import type { PolicyName } from "../../sim/scenario.ts";

/** What can be asked for with each model of requests; besides these, choicesD with periodic. */
export const policies = {
  periodic: ["random", "roundRobin", "inverse", "basicLI", "aggressiveLI", "strict", "ownDispatches"],
  closedLoop: ["uniform", "capacity", "capacityLI", "oracleProportional", "oracleOptimum"],
} as const satisfies Record<string, readonly PolicyName[]>;

const known = [...policies.periodic, ...policies.closedLoop, ...connectionPolicies];
const anyPolicy = new RegExp(`^(${known.join("|")}|choices[1-9][0-9]?)$`);
export const choose = (list: readonly string[]): string =>
  list.length === 1 ? `must be ${list[0]}` : `must be one of ${list.join(", ")}`;
const within = (what: string, min: number, max: number) => {
  const message = `must be a ${what} from ${min} to ${max}`;
  return z.coerce.number(message).min(min, message).max(max, message);
};
const number = (min: number, max: number) => within("number", min, max);
const whole = (min: number, max: number) => {
  const what = "whole number";
  return within(what, min, max).refine(Number.isInteger, `must be a ${what} from ${min} to ${max}`);
};
const oneOf = <const T extends readonly string[]>(list: T) => z.enum(list, choose(list));

const durationPattern = /^(0|[1-9][0-9]{0,5})(ms|s|m|h)$/;
const secondsIn = { ms: 0.001, s: 1, "": 1, m: 60, h: 3_600 } as const;
const longest = 10_000 * secondsIn.h;
const shortest = 0.1;
const durationText = z.string().regex(durationPattern, "must be a duration such as 50ms");

/** A time in service times, or as a duration. */
const time = z
  .string()
  .regex(/^([0-9]+\.?[0-9]*|[0-9]*\.[0-9]+|(0|[1-9][0-9]{0,5})(ms|s|m|h))$/, "must be service times, such as 10, or 3s")
  .transform((text) => (durationPattern.test(text) ? { ms: parseDuration(text) } : { services: Number(text) }));
export type Time = z.output<typeof time>;

/** A time on the clock, in seconds: a duration, or a number. */
const seconds = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(ms|s|m|h)?$/, "must be a duration such as 300s")
  .transform((text) => Number.parseFloat(text) * secondsIn[text.replace(/^[0-9.]+/, "") as keyof typeof secondsIn])
  .refine((value) => value <= longest, "must be at most 10000h");

/** As the floor was spelt before it was spelt as in the resource. */
const formerFloors: Readonly<Record<string, string>> = { half: "Half", twoThirds: "TwoThirds" };

const maxPods = 10_000;
const speeds = z
  .string()
  .regex(/^[0-9.]+(x[0-9]+)?(,[0-9.]+(x[0-9]+)?)*$/, "must be speeds and how many pods have them: 0.75x10,1.25x10")
  .transform((text) =>
    text.split(",").map((part) => {
      const [speed, count = "1"] = part.split("x");
      return { speed: Number(speed), count: Number(count) };
    }),
  )
  .refine((parts) => parts.every(({ speed }) => speed > 0), "each speed must be above 0")
  .refine((parts) => parts.reduce((sum, { count }) => sum + count, 0) <= maxPods, `at most ${maxPods} pods`)
  .transform((parts) => parts.flatMap(({ speed, count }) => Array<number>(count).fill(speed)));

/** The flags of `evenkeel sim`; what is not given is absent, so that a flag at the wrong place can be told. */
export const flags = {
  model: {
    value: "NAME",
    help: "What to simulate. periodic, closedLoop: response times of one policy or strategy. connections: how evenly connections are spread over pods (default: compare strategies for a pool like yours).",
    schema: oneOf(["periodic", "closedLoop", "connections"]).optional(),
  },
  scenario: {
    value: "NAME",
    help: "spin-up: servers start one by one as connections arrive.",
    schema: oneOf(["spin-up"]).optional(),
  },
  strategy: {
    value: "NAME",
    help: `Strategy of the pool, as in spec.strategy.type (default LeastConnections): ${strategyTypes.join(", ")}.`,
    schema: oneOf(strategyTypes).optional(),
  },
  policy: {
    value: "NAME",
    help: `Policy to simulate instead of a strategy. periodic: ${policies.periodic.join(", ")}, choicesD. closedLoop: ${policies.closedLoop.join(", ")}. connections: ${connectionPolicies.join(", ")}.`,
    schema: z
      .string()
      .regex(
        anyPolicy,
        choose([
          ...policies.periodic,
          "choices2",
          "choices3",
          ...policies.closedLoop,
          ...connectionPolicies.slice(0, 3),
        ]),
      )
      .transform((name) => name as PolicyName | ConnectionPolicy)
      .optional(),
  },
  pods: {
    value: "N",
    help: "Number of pods (default 20, or the number of --speeds).",
    schema: whole(1, maxPods).optional(),
  },
  load: {
    value: "SHARE",
    help: "Arrivals as a share of what all pods can serve together (default 0.9).",
    schema: number(0.001, 3).optional(),
  },
  "update-interval": {
    value: "T",
    help: "Time between two readings of all pods (default 10).",
    schema: time.optional(),
  },
  poll: {
    value: "T",
    help: "The same as --update-interval; a pool calls it metrics.interval.",
    schema: time.optional(),
  },
  "service-time": {
    value: "TIME",
    help: "Mean service time of a request. Other durations are converted into service times by it (default 50ms).",
    schema: durationText
      .transform(parseDuration)
      .refine((ms) => ms > 0, "must be above 0")
      .optional(),
  },
  pick: {
    value: "HOW",
    help: "How clients follow weights: random, or edf, earliest deadline first (default random; for RoundRobin edf).",
    schema: oneOf(["random", "edf"]).optional(),
  },
  dispatchers: {
    value: "K",
    help: "Number of independent schedulers that share the requests (default 1; in a comparison 10).",
    schema: whole(1, 1_000).optional(),
  },
  phases: {
    value: "HOW",
    help: "What happens to the deadlines of edf when weights change. drawn: they are drawn anew. kept: they keep their proportion (default drawn).",
    schema: oneOf(["drawn", "kept"]).optional(),
  },
  speeds: {
    value: "SxN,…",
    help: "Relative speeds of pods, as SPEEDxNUMBER: 0.75x10,1.25x10 are ten slower and ten faster pods. They are scaled to a mean of 1.",
    schema: speeds.optional(),
  },
  antagonist: {
    help: "30% of the pods have a neighbour that leaves them 0.4 of their speed for 200 of 600 service times.",
    schema: z.boolean().optional(),
  },
  delay: {
    value: "D",
    help: "Time from a reading until the decision that follows from it is in force (default 0; connections: 1s).",
    schema: time.optional(),
  },
  missing: { value: "P", help: "Share of the samples that are lost (default 0).", schema: number(0, 1).optional() },
  cv2: {
    value: "C",
    help: "Squared coefficient of variation of the work per request: 0 constant, 1 exponential, 4 heavy-tailed. Or normal: a normal distribution whose deviation is its mean, cut off at 0 (default 1).",
    schema: z.union([z.literal("normal"), number(0, 100)], "must be normal, or a number from 0 to 100").optional(),
  },
  concurrency: {
    value: "C",
    help: "Number of requests that a pod serves at once at full speed. If there are more, they share that speed (default 1: one request after the other).",
    schema: whole(1, 10_000).optional(),
  },
  horizon: {
    value: "H",
    help: "Length of a run in service times (default 20000). The first 20% (closedLoop: 30%) is not counted.",
    schema: number(100, 1e7).optional(),
  },
  seeds: {
    value: "N",
    help: "Number of runs, each with its own random numbers (default 3; with --crowd 50, with --join 5).",
    schema: whole(1, 1_000).optional(),
  },
  hold: {
    value: "H",
    help: "Mean time that a connection is held, exponentially distributed (default with --model connections: 300s).",
    schema: seconds.refine((value) => value > 0, "must be above 0").optional(),
  },
  period: {
    value: "T",
    help: "Time between two decisions on the ready set (default 10s).",
    schema: seconds.refine((value) => value >= shortest, "must be at least 100ms").optional(),
  },
  floor: {
    value: "NAME",
    help: "Floor of the ready set, TwoThirds (default) or Half.",
    schema: z.preprocess((given) => formerFloors[String(given)] ?? given, oneOf(readySetFloors).optional()),
  },
  crowd: {
    value: "R",
    help: "All connections are lost 3.7s after a period began, and come back within this time. Reports the peak after that, and averages over one hold time.",
    schema: seconds.optional(),
  },
  join: {
    value: "K",
    help: "This many empty pods join. Reports the number of hold times until no pod has more than 1.25 times the mean.",
    schema: whole(1, maxPods).optional(),
  },
  "rebalance-percent": {
    value: "P",
    help: "Pods above their share close at most this percentage of their connections in a period (default 0).",
    schema: number(0, 100).optional(),
    formerly: { "--rebalance": "--rebalance-percent" },
  },
  alternate: {
    help: "Arrivals alternate between 2/3 and 4/3 of their mean every two hold times.",
    schema: z.boolean().optional(),
  },
  seed: {
    value: "NUMBER",
    help: "Seed of the random numbers (default 1). Only with --scenario spin-up.",
    schema: whole(0, 2 ** 32 - 1).optional(),
  },
  connections: {
    value: "N",
    help: "With --scenario spin-up, the number of connections that arrive (default 40). Otherwise, the mean number per pod (default 20).",
    schema: whole(1, 10_000).optional(),
  },
  output: {
    value: "json",
    short: "o",
    help: "Output format. Times in the output are in service times.",
    schema: oneOf(["json"]).optional(),
    formerly: { "--json": "--output=json" },
  },
} as const;
