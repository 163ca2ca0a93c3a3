import type { PoolStatus } from "../api/status.ts";
import type { Candidate, Eligibility } from "./eligible.ts";
import type { DrainingPod } from "./planned.ts";
import type { Withheld } from "./scaling/fleet.ts";

/** Pods that somebody marked with the annotation evenkeel.io/drain. */
export interface DrainedByHand {
  readonly uids: ReadonlySet<string>;
  /** Pods that are marked too and keep their traffic, as no other pod could take it. */
  readonly kept: readonly string[];
}

/**
 * Which marked pods leave the lists. When nobody would be left, those stay that have the traffic now, as status tells,
 * or all, if it tells of none of them: a list is never emptied.
 */
export function drainedByHand(candidates: readonly Candidate[], { endpoints }: PoolStatus): DrainedByHand {
  const marked = candidates.filter(({ pod }) => pod.drainRequested).map(({ pod }) => pod);
  if (marked.length < candidates.length) return { uids: new Set(marked.map(({ uid }) => uid)), kept: [] };
  const listed = new Set(endpoints?.map(({ pod }) => pod));
  const serving = marked.filter(({ name }) => listed.has(name));
  const kept = new Set(serving.length > 0 ? serving : marked);
  return {
    uids: new Set(marked.filter((pod) => !kept.has(pod)).map(({ uid }) => uid)),
    kept: [...kept].map(({ name }) => name),
  };
}

/** The drained ones of these pods, with what they still have. */
export const drainingOf = (candidates: readonly Candidate[], { drained = [] }: Eligibility): DrainingPod[] => {
  const uids = new Set(drained.map(({ uid }) => uid));
  return candidates
    .filter(({ pod }) => uids.has(pod.uid))
    .map(({ pod, sample }) => ({
      pod: pod.name,
      ...(sample?.connections !== undefined && { connections: sample.connections }),
    }))
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));
};

/** The ready pods that get no traffic, by whose doing, as scaling counts them. */
export const withheldFrom = ({ health }: Eligibility, { uids }: DrainedByHand): Withheld => ({
  drained: uids,
  unhealthy: new Set(health?.unhealthy.flatMap(({ isAside, pod }) => (isAside ? pod.uid : []))),
});

/** Takes pods out of every list, unless that would leave none; what they have they keep. */
export function withoutDrained(given: Eligibility, uids: ReadonlySet<string>): Eligibility {
  const candidates = given.candidates.filter(({ pod }) => !uids.has(pod.uid));
  if (candidates.length === 0 || candidates.length === given.candidates.length) return given;
  const isOut = ({ uid }: Candidate["pod"]) => uids.has(uid);
  const out = given.candidates.filter(({ pod }) => isOut(pod));
  return {
    ...given,
    candidates,
    members: given.members.map((member) => (member.ready && isOut(member.pod) ? { ...member, ready: false } : member)),
    drained: [...(given.drained ?? []), ...out.map(({ pod }) => pod)],
    excluded: [...given.excluded, ...out.map(({ pod }) => ({ pod: pod.name, reason: "Draining" }))],
  };
}
