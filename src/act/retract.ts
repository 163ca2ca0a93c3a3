import type { Member } from "../decide/planned.ts";
import type { Pool } from "../decide/world.ts";
import { toEntry } from "./endpoints.ts";
import { entriesOf, type Slice, type SliceEntry, sameEntry, withEntries } from "./slice.ts";

/**
 * A slice without the pods that are no members any more; those that stay tell how they are now. Nobody is added, and
 * ports, labels and weights stay as they were published. With `onlyLoses`, none comes in either. Undefined when it says so
 * already. The members are by UID of the pod.
 */
export function retracted(
  pool: Pool,
  slice: Slice,
  members: ReadonlyMap<string, Member>,
  onlyLoses = false,
): Slice | undefined {
  const { out } = pool.spec.publish;
  const before = entriesOf(slice);
  const entries = before.flatMap(({ uid, endpoint, weight }): readonly SliceEntry[] => {
    const member = members.get(uid);
    if (!member) return [];
    const isIn = member.isIn && (endpoint?.conditions.ready === true || !onlyLoses);
    const entry = toEntry({ ...member, isIn }, slice.addressType, out);
    if (!entry) return [];
    return [weight === undefined || Number.isNaN(weight) ? entry : { ...entry, weight }];
  });
  const isSame = entries.length === before.length && entries.every((entry, index) => sameEntry(entry, before[index]!));
  return isSame ? undefined : withEntries(slice, entries, out);
}
