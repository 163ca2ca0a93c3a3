import type { PodPort } from "../decide/in-force.ts";
import type { Member } from "../decide/planned.ts";
import type { Pool } from "../decide/world.ts";
import { families, toPorts } from "./endpoints.ts";
import type { Family, SlicePort } from "./slice.ts";
import type { NamedPlace } from "./slice-owner.ts";

const familyOf = (address: string): Family => (address.includes(":") ? "IPv6" : "IPv4");

/**
 * The families that slices on a Service have: its own, as with Kubernetes' own controller. One of which no pod has an
 * address is mistaken: what is published stays. A Service that is made and not seen yet has the first of the cluster's,
 * which is the first of its pods' addresses.
 */
export function familiesOf({ service }: NamedPlace, members: readonly Member[], told: readonly Family[]): Family[] {
  const own = families.filter((family) => service?.families.includes(family));
  if (own.some((family) => told.includes(family))) return own;
  if (service || told.length === 0) return [...families];
  const first = new Set(members.flatMap(({ pod: { addresses } }) => addresses.slice(0, 1).map(familyOf)));
  return families.filter((family) => first.has(family));
}

/** The ports of a pool's slices on a Service. */
export function slicePorts(pool: Pool, { service }: NamedPlace, members: readonly Member[]) {
  const known = new Map<readonly PodPort[] | undefined, readonly SlicePort[]>();
  const portsAt = (at: readonly PodPort[] | undefined): readonly SlicePort[] => {
    const ports = known.get(at) ?? toPorts(pool, at, service);
    known.set(at, ports);
    return ports;
  };
  // Not by rank, which changes: an empty slice would be written with every change.
  const eldest = members.reduce<Member | undefined>((a, b) => (a && a.pod.uid <= b.pod.uid ? a : b), undefined);
  const usual = portsAt(eldest?.ports);
  return {
    /** Of whom `of` says nothing, and of a slice without pods. */
    usual,
    of: ({ ports }: Member): readonly SlicePort[] | undefined => {
      const own = portsAt(ports);
      return own === usual ? undefined : own;
    },
  };
}
