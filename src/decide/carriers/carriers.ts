import type { PoolSpec } from "../../api/pool.ts";
import type { CarrierSpec, CarrierType } from "../../api/publish-to.ts";
import type { PoolStatus } from "../../api/status.ts";
import { hash } from "../basics/hash.ts";
import type { Member, PlannedEndpoint } from "../planned.ts";
import { periodAt, untilNext } from "../ready-set/period.ts";
import type { Observation, Pool, Problem } from "../world.ts";
import type { CarrierPlan } from "./planned-carrier.ts";
import { type Carried, type CarrierMemory, stepCarried } from "./step.ts";

/** Pods whose entries are written anew. */
const mostEntries = 1_000;
/** Pods that a pool may have so that each gets a slice of its own; it gets them again below the second number. */
const mostSlices = 250;
const slicesAgain = 200;

export interface PlannedCarriers {
  readonly plans: readonly CarrierPlan[];
  /** By type. */
  readonly memory: ReadonlyMap<CarrierType, CarrierMemory>;
  /** Undefined where nothing waits. */
  readonly lookAgainInMs?: number;
}

const nothing: Carried = { weights: new Map(), isIn: new Set() };

/** What the objects of a type say now. */
function carriedBy(type: CarrierType, { published, istio }: Observation): Carried {
  if (type === "Cilium") return published ? { weights: published.weights, isIn: published.ready } : nothing;
  return istio ? { weights: istio.weights, isIn: new Set(istio.weights.keys()) } : nothing;
}

/**
 * When objects of a type are written: for Cilium each pool's at its own time, for Istio those of all pools at once, as it
 * waits for more after every change, and pushes them together.
 */
const periodOf = ({ uid }: Pool, { type, period: periodMs }: CarrierSpec) => ({
  periodMs,
  offsetMs: type === "Cilium" ? hash(uid, 0) % periodMs : 0,
});

/** Why the pool's weights cannot be written to its slices. */
function refusedSlices(members: readonly Member[], { weights }: Carried): Problem | undefined {
  const most = weights.size > 0 ? mostSlices : slicesAgain;
  if (members.length <= most) return undefined;
  return {
    reason: "TooManyPods",
    message: `Cilium reads a weight from each EndpointSlice, and with more than ${most} pods the Service would have too many of them. Take type Cilium out of spec.publish.to, or split the pool. Until then all pods weigh the same there.`,
  };
}

/** Why its weights cannot be written to its entries. Who has an entry keeps it, and others get one. */
function refusedEntries(endpoints: readonly PlannedEndpoint[], { istio }: Observation): Problem | undefined {
  if (istio?.problem) return istio.problem;
  if (endpoints.length <= mostEntries) return undefined;
  return {
    reason: "TooManyPods",
    message: `Istio reads a weight from a WorkloadEntry for each pod, which are written anew for at most ${mostEntries} pods. Take type Istio out of spec.publish.to, or split the pool. Until then weights stay as they are there.`,
  };
}

/**
 * What is asked for. A spec that is refused says nothing of what is to end: what objects carry, they go on carrying.
 */
function asked({ pool, specProblem, published }: Observation): readonly CarrierSpec[] {
  const { to } = pool.spec.publish;
  const isCarrying = specProblem !== undefined && published !== undefined && published.weights.size > 0;
  if (!isCarrying || to.some(({ type }) => type === "Cilium")) return to;
  return [...to, { type: "Cilium", period: 10_000 }];
}

/** Whether a pool asks for Istio's entries, or has some left, by its spec, as far as that can be read, and its status. */
export const asksForEntries = (spec: PoolSpec | undefined, { publishedTo = [] }: PoolStatus): boolean =>
  publishedTo.includes("Istio") || (spec?.publish.to ?? []).some(({ type }) => type === "Istio");

/** What others' objects are to say of the pool; undefined where none carries its weights. */
export function planCarriers(
  observation: Observation,
  before: ReadonlyMap<CarrierType, CarrierMemory> | undefined,
  endpoints: readonly PlannedEndpoint[],
  members: readonly Member[],
): PlannedCarriers | undefined {
  const wanted = asked(observation);
  if (wanted.length === 0) return undefined;
  const { now, pool } = observation;
  const memory = new Map<CarrierType, CarrierMemory>();
  const plans = wanted.map((carrier): CarrierPlan => {
    const { type } = carrier;
    const moment = { now, ...periodOf(pool, carrier) };
    const carried = carriedBy(type, observation);
    const timing = { type, periodMs: moment.periodMs, nextAt: now + untilNext(moment) };
    const refusal = type === "Cilium" ? refusedSlices(members, carried) : refusedEntries(endpoints, observation);
    // Pods come and go all the same, where it is known who is there.
    const held = type === "Istio" && !observation.istio?.problem && { weights: carried.weights };
    if (refusal) return { ...timing, ...held, waiting: 0, within: 0, refusal };
    const { memory: left, ...step } = stepCarried(endpoints, carried, before?.get(type), periodAt(moment));
    memory.set(type, left);
    return { ...timing, ...step };
  });
  const waits = plans.filter(({ waiting }) => waiting > 0).map(({ nextAt }) => nextAt - now);
  return { plans, memory, ...(waits.length > 0 && { lookAgainInMs: Math.min(...waits) }) };
}
