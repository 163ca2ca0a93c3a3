import type { SetCause, UnwrittenChange } from "../decide/ready-set/planned-set.ts";
import { entriesOf, type Slice, sameEntry, samePlace } from "./slice.ts";

/** Why a slice is written: for the ready set, for weights, or for who its pods are and how they are. */
export type WriteCause = SetCause | "weights" | "membership";

/** For weights, or for the ready set, where nothing changes but those, or pods that it puts in or out. */
export function causeOfWrite(
  before: Slice | undefined,
  after: Slice,
  unwritten: UnwrittenChange | undefined,
): WriteCause {
  if (!before) return "membership";
  const earlier = new Map(entriesOf(before).map((entry) => [entry.uid, entry]));
  const later = entriesOf(after);
  const isSame = later.length === earlier.size && later.every(({ uid }) => earlier.has(uid));
  if (!isSame) return "membership";
  const changed = later.filter((entry) => !sameEntry(earlier.get(entry.uid)!, entry));
  if (changed.length === 0) return "membership";
  if (changed.every((entry) => samePlace(earlier.get(entry.uid)!, entry))) return "weights";
  return unwritten && changed.every(({ uid }) => unwritten.uids.has(uid)) ? unwritten.cause : "membership";
}
