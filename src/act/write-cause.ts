import type { SetCause, UnwrittenChange } from "../decide/ready-set/planned-set.ts";
import { entriesOf, type Slice, sameEntry } from "./slice.ts";

/** Why a slice is written: for the ready set, or for who its pods are and how they are. */
export type WriteCause = SetCause | "membership";

/** For the ready set where nothing changes but pods that it puts in or out. */
export function causeOfWrite(
  before: Slice | undefined,
  after: Slice,
  unwritten: UnwrittenChange | undefined,
): WriteCause {
  if (!before || !unwritten) return "membership";
  const earlier = new Map(entriesOf(before).map((entry) => [entry.uid, entry]));
  const later = entriesOf(after);
  const isSame = later.length === earlier.size && later.every(({ uid }) => earlier.has(uid));
  if (!isSame) return "membership";
  const changed = later.filter((entry) => !sameEntry(earlier.get(entry.uid)!, entry));
  return changed.length > 0 && changed.every(({ uid }) => unwritten.uids.has(uid)) ? unwritten.cause : "membership";
}
