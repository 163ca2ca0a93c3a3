import type { Drain, LastScale } from "../../src/api/status.ts";
import { toTime } from "../../src/api/time.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { ObservedPod, Pod, Probing, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool } from "./builders.ts";

type Figures = Omit<Sample, "takenAt">;

/** A pod of the workload, as a test has it behave. */
export interface SeriesPod extends Figures {
  readonly name: string;
  /** Of the last sample; 50 ms unless told. */
  readonly ageMs?: number;
  readonly changes?: Partial<Pod>;
  readonly probe?: Probing;
}

const observed = ({ name, ageMs = 50, changes, probe, ...figures }: SeriesPod, now: number): ObservedPod => ({
  pod: pod(name, { createdAt: observedAt - 1_000 * Number(/\d+$/.exec(name)?.[0] ?? 0), ...changes }),
  ...(probe && { probe }),
  reading: {
    failures: 0,
    samples: [0, 1_000, 2_000].map((earlier) => ({ takenAt: now - ageMs - earlier, ...figures })),
  },
});

/**
 * A workload and the operator on it through time, without either: each plan is carried out as the actor and a ReplicaSet
 * would, the statuses, memories and marks of one look being there at the next.
 */
export class ScaleSeries {
  readonly #pool;
  now = observedAt;
  replicas: number;
  /** What is being deleted. */
  terminating: "pool" | "target" | undefined;
  /** Of a StatefulSet with a partition. */
  rollsFrom: number | undefined;
  drain: Drain | undefined;
  lastScale: LastScale | undefined;
  memory: Memory | undefined;
  /** Every scale that was carried out. */
  readonly scales: { readonly atMs: number; readonly from: number; readonly to: number }[] = [];
  readonly costs = new Map<string, number>();

  constructor(scaling: Readonly<Record<string, unknown>>, replicas: number, parts = {}) {
    this.#pool = pool({ scaling: { maxReplicas: 100, ...scaling }, ...parts });
    this.replicas = replicas;
  }

  /** Looks once, `afterMs` later, and does what is planned, except that nobody makes or removes pods. */
  look(afterMs: number, pods: readonly SeriesPod[]): Plan {
    this.now += afterMs;
    const seen = observation({
      now: this.now,
      pool: { ...this.#pool, ...(this.terminating === "pool" && { deletion: { finalizers: [] } }) },
      pods: pods.map((one) => this.#marked(observed(one, this.now))),
      target: {
        uid: "uid-target",
        replicas: this.replicas,
        ...(this.rollsFrom !== undefined && { rollsFrom: this.rollsFrom }),
        ...(this.terminating === "target" && { terminating: true }),
      },
      status: {
        ...(this.drain && { drain: this.drain }),
        ...(this.lastScale && { lastScale: this.lastScale }),
      },
    });
    const { plan: planned, memory } = plan(seen, this.memory);
    this.memory = memory;
    this.drain = planned.drain;
    for (const {
      pod: { name },
      cost,
    } of planned.costs ?? []) {
      if (cost === undefined) this.costs.delete(name);
      else this.costs.set(name, cost);
    }
    const { scale } = planned;
    if (scale.kind === "scale" && scale.act) {
      const { from, to, reason, message, step } = scale;
      this.replicas = to;
      this.lastScale = { time: toTime(this.now), from, to, reason, message, step };
      this.scales.push({ atMs: this.now - observedAt, from, to });
    }
    return planned;
  }

  /** Looks once a second for a while with pods that stay as they are; brings the last plan. */
  wait(ms: number, pods: readonly SeriesPod[]): Plan {
    let planned = this.look(1_000, pods);
    for (let passed = 1_000; passed < ms; passed += 1_000) planned = this.look(1_000, pods);
    return planned;
  }

  #marked(given: ObservedPod): ObservedPod {
    const value = this.costs.get(given.pod.name);
    return value === undefined ? given : { ...given, pod: { ...given.pod, deletionCost: { value, ours: true } } };
  }
}

/** Pods web-1, web-2 … with these connections, 2 percent of load each. */
export const busy = (...connections: readonly number[]): SeriesPod[] =>
  connections.map((count, index) => ({ name: `web-${index + 1}`, connections: count, load: 2 * count }));
