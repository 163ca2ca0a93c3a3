import type { Pod } from "../world.ts";

/** When health took a ready pod out of the lists, or let it back in. */
export interface Absence {
  readonly isAside: boolean;
  /** Unix milliseconds; of a pod that was out when the operator began, when it began. */
  readonly changedAt: number;
}

/** By pod UID. A pod that was never set aside since it became ready has none. */
export type Absences = ReadonlyMap<string, Absence>;

const none: Absences = new Map();

/** The absences of the ready pods as of now, after what was known before; `aside` are the UIDs of those that are out. */
export function noteAbsences(
  before: Absences = none,
  ready: readonly { readonly pod: Pod }[],
  aside: ReadonlyMap<string, unknown>,
  now: number,
): Absences {
  if (before.size === 0 && aside.size === 0) return none;
  const absences = new Map<string, Absence>();
  for (const {
    pod: { uid },
  } of ready) {
    const known = before.get(uid);
    const isAside = aside.has(uid);
    if (!known && !isAside) continue;
    // A change in the future was timed by a clock that has been set back since.
    const isSame = known?.isAside === isAside && known.changedAt <= now;
    absences.set(uid, isSame ? known : { isAside, changedAt: now });
  }
  return absences;
}
