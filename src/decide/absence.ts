import type { Pod } from "./world.ts";

/** When health took a ready pod out of the lists, or let it back in. */
export interface Absence {
  readonly isAside: boolean;
  /** Unix milliseconds; of a pod that was out when the operator began, when it began. */
  readonly changedAt: number;
}

/** By pod UID. A pod that was never set aside since it became ready has none. */
export type Absences = ReadonlyMap<string, Absence>;

/** The absences of the ready pods as of now, after what was known before; `aside` are the UIDs of those that are out. */
export function noteAbsences(
  before: Absences | undefined,
  ready: readonly Pod[],
  aside: { has(uid: string): boolean },
  now: number,
): Absences {
  return new Map(
    ready.flatMap(({ uid }): [string, Absence][] => {
      const known = before?.get(uid);
      const isAside = aside.has(uid);
      if (!known && !isAside) return [];
      // A change in the future was timed by a clock that has been set back since.
      const isSame = known?.isAside === isAside && known.changedAt <= now;
      return [[uid, isSame ? known : { isAside, changedAt: now }]];
    }),
  );
}
