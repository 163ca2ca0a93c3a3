import { UsageError } from "../../../cli/flags/flag.ts";
import {
  type ConnectionPolicy,
  type ConnectionScenario,
  connectionPolicies,
  plainConnections,
  readySetFloors,
} from "../../sim/connections/scenario.ts";
import { choose } from "./flags.ts";
import { type Given, podsOf } from "./given.ts";

/** Runs of pods that hold connections. */
export interface ConnectionsConfig {
  readonly kind: "connections";
  readonly scenario: ConnectionScenario;
  readonly seeds: number;
  readonly json: boolean;
}

/** More samples than that take hours. */
const mostSamples = 1e8;
const seedsOf = { steady: 3, crowd: 50, join: 5 } as const;

function policyOf({ policy }: Given): ConnectionPolicy {
  const known: readonly string[] = connectionPolicies;
  if (policy === undefined || !known.includes(policy))
    throw new UsageError(`--policy: with --model connections it ${choose(known)}`);
  return policy as ConnectionPolicy;
}

/** The pods and connections that flags tell of, whoever is published. */
export function scenarioOfConnections(given: Given): ConnectionScenario {
  const { hold, period, connections, delay, floor, missing, alternate } = given;
  const { "rebalance-percent": rebalance = 0 } = given;
  const usual = plainConnections;
  return {
    ...usual,
    pods: podsOf(given),
    connections: connections ?? usual.connections,
    speeds: given.speeds,
    hold: hold ?? usual.hold,
    period: period ?? usual.period,
    delay: delay === undefined ? usual.delay : "ms" in delay ? delay.ms / 1_000 : delay.services,
    floor: floor === undefined ? usual.floor : readySetFloors[floor === "Half" ? "half" : "twoThirds"],
    missing: missing ?? usual.missing,
    alternate: alternate ?? usual.alternate,
    crowd: given.crowd,
    join: given.join,
    rebalance: rebalance / 100,
  };
}

/** What the flags ask for with `--model connections`. */
export function readConnections(given: Given): ConnectionsConfig {
  const { crowd, join } = given;
  const json = given.output === "json";
  if (crowd !== undefined && join !== undefined) throw new UsageError("--crowd and --join exclude each other");
  const scenario = { ...scenarioOfConnections(given), policy: policyOf(given) };
  if ((200 * scenario.hold) / Math.min(1, scenario.period / 10) > mostSamples)
    throw new UsageError("--hold: is too long");
  const seeds = given.seeds ?? seedsOf[crowd !== undefined ? "crowd" : join !== undefined ? "join" : "steady"];
  return { kind: "connections", scenario, seeds, json };
}
