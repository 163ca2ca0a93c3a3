import { defined } from "../../api/defined.ts";
import type { PoolSpec } from "../../api/pool.ts";
import { hash } from "../basics/hash.ts";
import type { Candidate, Eligibility } from "../membership/eligible.ts";
import type { Coverage } from "../planned.ts";
import { tooFewFresh } from "../samples/coverage.ts";
import { betweenSamplesMs } from "../samples/staleness.ts";
import type { Learned } from "../weights/compute.ts";
import type { Observation, Pod } from "../world.ts";
import type { CapacityTally } from "./capacity.ts";
import { periodAt, periodOf } from "./period.ts";
import { planReadySet, type ReadySetPlan, type SetCause, type UnwrittenChange } from "./planned-set.ts";
import { capacitiesOf, sourceText, tallyCapacities } from "./pool-capacities.ts";
import { type SetMemory, type SetMoment, type SetPod, stepReadySet, untilLook } from "./ready-set.ts";

interface SetChange {
  readonly cause: SetCause;
  /** Unix milliseconds. */
  readonly at: number;
  /** UIDs of the pods that were out before. */
  readonly wereFull: ReadonlySet<string>;
}

/** What is kept of a pool's ready set from one plan to the next. */
export interface ReadySetMemory {
  /** Where the figures come from, as text: those of another source teach something else. */
  readonly source: string;
  readonly set: SetMemory;
  /** By UID; empty where no load is read. */
  readonly tallies: ReadonlyMap<string, CapacityTally>;
  /** The last change of the set; absent: there was none. */
  readonly change?: SetChange;
  readonly atFloorSince?: number;
}

/** The set of a plan, and what it leaves for the next one. */
export interface PooledSet {
  readonly plan: ReadySetPlan;
  readonly memory: ReadySetMemory;
  /** What each candidate can carry, in their order; the mean is 1. */
  readonly capacities: readonly number[];
  /** When the set last put a pod in or out, by UID, of the pods that are out now or were before. Unix milliseconds. */
  readonly changedAt: ReadonlyMap<string, number>;
  readonly lookAgainInMs: number;
}

interface Known {
  readonly coverage: Coverage;
  /** Whether most pods were asked at least once. */
  readonly hasAsked: boolean;
  readonly learned: Learned;
}

const ofReady = {
  TwoThirds: (ready: number) => Math.ceil((2 * ready) / 3),
  Half: (ready: number) => Math.ceil(ready / 2),
} as const;

/**
 * So many are published at least, of all ready pods: those that health or a drain has set aside count here, as what is left
 * has to carry their part as well.
 */
function floorOf(
  { candidates, drained = [], health: probes }: Eligibility,
  { publish: { readySet }, health }: PoolSpec,
): number {
  const aside = probes?.unhealthy.filter(({ isAside }) => isAside).length ?? 0;
  const ready = candidates.length + drained.length + aside;
  const available = ready - Math.floor((ready * (100 - health.minimumAvailablePercent)) / 100);
  return Math.min(candidates.length, Math.max(ofReady[readySet.floor](ready), available));
}

/** Too little is known of the pods to leave any of them out. */
const isBlind = (candidates: readonly Candidate[], coverage: Coverage): boolean =>
  coverage.expected === 0 ||
  tooFewFresh({ ...coverage, fresh: candidates.filter(({ sample }) => sample?.connections !== undefined).length });

function groupsOf({ node, zone }: Pod, { keepsOne = [] }: Observation): Pick<SetPod, "groups"> {
  if (keepsOne.length === 0) return {};
  const places = { node, zone };
  return { groups: keepsOne.flatMap((one) => (places[one] === undefined ? [] : `${one} ${places[one]}`)) };
}

function toSetPods(
  candidates: readonly Candidate[],
  capacities: readonly number[],
  observation: Observation,
  period: number,
): SetPod[] {
  const { pool, published } = observation;
  const seed = hash(pool.uid, period);
  return candidates.map(({ pod, sample }, place) => {
    const slice = published?.sliceOf.get(pod.uid);
    return {
      uid: pod.uid,
      capacity: capacities[place]!,
      // A pod that no slice has yet comes in.
      isIn: slice === undefined || published!.ready.has(pod.uid),
      lot: hash(pod.uid, seed),
      ...defined({ slice }),
      ...(sample?.connections !== undefined && { connections: sample.connections, sampledAt: sample.takenAt }),
      ...groupsOf(pod, observation),
    };
  });
}

/** Why this step changed the set; undefined if it did not. */
function causeOf(
  wereFull: ReadonlySet<string>,
  before: SetMemory | undefined,
  after: SetMemory,
  pods: readonly SetPod[],
): SetCause | undefined {
  const isSame = pods.every(({ uid }) => wereFull.has(uid) === after.full.has(uid));
  if (isSame || after.state === "inherited") return undefined;
  if (after.state === "braked") return "brake";
  if (after.state !== "chosen") return "blind";
  return before?.at === after.at ? "floor" : "balance";
}

/** What slices do not say yet: pods that they publish and that are to be full, and those that were and that they leave out. */
function unwrittenOf(
  full: ReadonlySet<string>,
  { cause, wereFull }: SetChange,
  pods: readonly SetPod[],
  { published }: Observation,
): UnwrittenChange | undefined {
  const uids = new Set<string>();
  for (const { uid, slice } of pods) {
    if (slice === undefined) continue;
    const isReady = published!.ready.has(uid);
    if (full.has(uid) ? isReady : !isReady && wereFull.has(uid)) uids.add(uid);
  }
  return uids.size > 0 ? { cause, uids } : undefined;
}

/**
 * The ready set of a pool that balances by it; undefined where everybody is published, or nobody may get traffic. The set in
 * force is what the pool's slices say.
 */
export function poolSet(
  observation: Observation,
  last: ReadySetMemory | undefined,
  eligibility: Eligibility,
  known: Known,
): PooledSet | undefined {
  const { now, pool } = observation;
  const { candidates } = eligibility;
  const { publish, metrics, rebalance } = pool.spec;
  if (publish.readySet.type === "All" || !metrics || candidates.length === 0) return undefined;
  const source = sourceText(pool);
  const before = last?.source === source ? last : undefined;
  const moment: SetMoment = {
    now,
    ...periodOf(pool),
    intervalMs: betweenSamplesMs(metrics),
    floor: floorOf(eligibility, pool.spec),
    ...defined({ maxPercent: rebalance?.maxPercent }),
    isAwaited: !known.hasAsked,
    isBlind: isBlind(candidates, known.coverage),
  };
  const period = periodAt(moment);
  const isNewPeriod = before?.set.period !== period;
  const tallies = isNewPeriod ? tallyCapacities(before?.tallies, candidates, observation) : before.tallies;
  const capacities = capacitiesOf(candidates, tallies, known.learned, observation);
  const pods = toSetPods(candidates, capacities, observation, period);
  const stepped = stepReadySet(before?.set, pods, moment);
  const wereFull = last?.set.full ?? new Set(pods.flatMap(({ uid, isIn }) => (isIn ? [] : [uid])));
  const cause = causeOf(wereFull, before?.set, stepped.memory, pods);
  const change = cause ? { cause, at: now, wereFull } : before?.change;
  const told = planReadySet(pods, stepped, moment);
  const isAtFloor = told.state === "chosen" && told.size <= told.floor && told.size < told.able;
  const atFloorSince = isAtFloor ? Math.min(now, before?.atFloorSince ?? now) : undefined;
  const unwritten = change && unwrittenOf(stepped.memory.full, change, pods, observation);
  return {
    plan: { ...told, ...defined({ unwritten, atFloorSince }) },
    memory: {
      source,
      set: stepped.memory,
      tallies,
      ...defined({ change, atFloorSince }),
    },
    capacities,
    changedAt: new Map(change && [...change.wereFull, ...stepped.memory.full].map((uid) => [uid, change.at])),
    lookAgainInMs: untilLook(stepped.memory, moment),
  };
}
