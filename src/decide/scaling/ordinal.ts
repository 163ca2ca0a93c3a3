import type { Pod } from "../world.ts";

/** The number at the end of a StatefulSet's pod; -1 where there is none. */
export const ordinalOf = ({ name }: Pod): number => Number(/-(\d+)$/.exec(name)?.[1] ?? -1);
