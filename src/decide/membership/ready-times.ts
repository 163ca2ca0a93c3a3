import { defined } from "../../api/defined.ts";
import type { Observation, ObservedPod, Pod } from "../world.ts";

/** A time that the cluster told, and what it is by our clock, Unix milliseconds. */
interface ReadyTime {
  readonly told: number;
  readonly at: number;
  readonly seenAt: number;
}

/** By pod UID. */
export type ReadyTimes = ReadonlyMap<string, ReadyTime>;

const none: ReadyTimes = new Map();

/** By the same clock the pod was started. */
function atTime({ pod, ...rest }: ObservedPod, { told, at }: ReadyTime): ObservedPod {
  const startedAt = pod.startedAt === undefined ? undefined : pod.startedAt - (told - at);
  return { ...rest, pod: { ...pod, readyChangedAt: at, ...defined({ startedAt }) } };
}

/**
 * The observation with none of its pods ready, or not ready, since a time that is still to come. Where a node's clock is
 * ahead, a pod is what it is since that was first seen; where ours was set back, for as long as it was before. Else its
 * slow start would not end, nor another be started in its place, before our clock has caught up.
 */
export function settleReadyTimes(
  observation: Observation,
  memory: { readonly readyTimes?: ReadyTimes; readonly weights: { readonly computedAt: number } } | undefined,
): {
  readonly observation: Observation;
  /** For the next plan. */
  readonly readyTimes: ReadyTimes;
} {
  const { pods, now } = observation;
  const before = memory?.readyTimes ?? none;
  const computedAt = memory?.weights.computedAt ?? now;
  const settle = ({ uid, readyChangedAt: told }: Pod): ReadyTime | undefined => {
    const known = before.get(uid);
    if (told === undefined) return undefined;
    if (known?.told === told) return { told, at: known.at - Math.max(0, known.seenAt - now), seenAt: now };
    if (told <= now) return undefined;
    return { told, at: told <= computedAt ? told - (computedAt - now) : now, seenAt: now };
  };
  const readyTimes = new Map<string, ReadyTime>();
  for (const { pod } of pods) {
    const time = settle(pod);
    if (time) readyTimes.set(pod.uid, time);
  }
  if (readyTimes.size === 0) return { observation, readyTimes };
  const settled = pods.map((observed) => {
    const time = readyTimes.get(observed.pod.uid);
    return time ? atTime(observed, time) : observed;
  });
  return { observation: { ...observation, pods: settled }, readyTimes };
}
