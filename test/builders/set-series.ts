import type { SetInForce } from "../../src/decide/in-force.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation, ObservedPod, Pod, Pool, Probing, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, reading } from "./builders.ts";
import { readings } from "./plan-series.ts";

/** What a pod has, or, where it differs from the others, is. */
export type PodFigures =
  | number
  | (Omit<Sample, "takenAt"> & {
      readonly pod?: Partial<Pod>;
      readonly probe?: Probing;
      readonly isSilent?: boolean;
      readonly isUnread?: boolean;
    });

const observe = (name: string, figures: PodFigures, now: number): ObservedPod => {
  if (typeof figures === "number")
    return { pod: pod(name), reading: reading({ takenAt: now - 50, connections: figures }) };
  const { pod: changes, probe, isSilent, isUnread, ...measured } = figures;
  if (isUnread) return { pod: pod(name, changes) };
  if (isSilent) return { pod: pod(name, changes), reading: { samples: [], failure: "TimedOut", failures: 9 } };
  const sampled = { pod: pod(name, changes), reading: reading({ takenAt: now - 50, ...measured }) };
  return probe ? { ...sampled, probe } : sampled;
};

/** What slices say once a plan is written; each pod has its place in the slice that `sliceOf` names. */
export function written({ members }: Plan, sliceOf: (uid: string) => string = () => "web-1"): SetInForce {
  return {
    ready: new Set(members.filter(({ isIn }) => isIn).map(({ pod: { uid } }) => uid)),
    weights: new Map(),
    sliceOf: new Map(members.map(({ pod: { uid } }) => [uid, sliceOf(uid)])),
  };
}

export interface SetSeries {
  /** Plans as many milliseconds after the first as told, and has the plan written, unless `published` says what is. */
  at(afterMs: number, pods: Readonly<Record<string, PodFigures>>, changes?: Partial<Observation>): Plan;
  /** Forgets all but what the slices say, as an operator does that starts. */
  restart(): void;
  /** What slices say. */
  readonly published: SetInForce | undefined;
  /** What the last plan was made of. */
  readonly seen: Observation | undefined;
  readonly memory: Memory | undefined;
  readonly pool: Pool;
}

/** Plans of one pool that publishes the least busy pods. `parts` go into its spec, `set` into its `publish.readySet`. */
export function createSetSeries(
  set: Readonly<Record<string, unknown>> = {},
  parts: Readonly<Record<string, unknown>> = {},
): SetSeries {
  const planned = pool({
    metrics: readings,
    strategy: { slowStart: "0s" },
    publish: { readySet: { type: "LeastBusy", ...set } },
    ...parts,
  });
  let memory: Memory | undefined;
  let published: SetInForce | undefined;
  let seen: Observation | undefined;
  return {
    pool: planned,
    at(afterMs, pods, changes = {}) {
      const now = observedAt + afterMs;
      const observed = Object.entries(pods).map(([name, figures]) => observe(name, figures, now));
      seen = observation({ now, pool: planned, pods: observed, ...(published && { published }), ...changes });
      const result = plan(seen, memory);
      memory = result.memory;
      published = changes.published ?? written(result.plan);
      return result.plan;
    },
    restart() {
      memory = undefined;
    },
    get published() {
      return published;
    },
    get seen() {
      return seen;
    },
    get memory() {
      return memory;
    },
  };
}

/** Names of the pods that are full for now. */
export const fullIn = ({ endpoints }: Plan): string[] =>
  endpoints.flatMap(({ pod: name, full }) => (full ? [name] : [])).sort();

/** Names of the pods that the slices are to publish as ready. */
export const readyIn = ({ members }: Plan): string[] =>
  members.flatMap(({ pod: { name }, isIn }) => (isIn ? [name] : [])).sort();

/** A look at each second from one time to another, as samples come; the last plan. */
export function follow(
  series: SetSeries,
  fromMs: number,
  toMs: number,
  pods: Readonly<Record<string, PodFigures>>,
  changes: Partial<Observation> = {},
): Plan {
  let last: Plan | undefined;
  for (let afterMs = fromMs; afterMs <= toMs; afterMs += 1_000) last = series.at(afterMs, pods, changes);
  return last!;
}

/** Plans of seconds that follow each other, in each of which the pods have as many connections; undefined: not measured. */
export const plansOf = (series: SetSeries, seconds: readonly (readonly (number | undefined)[])[]): Plan[] =>
  seconds.map((counts, second) =>
    series.at(
      second * 1_000,
      Object.fromEntries(counts.map((count, number) => [`web-${number}`, count ?? { isSilent: true }])),
    ),
  );
