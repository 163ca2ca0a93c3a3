import { defined } from "../../api/defined.ts";
import type { PoolStatus } from "../../api/status.ts";
import { parseTime } from "../../api/time.ts";
import type { DrainingPod, Excluded } from "../planned.ts";
import { freshSample } from "../samples/staleness.ts";
import type { Withheld } from "../scaling/fleet.ts";
import type { Observation, Pod } from "../world.ts";
import type { Candidate, Eligibility } from "./eligible.ts";

/** Consumers may send a pod connections for so long after it has left the lists: until then 0 says nothing. */
export const graceMs = 5_000;

/** Pods that somebody marked with the annotation evenkeel.io/drain. */
export interface DrainedByHand {
  /** Ready or not: none of these is to get traffic. */
  readonly uids: ReadonlySet<string>;
  /** Pods that are marked too and keep their traffic, as no other pod could take it. */
  readonly kept: readonly string[];
}

const nobody: ReadonlySet<string> = new Set();

/**
 * Which marked pods leave the lists. When nobody would be left, those stay that have the traffic now, as status tells,
 * or all, if it tells of none of them: a list is never emptied. Pods that are never read are no help to the read list.
 */
export function drainedByHand(
  { candidates }: Eligibility,
  { pods, status }: Observation,
  unread: ReadonlySet<string> = nobody,
): DrainedByHand {
  const marked = pods.filter(({ pod }) => pod.drainRequested);
  const able = candidates.map(({ pod }) => pod);
  const read = able.filter(({ uid }) => !unread.has(uid));
  const kept = keptOf(read.length > 0 ? read : able, status);
  const staying = new Set(kept);
  return {
    uids: new Set(marked.filter(({ pod }) => !staying.has(pod)).map(({ pod }) => pod.uid)),
    kept: kept.map(({ name }) => name),
  };
}

function keptOf(able: readonly Pod[], { endpoints }: PoolStatus): readonly Pod[] {
  if (!able.every(({ drainRequested }) => drainRequested)) return [];
  const listed = new Set(endpoints?.map(({ pod }) => pod));
  const serving = able.filter(({ name }) => listed.has(name));
  return serving.length > 0 ? serving : able;
}

/** By UID of a pod that is drained, since when; undefined where that was before the first plan. */
export type DrainTimes = ReadonlyMap<string, number | undefined>;

/** Pods that get no new traffic. */
export interface Leaving {
  readonly pods: readonly DrainingPod[];
  readonly times: DrainTimes;
}

const nothing: DrainTimes = new Map();

/** The drained pods, with what they still have; one that turned unready meanwhile as long as that is known. */
export function drainingOf(
  { pods, pool, now, status }: Observation,
  { drained = [] }: Eligibility,
  byHand: DrainedByHand,
  before: { readonly drains?: DrainTimes } | undefined,
): Leaving {
  if (drained.length === 0 && byHand.uids.size === 0) return { pods: [], times: nothing };
  const out = new Set(drained.map(({ uid }) => uid));
  const begun = new Map(status.drain?.pods.map(({ uid }) => [uid, parseTime(status.drain!.time)]));
  const newly = before && now;
  const timeOf = (uid: string): number | undefined =>
    begun.get(uid) ?? (before?.drains?.has(uid) ? before.drains.get(uid) : newly);
  const leaving = pods
    .filter(({ pod: { uid, ready, terminating } }) => (ready ? out.has(uid) : byHand.uids.has(uid) && !terminating))
    .map(({ pod, reading }) => ({ pod, connections: freshSample(reading, pool.spec.metrics, now)?.connections }))
    .filter(({ pod: { ready }, connections }) => ready || connections !== undefined)
    .map(({ pod: { name, uid }, connections }) => ({ name, uid, connections, since: timeOf(uid) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    pods: leaving.map(({ name, connections, since }) => ({
      pod: name,
      ...defined({ connections, since }),
    })),
    times: new Map(leaving.map(({ uid, since }) => [uid, since])),
  };
}

/** The pods that get no traffic though they might, by whose doing, as scaling counts them. */
export const withheldFrom = ({ absences, servings }: Eligibility, { uids }: DrainedByHand): Withheld => ({
  drained: uids,
  unhealthy: new Map([...absences].flatMap(([uid, { isAside, changedAt }]) => (isAside ? [[uid, changedAt]] : []))),
  servings,
});

/** Whom a drain may not leave alone, and who drains. */
interface Draining {
  /** UIDs of pods that are never read. */
  readonly unread?: ReadonlySet<string>;
  /** Names the pool that drains a pod, if it is another. */
  readonly by?: ReadonlyMap<string, string>;
}

/** Takes pods out of every list, unless that would leave a list with none; what they have they keep. */
export function withoutDrained(
  given: Eligibility,
  uids: ReadonlySet<string>,
  { unread = nobody, by }: Draining = {},
): Eligibility {
  if (uids.size === 0) return given;
  const candidates = given.candidates.filter(({ pod }) => !uids.has(pod.uid));
  if (candidates.length === 0 || candidates.length === given.candidates.length) return given;
  const isRead = ({ pod }: Candidate): boolean => !unread.has(pod.uid);
  if (given.candidates.some(isRead) && !candidates.some(isRead)) return given;
  const isOut = ({ uid }: Candidate["pod"]) => uids.has(uid);
  const out = given.candidates.filter(({ pod }) => isOut(pod));
  return {
    ...given,
    candidates,
    members: given.members.map((member) => (member.isIn && isOut(member.pod) ? { ...member, isIn: false } : member)),
    drained: [...(given.drained ?? []), ...out.map(({ pod }) => pod)],
    excluded: [
      ...given.excluded,
      ...out.map(({ pod: { name, uid } }): Excluded => {
        const pool = by?.get(uid);
        return { pod: name, reason: "Draining", ...defined({ pool }) };
      }),
    ],
  };
}
