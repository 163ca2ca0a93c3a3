import { defined } from "../api/defined.ts";
import type { Member } from "../decide/planned.ts";
import type { Pool } from "../decide/world.ts";
import { toEntry } from "./endpoints.ts";
import { entriesOf, type Slice, type SliceEndpoint, type SliceEntry, sameEntry, withEntries } from "./slice.ts";

/** With the name and the hints that were published. One that is not ready has no hints. */
function asNamed(endpoint: SliceEndpoint, { hostname, hints }: SliceEndpoint): SliceEndpoint {
  if (hostname === undefined && !hints) return endpoint;
  return {
    ...endpoint,
    ...defined({ hostname }),
    ...(hints && endpoint.conditions.ready && { hints }),
  };
}

/**
 * A slice without the pods that are no members any more; those that stay tell how they are now. Nobody is added, and
 * ports, labels, weights, names and hints stay as they were published. With `onlyLoses`, none comes in either. Undefined when it says so
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
    const told = entry.endpoint && endpoint ? { ...entry, endpoint: asNamed(entry.endpoint, endpoint) } : entry;
    return [weight === undefined || Number.isNaN(weight) ? told : { ...told, weight }];
  });
  const isSame = entries.length === before.length && entries.every((entry, index) => sameEntry(entry, before[index]!));
  return isSame ? undefined : withEntries(slice, entries, out);
}
