import { readFlags, UsageError } from "../../config.ts";
import { isBlind, publishesWeights } from "../../sim/policies/policies.ts";
import { type PolicyName, plainScenario, type Scenario } from "../../sim/scenario.ts";
import { choose, flags, policies, type SimulatedStrategy, strategyPolicies, type Time } from "./flags.ts";

/** A run of one scenario, or what somebody wants to know about a pool. */
export interface SimConfig {
  readonly kind: "run" | "compare";
  /** Of a comparison: also its strategy is to be taken from here. */
  readonly scenario: Scenario;
  readonly strategy: SimulatedStrategy;
  readonly serviceTimeMs: number;
  readonly seeds: number;
  readonly json: boolean;
}

function policyOf(
  model: keyof typeof policies,
  policy: PolicyName | undefined,
  strategy: SimulatedStrategy | undefined,
): PolicyName {
  if (policy !== undefined && strategy !== undefined)
    throw new UsageError("--policy and --strategy exclude each other");
  if (strategy !== undefined) {
    if (model !== "closedLoop") throw new UsageError("--strategy: needs --model closedLoop");
    return strategyPolicies[strategy];
  }
  const known: readonly string[] = policies[model];
  if (policy === undefined) throw new UsageError(`--policy: ${choose(known)}`);
  if (!known.includes(policy) && !(model === "periodic" && policy.startsWith("choices")))
    throw new UsageError(`--policy: with --model ${model} it ${choose(known)}`);
  return policy;
}

const inServices = (value: Time | undefined, serviceTimeMs: number, fallback: number): number =>
  value === undefined ? fallback : "ms" in value ? value.ms / serviceTimeMs : value.services;

function check({ policy, pick, updateInterval, horizon }: Scenario): void {
  // Going round is earliest deadline first at equal weights.
  if (pick === "edf" && !publishesWeights(policy) && policy !== "roundRobin")
    throw new UsageError(`--pick: ${policy} publishes no weights`);
  if (updateInterval === 0 && !isBlind(policy)) throw new UsageError(`--update-interval: ${policy} needs one above 0`);
  if (updateInterval > 0 && horizon / updateInterval > 1e7) throw new UsageError("--update-interval: is too short");
}

/** What the flags ask for. */
export function readConfig(args: readonly string[]): SimConfig {
  const given = readFlags(flags, args);
  const { model, strategy, seeds, json, speeds: relative } = given;
  const serviceTimeMs = given["service-time"];
  const pods = given.pods ?? relative?.length ?? 20;
  if (relative && relative.length !== pods)
    throw new UsageError(`--speeds: tells of ${relative.length} pods, --pods of ${pods}`);
  if (given.poll && given["update-interval"]) throw new UsageError("--poll and --update-interval exclude each other");
  const interval = given.poll ?? given["update-interval"];
  if (model === undefined && given.policy) throw new UsageError("--policy: needs --model periodic or closedLoop");
  const scenario: Scenario = {
    ...plainScenario,
    pods,
    speeds: relative,
    load: given.load,
    concurrency: given.concurrency,
    cv2: given.cv2,
    antagonist: given.antagonist,
    policy: model ? policyOf(model, given.policy, strategy) : "LeastConnections",
    pick: given.pick ?? "random",
    dispatchers: given.dispatchers ?? (model ? 1 : 10),
    phases: given.phases,
    updateInterval: inServices(interval, serviceTimeMs, plainScenario.updateInterval),
    delay: inServices(given.delay, serviceTimeMs, 0),
    missing: given.missing,
    horizon: given.horizon,
    warmUp: model === "closedLoop" ? 0.3 : plainScenario.warmUp,
  };
  if (model) check(scenario);
  else if (scenario.updateInterval === 0) throw new UsageError("--poll: must be above 0");
  return {
    kind: model ? "run" : "compare",
    scenario,
    strategy: strategy ?? "LeastConnections",
    serviceTimeMs,
    seeds,
    json,
  };
}
