import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation, ObservedPod, Pod, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, reading } from "./builders.ts";

/** Metrics of a pool whose pods tell all that a source can read. */
export const readings = {
  source: {
    http: {
      connections: { name: "open" },
      load: { name: "load" },
      requests: { name: "served" },
      responseTime: { name: "latency" },
    },
  },
};

type Figures = Omit<Sample, "takenAt">;

/** How long before a plan its samples were taken. */
const sampleAgeMs = 50;

/** A plan with the memory that it has left. */
export type RememberedPlan = Plan & { readonly memory: Memory };

/** Plans so many milliseconds after `observedAt`. */
export type PlanNext = (
  afterMs: number,
  pods: readonly ObservedPod[],
  changes?: Partial<Observation>,
) => RememberedPlan;

/** Plans of one pool, each with the memory that the one before has left. `parts` go into its spec. */
export function createPlanSeries(parts: Readonly<Record<string, unknown>> = {}): PlanNext {
  const planned = pool(parts);
  let memory: Memory | undefined;
  return (afterMs, pods, changes = {}) => {
    const seen = { now: observedAt + afterMs, pool: planned, pods, ...changes };
    const result = plan(observation(seen), memory);
    memory = result.memory;
    return { ...result.plan, memory };
  };
}

/** A pod with a sample taken just before `afterMs`. */
export const sampledAt = (
  afterMs: number,
  name: string,
  figures: Figures,
  changes: Partial<Pod> = {},
): ObservedPod => ({
  pod: pod(name, changes),
  reading: reading({ takenAt: observedAt + afterMs - sampleAgeMs, ...figures }),
});

/** Pods web-0, web-1 … with these connections, sampled just before `afterMs`. */
export const connectedAt = (afterMs: number, ...connections: readonly number[]): ObservedPod[] =>
  connections.map((count, index) => sampledAt(afterMs, `web-${index}`, { connections: count }));

/** Weights as published, by the pods' names. */
export const weightsOf = ({ endpoints }: Plan): Readonly<Record<string, number>> =>
  Object.fromEntries(endpoints.map(({ pod: name, weight }) => [name, weight]));
