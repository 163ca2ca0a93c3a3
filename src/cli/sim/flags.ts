import { z } from "zod";
import { parseDuration } from "../../api/duration.ts";
import { type PolicyName, plainScenario } from "../../sim/scenario.ts";

/** What can be asked for with each model; besides these, choicesD with periodic. */
export const policies = {
  periodic: ["random", "roundRobin", "inverse", "basicLI", "aggressiveLI", "strict", "ownDispatches"],
  closedLoop: ["uniform", "capacity", "capacityLI", "oracleProportional", "oracleOptimum"],
} as const satisfies Record<string, readonly PolicyName[]>;

/** Strategies of the operator by the policy that is simulated for them. */
export const strategyPolicies = {
  LeastConnections: "LeastConnections",
  RoundRobin: "roundRobin",
  Random: "random",
} as const satisfies Record<string, PolicyName>;
export type SimulatedStrategy = keyof typeof strategyPolicies;

const anyPolicy = new RegExp(`^(${[...policies.periodic, ...policies.closedLoop].join("|")}|choices[1-9][0-9]?)$`);
export const choose = (list: readonly string[]): string => `must be one of ${list.join(", ")}`;
const number = (min: number, max: number) => z.coerce.number().min(min).max(max);
const whole = (min: number, max: number) => number(min, max).int();

const durationPattern = /^(0|[1-9][0-9]{0,5})(ms|s|m|h)$/;
const durationText = z.string().regex(durationPattern, "must be a duration such as 50ms");

/** A time in service times, or as a duration. */
const time = z
  .string()
  .regex(/^([0-9]+\.?[0-9]*|[0-9]*\.[0-9]+|(0|[1-9][0-9]{0,5})(ms|s|m|h))$/, "must be service times, such as 10, or 3s")
  .transform((text) => (durationPattern.test(text) ? { ms: parseDuration(text) } : { services: Number(text) }));
export type Time = z.output<typeof time>;

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

/** The flags of `evenkeel sim`. */
export const flags = {
  model: {
    value: "NAME",
    help: "periodic or closedLoop: one run, and its response times. Without: a comparison for your own pool.",
    schema: z.enum(["periodic", "closedLoop"]).optional(),
  },
  pods: {
    value: "N",
    help: "Pods (default 20, or as many as there are speeds).",
    schema: whole(1, maxPods).optional(),
  },
  load: {
    value: "SHARE",
    help: "Arrivals as a share of what the pods can do together (default 0.9).",
    schema: number(0.001, 3).default(0.9),
  },
  policy: {
    value: "NAME",
    help: `periodic: ${policies.periodic.join(", ")}, choicesD. closedLoop: ${policies.closedLoop.join(", ")}.`,
    schema: z
      .string()
      .regex(anyPolicy, choose([...policies.periodic, "choices2", "choices3", ...policies.closedLoop]))
      .transform((name) => name as PolicyName)
      .optional(),
  },
  strategy: {
    value: "NAME",
    help: `A strategy of the operator: ${Object.keys(strategyPolicies).join(", ")}.`,
    schema: z.enum(Object.keys(strategyPolicies) as SimulatedStrategy[]).optional(),
  },
  "update-interval": { value: "T", help: "Between two readings of all pods (default 10).", schema: time.optional() },
  poll: { value: "T", help: "The same, in the words of a pool: metrics.interval.", schema: time.optional() },
  "service-time": {
    value: "TIME",
    help: "Mean service time of a request (default 50ms): what turns durations into service times.",
    schema: durationText
      .transform(parseDuration)
      .refine((ms) => ms > 0, "must be above 0")
      .default(50),
  },
  pick: {
    value: "HOW",
    help: "How weights are followed: random, or edf, earliest deadline first (default random).",
    schema: z.enum(["random", "edf"]).optional(),
  },
  dispatchers: {
    value: "K",
    help: "Independent schedulers among which requests are split (default 1).",
    schema: whole(1, 1_000).optional(),
  },
  phases: {
    value: "HOW",
    help: "At new weights, deadlines are drawn anew (drawn) or kept in proportion (kept) (default drawn).",
    schema: z.enum(["drawn", "kept"]).default("drawn"),
  },
  speeds: {
    value: "SxN,…",
    help: "Relative speeds, such as 0.75x10,1.25x10; scaled to mean 1.",
    schema: speeds.optional(),
  },
  antagonist: {
    help: "30% of the pods have a neighbour that leaves them 0.4 of their speed for 200 of 600 service times.",
    schema: z.boolean().default(false),
  },
  delay: { value: "D", help: "From a reading until its weights are in force (default 0).", schema: time.optional() },
  missing: { value: "P", help: "Share of the samples that are lost (default 0).", schema: number(0, 1).default(0) },
  cv2: {
    value: "C",
    help: "Squared coefficient of variation of the work: 0 constant, 1 exponential, 4 heavy (default 1).",
    schema: number(0, 100).default(1),
  },
  concurrency: {
    value: "C",
    help: "Requests that a pod serves at once at full speed; more share it (default 1, first in first out).",
    schema: whole(1, 10_000).default(1),
  },
  horizon: {
    value: "H",
    help: "Length of a run in service times (default 20000; the first 20%, closedLoop 30%, is not counted).",
    schema: number(100, 1e7).default(plainScenario.horizon),
  },
  seeds: { value: "N", help: "Runs, each with its own random numbers (default 3).", schema: whole(1, 100).default(3) },
  json: { help: "JSON on stdout, in service times.", schema: z.boolean().default(false) },
} as const;
