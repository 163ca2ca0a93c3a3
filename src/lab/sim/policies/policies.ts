import { type StrategyType, strategyTypes } from "../../../api/pool.ts";
import { createEdfPicker } from "../pick-edf.ts";
import { createRandomPicker } from "../pick-random.ts";
import type { Picker, Policy, Setting, WeightRule } from "../policy.ts";
import type { PolicyName, Scenario } from "../scenario.ts";
import { capacity, capacityLI } from "./estimated.ts";
import { averageInverse, inverseResponse, loadIntegrator } from "./feedback.ts";
import {
  createAggressiveLI,
  createChoices,
  createOwnDispatches,
  createRoundRobin,
  createStrict,
} from "./from-queues.ts";
import { createOperator } from "./operator.ts";
import { basicLI, followWeights, inverse, oracleOptimum, oracleProportional, uniform } from "./weights.ts";

type Entry =
  | { readonly kind: "weights"; readonly create: (setting: Setting) => WeightRule; readonly blind?: boolean }
  | { readonly kind: "direct"; readonly create: (setting: Setting) => Policy; readonly blind?: boolean };

/** Blind policies look at no reading, or at the truth of the moment when there is no interval. */
const entries: Record<Exclude<PolicyName, StrategyType | `choices${number}`>, Entry> = {
  random: { kind: "weights", create: uniform, blind: true },
  roundRobin: { kind: "direct", create: createRoundRobin, blind: true },
  inverse: { kind: "weights", create: inverse },
  basicLI: { kind: "weights", create: basicLI },
  aggressiveLI: { kind: "direct", create: createAggressiveLI },
  strict: { kind: "direct", create: createStrict, blind: true },
  ownDispatches: { kind: "direct", create: createOwnDispatches },
  uniform: { kind: "weights", create: uniform, blind: true },
  capacity: { kind: "weights", create: capacity },
  capacityLI: { kind: "weights", create: capacityLI },
  oracleProportional: { kind: "weights", create: oracleProportional },
  oracleOptimum: { kind: "weights", create: oracleOptimum },
  loadIntegrator: { kind: "weights", create: loadIntegrator },
  averageInverse: { kind: "weights", create: averageInverse },
  inverseResponse: { kind: "weights", create: inverseResponse },
};

const isStrategy = (name: PolicyName): name is StrategyType => (strategyTypes as readonly string[]).includes(name);

function entryOf(name: Exclude<PolicyName, StrategyType>): Entry {
  const choices = /^choices(\d+)$/.exec(name)?.[1];
  if (choices === undefined) return entries[name as keyof typeof entries];
  return { kind: "direct", create: (setting) => createChoices(Number(choices), setting), blind: true };
}

/** Whether it publishes weights, which can be followed at random or by earliest deadline. */
export const publishesWeights = (name: PolicyName): boolean => isStrategy(name) || entryOf(name).kind === "weights";

/** Whether it can do without readings. */
export const isBlind = (name: PolicyName): boolean => !isStrategy(name) && entryOf(name).blind === true;

export function createPolicy({ policy, pick, dispatchers, phases, pods }: Scenario, setting: Setting): Policy {
  const { random } = setting;
  const createPicker = (): Picker =>
    pick === "edf"
      ? createEdfPicker({ pods, schedulers: dispatchers, phases, random })
      : createRandomPicker(pods, random);
  if (isStrategy(policy)) return createOperator(policy, createPicker(), setting);
  const entry = entryOf(policy);
  return entry.kind === "direct" ? entry.create(setting) : followWeights(entry.create(setting), createPicker(), pods);
}
