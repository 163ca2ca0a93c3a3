import { evenCarried } from "../decide/carriers/step.ts";
import { entriesOf, maxPerSlice, type Slice, type SliceEntry } from "./slice.ts";

/** How pods are put together in slices. */
export interface SliceForm {
  readonly max: number;
  /** Whether a slice is of another form, so that its pods are to have another. */
  readonly isLeaving: (slice: Slice) => boolean;
}

const shared: SliceForm = {
  max: maxPerSlice,
  isLeaving: (slice) => {
    const [only, ...others] = entriesOf(slice);
    return only?.weight !== undefined && others.length === 0;
  },
};

/** Cilium weighs slices as wholes: with one for each pod a weight changes an annotation, and no pod ever moves. */
const onePerPod: SliceForm = { max: 1, isLeaving: (slice) => entriesOf(slice).length > 1 };

/** Weights for Cilium, by UID of the pods that have one; absent: there are none. */
export type SliceWeights = ReadonlyMap<string, number> | undefined;

export const formOf = (weights: SliceWeights): SliceForm => (weights ? onePerPod : shared);

/** Gives entries their weights; one that has none keeps what the slices say, or has an even share. */
export function weigh(entries: readonly SliceEntry[], weights: SliceWeights, slices: readonly Slice[]) {
  if (!weights) return entries;
  const known = new Map(slices.flatMap(entriesOf).map(({ uid, weight }) => [uid, weight]));
  const weightOf = (uid: string): number => weights.get(uid) ?? (known.get(uid) || evenCarried);
  return entries.map((entry) => ({ ...entry, weight: weightOf(entry.uid) }));
}
