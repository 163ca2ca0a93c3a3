import { defined } from "../../api/defined.ts";
import { ByPod, columnOf, Roster, rosterOf } from "../basics/by-pod.ts";
import { factsOf } from "../sources/sources.ts";
import type { Observation, Pod, Pool, Sample } from "../world.ts";

/** When a pod takes traffic: while it is ready and not set aside for its health. Unix milliseconds. */
export interface Serving {
  /** When it last began; absent for a pod that has not been seen to serve. */
  readonly since?: number;
  /** When that was seen to have ended; absent while it goes on. */
  readonly until?: number;
  /** When it first served since its containers were last started. */
  readonly begunAt?: number;
  /** Of the pod as it was then: another value is another period, or another start. */
  readonly readyChangedAt?: number | undefined;
  readonly restarts: number;
  /** Another time was told since it last began, and nobody saw it end: once that is believed, and not again. */
  readonly isRetold?: boolean;
}

/** By pod UID, in the order of the observation. */
export type Servings = ByPod<Serving>;

const none: Servings = new ByPod(new Roster([]), []);

/** The API tells whole seconds, by the clock of the pod's node: a moment that is too early, or still to come. */
const toldSince = ({ readyChangedAt, restartedAt = 0 }: Pod, now: number): number =>
  Math.min(now, Math.max(readyChangedAt ?? now, restartedAt) + 1_000);

/** What was seen to begin began then; of what had begun before, only the API tells. */
function followServing(known: Serving | undefined, pod: Pod, now: number): Serving {
  const { readyChangedAt, restarts = 0 } = pod;
  const told = toldSince(pod, now);
  const isSeen = known !== undefined && (known.since === undefined || known.until !== undefined);
  const isRestarted = known !== undefined && restarts > known.restarts;
  const isSame = known?.readyChangedAt === readyChangedAt;
  if (known && !isSeen && !isRestarted && (isSame || known.isRetold)) return known;
  // Of containers that were started again while the pod seemed to serve, only the news of it tells when.
  const since = isSeen || isRestarted ? now : Math.min(now, Math.max(known?.since ?? told, told));
  const before = known?.restarts === restarts ? known.begunAt : undefined;
  const isRetold = known !== undefined && !isSeen && !isRestarted;
  const begunAt = Math.min(before ?? since, since);
  return { since, begunAt, readyChangedAt, restarts, ...(isRetold && { isRetold }) };
}

/** A pod that is set aside when it is first seen did serve before. */
function followAbsence(known: Serving | undefined, pod: Pod, now: number): Serving {
  const { ready, readyChangedAt, restarts = 0 } = pod;
  const begunAt = known?.restarts === restarts ? known.begunAt : undefined;
  const first = known === undefined && ready ? toldSince(pod, now) : begunAt;
  // What a pod told between its fall and the news of it is told by one that is out.
  const ended = ready ? now : Math.min(now, readyChangedAt ?? now);
  return {
    ...(known?.since !== undefined && { since: known.since, until: known.until ?? ended }),
    ...defined({ begunAt: first }),
    readyChangedAt,
    restarts,
  };
}

/** The same times by a clock that has been set back to now. */
function setBack({ since, until, begunAt, ...rest }: Serving, byMs: number, now: number): Serving {
  const back = (at: number): number => Math.min(now, at - byMs);
  return {
    ...rest,
    ...(since !== undefined && { since: back(since) }),
    ...(until !== undefined && { until: back(until) }),
    ...(begunAt !== undefined && { begunAt: back(begunAt) }),
  };
}

/** When the pods serve, as of now; `aside` are the UIDs of those that health has set aside. */
export function noteServings(
  { pods, now }: Pick<Observation, "pods" | "now">,
  aside: { has(uid: string): boolean },
  memory?: { readonly servings?: Servings; readonly weights: { readonly computedAt: number } },
): Servings {
  const servings = memory?.servings ?? none;
  const computedAt = memory?.weights.computedAt ?? now;
  const roster = rosterOf(pods, servings);
  const before = columnOf(servings, roster);
  const recall = (known: Serving | undefined): Serving | undefined => {
    const isAhead = computedAt > now || (known?.until ?? known?.since ?? now) > now;
    return known && isAhead ? setBack(known, Math.max(0, computedAt - now), now) : known;
  };
  return new ByPod(
    roster,
    pods.map(({ pod }, place) => {
      const follow = pod.ready && !aside.has(pod.uid) ? followServing : followAbsence;
      return follow(recall(before[place]), pod, now);
    }),
  );
}

/** Whether a pod served already when a sample was taken: what it did before was for nobody. */
export const wasServing = (servings: Servings, uid: string, { takenAt }: Sample): boolean =>
  takenAt >= (servings.get(uid)?.since ?? Number.NEGATIVE_INFINITY);

/** When what a sample tells began: a rate at the question before, however long the answers took. */
const beganAt = ({ takenAt, windowMs, counter }: Sample, { spec: { metrics } }: Pool): number =>
  (counter?.at ?? takenAt) - (windowMs ?? factsOf(metrics).windowMs);

/** Between the creations of a pool and of a workload that come in one go. */
const togetherMs = 2_000;

/**
 * Whether the pool found the pod when it came: it takes a workload as it is. What comes later comes beside pods that
 * serve, or in their place.
 */
const isFound = ({ createdAt, restarts = 0 }: Pod, pool: Pool): boolean =>
  restarts === 0 && createdAt <= pool.createdAt + togetherMs;

/**
 * Whether a sample tells the load of a pod that serves. Not so one that was measured before it did, even in part: what
 * it costs to start, or why it was out, is no load. Nor one of a pod that has just been started, for `scaling.warmUp`.
 */
export function isCounted(
  sample: Sample,
  pod: Pod,
  { since, until = Number.POSITIVE_INFINITY, begunAt }: Serving,
  pool: Pool,
): boolean {
  if (since === undefined || begunAt === undefined) return false;
  const warmUp = isFound(pod, pool) ? 0 : (pool.spec.scaling?.warmUp ?? 0);
  return beganAt(sample, pool) >= Math.max(since, begunAt + warmUp) && sample.takenAt <= until;
}
