import type { CarrierSpec, CarrierType } from "../../api/publish-to.ts";
import { hash } from "../basics/hash.ts";
import type { Member, PlannedEndpoint } from "../planned.ts";
import { periodAt, untilNext } from "../ready-set/period.ts";
import type { Observation, Pool, Problem } from "../world.ts";
import type { CarrierPlan } from "./planned-carrier.ts";
import { type Carried, type CarrierMemory, stepCarried } from "./step.ts";

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
function carriedBy(type: CarrierType, { published }: Observation): Carried {
  if (type === "Cilium") return published ? { weights: published.weights, isIn: published.ready } : nothing;
  return nothing;
}

/** Period when objects of a type are written. */
const periodOf = ({ uid }: Pool, { period: periodMs }: Pick<CarrierSpec, "period">) => ({
  periodMs,
  offsetMs: hash(uid, 0) % periodMs,
});

/** Why the pool's weights cannot be written to the objects of a type. */
function refusalOf(type: CarrierType, members: readonly Member[], { weights }: Carried): Problem | undefined {
  const most = weights.size > 0 ? mostSlices : slicesAgain;
  if (type !== "Cilium" || members.length <= most) return undefined;
  return {
    reason: "TooManyPods",
    message: `Cilium reads a weight from each EndpointSlice, and with more than ${most} pods the Service would have too many of them. Take type Cilium out of spec.publish.to, or split the pool. Until then all pods weigh the same there.`,
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
    const refusal = refusalOf(type, members, carried);
    if (refusal) return { ...timing, waiting: 0, within: 0, refusal };
    const { memory: left, ...step } = stepCarried(endpoints, carried, before?.get(type), periodAt(moment));
    memory.set(type, left);
    return { ...timing, ...step };
  });
  const waits = plans.filter(({ waiting }) => waiting > 0).map(({ nextAt }) => nextAt - now);
  return { plans, memory, ...(waits.length > 0 && { lookAgainInMs: Math.min(...waits) }) };
}
