import fc from "fast-check";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation, ObservedPod, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, reading, unmeasured } from "../support/builders.ts";

/** What a pod did in an interval; absent pods are not there, silent ones were not measured. */
type Turn =
  | "absent"
  | "silent"
  | { readonly connections: number; readonly load: number; readonly done: number; readonly ms: number };

const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      connections: fc.nat(60),
      load: fc.nat(120),
      done: fc.nat(400),
      ms: fc.integer({ min: 1, max: 500 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant("absent" as const) },
  { weight: 1, arbitrary: fc.constant("silent" as const) },
);

/** A pool's life of a few seconds. */
export interface History {
  readonly type: StrategyType;
  /** What pods tell besides. */
  readonly tells: { readonly connections: boolean; readonly requests: boolean; readonly response: boolean };
  readonly turns: readonly (readonly Turn[])[];
  /** Of the samples, milliseconds. */
  readonly ageMs: number;
  readonly readyForMs: readonly number[];
}

/** How many pods there are at most. */
export const pods = 5;

export const anyHistory: fc.Arbitrary<History> = fc.record({
  type: fc.constantFrom(...strategyTypes),
  tells: fc.record({ connections: fc.boolean(), requests: fc.boolean(), response: fc.boolean() }),
  turns: fc.array(fc.array(anyTurn, { minLength: pods, maxLength: pods }), { minLength: 1, maxLength: 8 }),
  ageMs: fc.constantFrom(20, 800, 2_600),
  readyForMs: fc.array(fc.constantFrom(2_000, 15_000, 3_600_000), { minLength: pods, maxLength: pods }),
});

export interface Pass {
  readonly seen: Observation;
  readonly made: Plan;
}

/** The passes of a pool, a second apart. */
export function passesOf({ type, tells, turns, ageMs, readyForMs }: History): Pass[] {
  const source = {
    connections: { name: "open" },
    load: { name: "load" },
    responseTime: { name: "seconds" },
    ...(tells.requests && { requests: { name: "done" } }),
  };
  const planned = pool({ strategy: { type }, metrics: { source: { http: source } }, scaling: { maxReplicas: 9 } });
  const counters = Array.from({ length: pods }, () => 0);
  let memory: Memory | undefined;
  return turns.map((turn, index) => {
    const now = observedAt + index * 1_000;
    const observed = turn.flatMap((did, number): ObservedPod[] => {
      if (did === "absent") return [];
      const name = `web-${number}`;
      const state = { readyChangedAt: observedAt - readyForMs[number]! };
      if (did === "silent") return [unmeasured(name, state)];
      counters[number]! += did.done;
      const sample: Sample = {
        takenAt: now - ageMs,
        load: did.load,
        ...(tells.connections && { connections: did.connections }),
        ...(tells.requests && { requests: counters[number]! }),
        ...(tells.response && { responseMs: did.ms, errorShare: did.ms > 400 ? 0.4 : 0 }),
      };
      return [{ pod: pod(name, state), reading: reading(sample) }];
    });
    const seen = observation({ now, pool: planned, pods: observed, ...(memory && { memory }) });
    const made = plan(seen);
    memory = made.memory;
    return { seen, made };
  });
}
