import type { StrategyType } from "../../../api/pool.ts";
import { UsageError } from "../../../cli/flags/flag.ts";
import { readFlags } from "../../../cli/flags/read-flags.ts";
import type { ConnectionScenario } from "../../sim/connections/scenario.ts";
import { isBlind, publishesWeights } from "../../sim/policies/policies.ts";
import { type PolicyName, plainScenario, type Scenario } from "../../sim/scenario.ts";
import type { SpinUpOptions } from "../../sim/spin-up.ts";
import { choose, flags, policies, type Time } from "./flags.ts";
import { type Given, podsOf } from "./given.ts";
import { type ConnectionsConfig, readConnections, scenarioOfConnections } from "./read-connections.ts";

/** A run of one scenario, or what somebody wants to know about a pool. */
export interface QueueConfig {
  readonly kind: "run" | "compare";
  /** Of a comparison: also its strategy is to be taken from here. */
  readonly scenario: Scenario;
  readonly strategy: StrategyType;
  readonly seeds: number;
  readonly json: boolean;
  /** Of a comparison: its connections, where it is said how long they live. */
  readonly held?: ConnectionScenario;
}

/** Servers that start one by one. */
export interface SpinUpConfig extends SpinUpOptions {
  readonly kind: "spinUp";
  readonly json: boolean;
}

type Name = keyof typeof flags;

const forSpinUp: readonly Name[] = ["scenario", "strategy", "seed", "connections", "output"];
const onlyForSpinUp: readonly Name[] = ["seed"];
const onlyForModels: readonly Name[] = ["policy", "pick"];
const forConnections: readonly Name[] = [
  ...([
    "model",
    "policy",
    "pods",
    "connections",
    "speeds",
    "hold",
    "period",
    "delay",
    "floor",
    "crowd",
    "join",
  ] as const),
  ...(["rebalance-percent", "alternate", "missing", "seeds", "output"] as const),
];
const onlyForConnections: readonly Name[] = ["crowd", "join", "rebalance-percent", "alternate"];
/** What says of which kind the connections of one's own pool are. */
const ofOwnConnections: readonly Name[] = ["hold", "connections", "period", "floor"];

/** Where a flag has no meaning it is refused: whoever gave it expects that it does something. */
function checkPlaces(given: Given): void {
  const names = (Object.keys(given) as Name[]).filter((name) => given[name] !== undefined);
  const { model, scenario } = given;
  if (scenario && model) throw new UsageError("--scenario and --model exclude each other");
  for (const name of names) {
    if (model === "connections" ? !forConnections.includes(name) : model && ofOwnConnections.includes(name))
      throw new UsageError(`--${name}: has no meaning with --model ${model}`);
    if (model !== "connections" && !scenario && onlyForConnections.includes(name))
      throw new UsageError(`--${name}: needs --model connections`);
    if (!model && !scenario && name !== "hold" && ofOwnConnections.includes(name) && given.hold === undefined)
      throw new UsageError(
        `--${name}: needs --hold, --model connections${name === "connections" ? " or --scenario spin-up" : ""}`,
      );
    if (given.scenario && !forSpinUp.includes(name))
      throw new UsageError(`--${name}: has no meaning with --scenario ${given.scenario}`);
    if (!given.scenario && onlyForSpinUp.includes(name))
      throw new UsageError(`--${name}: needs --scenario spin-up; for runs, see --seeds`);
    if (!given.scenario && !given.model && onlyForModels.includes(name))
      throw new UsageError(
        `--${name}: needs --model periodic${name === "policy" ? ", closedLoop or connections" : " or closedLoop"}`,
      );
  }
}

function policyOf(model: "periodic" | "closedLoop", { policy, strategy }: Given): PolicyName {
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
  return policy as PolicyName;
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
  const { strategy, speeds: relative, poll } = given;
  const model = given.model === "connections" ? undefined : given.model;
  const pods = podsOf(given);
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
export function readConfig(args: readonly string[]): QueueConfig | SpinUpConfig | ConnectionsConfig {
  const given = readFlags(flags, args);
  checkPlaces(given);
  const { model, strategy = "LeastConnections", seed = 1, seeds = 3 } = given;
  const json = given.output === "json";
  if (given.scenario) return { kind: "spinUp", strategy, seed, connections: given.connections ?? 40, json };
  if (model === "connections") return readConnections(given);
  const scenario = scenarioOf(given);
  if (model) check(scenario, given);
  else if (scenario.updateInterval === 0) throw new UsageError("--poll: must be above 0");
  const connections = model || given.hold === undefined ? {} : { held: scenarioOfConnections(given) };
  return { kind: model ? "run" : "compare", scenario, strategy, seeds, json, ...connections };
}
