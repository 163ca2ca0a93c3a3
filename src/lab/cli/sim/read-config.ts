import type { StrategyType } from "../../../api/pool.ts";
import { UsageError } from "../../../cli/flags/flag.ts";
import { readFlags } from "../../../cli/flags/read-flags.ts";
import { isBlind, publishesWeights } from "../../sim/policies/policies.ts";
import { type PolicyName, plainScenario, type Scenario } from "../../sim/scenario.ts";
import type { SpinUpOptions } from "../../sim/spin-up.ts";
import { choose, flags, policies, type Time } from "./flags.ts";

/** A run of one scenario, or what somebody wants to know about a pool. */
export interface QueueConfig {
  readonly kind: "run" | "compare";
  /** Of a comparison: also its strategy is to be taken from here. */
  readonly scenario: Scenario;
  readonly strategy: StrategyType;
  readonly seeds: number;
  readonly json: boolean;
}

/** Servers that start one by one. */
export interface SpinUpConfig extends SpinUpOptions {
  readonly kind: "spinUp";
  readonly json: boolean;
}

type Given = ReturnType<typeof readFlags<typeof flags>>;
type Name = keyof typeof flags;

const forSpinUp: readonly Name[] = ["scenario", "strategy", "seed", "connections", "json"];
const onlyForSpinUp: readonly Name[] = ["seed", "connections"];
const onlyForModels: readonly Name[] = ["policy", "pick"];

/** Where a flag has no meaning it is refused: whoever gave it expects that it does something. */
function checkPlaces(given: Given): void {
  const names = (Object.keys(given) as Name[]).filter((name) => given[name] !== undefined);
  if (given.scenario && given.model) throw new UsageError("--scenario and --model exclude each other");
  for (const name of names) {
    if (given.scenario && !forSpinUp.includes(name))
      throw new UsageError(`--${name}: has no meaning with --scenario ${given.scenario}`);
    if (!given.scenario && onlyForSpinUp.includes(name))
      throw new UsageError(`--${name}: needs --scenario spin-up${name === "seed" ? "; for runs, see --seeds" : ""}`);
    if (!given.scenario && !given.model && onlyForModels.includes(name))
      throw new UsageError(`--${name}: needs --model periodic or closedLoop`);
  }
}

function policyOf(model: keyof typeof policies, { policy, strategy }: Given): PolicyName {
  if (policy !== undefined && strategy !== undefined)
    throw new UsageError("--policy and --strategy exclude each other");
  if (strategy !== undefined) {
    if (model !== "closedLoop") throw new UsageError("--strategy: needs --model closedLoop");
    return strategy;
  }
  const known: readonly string[] = policies[model];
  if (policy === undefined) {
    const orStrategy = model === "closedLoop" ? ", or give a --strategy" : "";
    throw new UsageError(`--policy: ${choose(known)}${orStrategy}`);
  }
  if (!known.includes(policy) && !(model === "periodic" && policy.startsWith("choices")))
    throw new UsageError(`--policy: with --model ${model} it ${choose(known)}`);
  return policy;
}

const inServices = (value: Time | undefined, serviceTimeMs: number, fallback: number): number =>
  value === undefined ? fallback : "ms" in value ? value.ms / serviceTimeMs : value.services;

function check({ policy, pick, updateInterval, horizon }: Scenario, { poll }: Given): void {
  const interval = poll ? "--poll" : "--update-interval";
  // Going round is earliest deadline first at equal weights.
  if (pick === "edf" && !publishesWeights(policy) && policy !== "roundRobin")
    throw new UsageError(`--pick: ${policy} publishes no weights`);
  if (updateInterval === 0 && !isBlind(policy)) throw new UsageError(`${interval}: ${policy} needs one above 0`);
  if (updateInterval > 0 && horizon / updateInterval > 1e7) throw new UsageError(`${interval}: is too short`);
}

function scenarioOf(given: Given): Scenario {
  const { model, strategy, speeds: relative, poll } = given;
  const pods = given.pods ?? relative?.length ?? 20;
  if (relative && relative.length !== pods)
    throw new UsageError(`--speeds: tells of ${relative.length} pods, --pods of ${pods}`);
  if (poll && given["update-interval"]) throw new UsageError("--poll and --update-interval exclude each other");
  const serviceTimeMs = given["service-time"] ?? plainScenario.serviceTimeMs;
  const interval = poll ?? given["update-interval"];
  return {
    ...plainScenario,
    pods,
    serviceTimeMs,
    speeds: relative,
    load: given.load ?? plainScenario.load,
    concurrency: given.concurrency ?? plainScenario.concurrency,
    cv2: given.cv2 ?? plainScenario.cv2,
    antagonist: given.antagonist ?? plainScenario.antagonist,
    policy: model ? policyOf(model, given) : (strategy ?? "LeastConnections"),
    pick: given.pick ?? (strategy === "RoundRobin" ? "edf" : plainScenario.pick),
    dispatchers: given.dispatchers ?? (model ? 1 : 10),
    phases: given.phases ?? plainScenario.phases,
    updateInterval: inServices(interval, serviceTimeMs, plainScenario.updateInterval),
    delay: inServices(given.delay, serviceTimeMs, plainScenario.delay),
    missing: given.missing ?? plainScenario.missing,
    horizon: given.horizon ?? plainScenario.horizon,
    warmUp: model === "closedLoop" ? 0.3 : plainScenario.warmUp,
  };
}

/** What the flags ask for. */
export function readConfig(args: readonly string[]): QueueConfig | SpinUpConfig {
  const given = readFlags(flags, args);
  checkPlaces(given);
  const { model, strategy = "LeastConnections", json = false, seed = 1, seeds = 3, connections = 40 } = given;
  if (given.scenario) return { kind: "spinUp", strategy, seed, connections, json };
  const scenario = scenarioOf(given);
  if (model) check(scenario, given);
  else if (scenario.updateInterval === 0) throw new UsageError("--poll: must be above 0");
  return { kind: model ? "run" : "compare", scenario, strategy, seeds, json };
}
