import type { Member, Writer } from "../planned.ts";
import type { Observation, ObservedPod, Pod, Pool } from "../world.ts";
import { isProbed } from "./probing.ts";
import { matchLabels, selects } from "./selector.ts";

/** UID of the one pod that slices tell as taking writes: after a start, what is left of who did. */
export function soleWriter({ writersInForce }: Observation): string | undefined {
  const [only, ...others] = writersInForce ?? [];
  return others.length === 0 ? only : undefined;
}

/** Whether a pod has the labels of a writer, where there are such. */
export function isLabelledToWrite({ spec }: Pool, { labels }: Pod): boolean {
  const wanted = spec.access?.writers.matchLabels;
  return wanted === undefined || selects(matchLabels(wanted), labels);
}

/** A standby by its own last word, however old: it is none any more when it says so. */
const isStandby = ({ probe }: ObservedPod): boolean => probe?.role?.takesWrites === false;

/** Whether nobody has asked yet, after a start or since the pod came, if it takes writes. */
const isUnasked = ({ probe }: ObservedPod, { pool }: Observation): boolean =>
  pool.spec.metrics?.probe?.type === "Postgres" && !isProbed(probe);

/**
 * Who has a place in the slices of the write list. Ready are those that take writes; of those that all do, one that has
 * not been asked yet stays as it was published. One that would take them and is unready, or on its way out, has a place as
 * in any Service. Nobody else has: what looks at no condition would write to a standby.
 */
export function writeMembers(
  members: readonly Member[],
  writers: readonly Writer[],
  observation: Observation,
): readonly Member[] {
  const { pods, pool, writersInForce } = observation;
  const { matchLabels: labels } = pool.spec.access!.writers;
  const taking = new Set(writers.map(({ uid }) => uid));
  const observed = new Map(pods.map((one) => [one.pod.uid, one]));
  const isHeldOut = (one: ObservedPod): boolean =>
    labels === undefined &&
    (isStandby(one) ||
      (writersInForce !== undefined && isUnasked(one, observation) && !writersInForce.has(one.pod.uid)));
  return members.flatMap(({ full: _, ...member }): readonly Member[] => {
    const { pod } = member;
    const one = observed.get(pod.uid)!;
    if (taking.has(pod.uid)) return isHeldOut(one) ? [] : [{ ...member, isIn: true }];
    const isAway = !pod.ready || pod.terminating;
    const isMeant = !isStandby(one) && isLabelledToWrite(pool, pod);
    return isAway && isMeant ? [{ ...member, isIn: false }] : [];
  });
}
