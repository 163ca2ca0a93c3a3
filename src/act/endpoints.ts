import type { OutForm } from "../api/pool.ts";
import { toTime } from "../api/time.ts";
import { managedByLabel, serviceLabel, sideLabel } from "../decide/claims/places.ts";
import type { Member } from "../decide/planned.ts";
import type { Pod, Pool } from "../decide/world.ts";
import { managedBy } from "../kube/types.ts";
import { conditionsOf } from "./conditions.ts";
import type { PackedSlice } from "./pack.ts";
import { type Family, type Slice, type SliceEntry, type SlicePort, withEntries } from "./slice.ts";
import type { NamedPlace } from "./slice-owner.ts";

export const families: readonly Family[] = ["IPv4", "IPv6"];

/** What slices have of a pod as it last was: from pass to pass hardly any changes. */
interface Made {
  readonly isIn: boolean;
  readonly out: OutForm;
  readonly byFamily: Readonly<Record<Family, SliceEntry | undefined>>;
}

const made = new WeakMap<Pod, Made>();

function make(member: Member, family: Family, out: OutForm): SliceEntry | undefined {
  const { pod } = member;
  const address = pod.addresses.find((candidate) => candidate.includes(":") === (family === "IPv6"));
  if (address === undefined) return undefined;
  const conditions = conditionsOf(member, out);
  if (!conditions) return { uid: pod.uid };
  return {
    uid: pod.uid,
    endpoint: {
      addresses: [address],
      conditions,
      targetRef: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
      ...(pod.node && { nodeName: pod.node }),
      ...(pod.zone && { zone: pod.zone }),
    },
  };
}

/** What slices of one address family have of a member; undefined when the pod has no such address. */
export function toEntry(member: Member, family: Family, out: OutForm): SliceEntry | undefined {
  const { pod, isIn } = member;
  const known = made.get(pod);
  if (known && known.isIn === isIn && known.out === out) return known.byFamily[family];
  const byFamily = { IPv4: make(member, "IPv4", out), IPv6: make(member, "IPv6", out) };
  made.set(pod, { isIn, out, byFamily });
  return byFamily[family];
}

export function toEntries(members: readonly Member[], family: Family, out: OutForm): SliceEntry[] {
  const entries: SliceEntry[] = [];
  for (const member of members) {
    const entry = toEntry(member, family, out);
    if (entry) entries.push(entry);
  }
  return entries;
}

export const toPorts = ({ spec }: Pool): SlicePort[] =>
  spec.ports.map(({ name, port }) => ({ name, port, protocol: "TCP" }));

/** The name of a new slice: the first number that is free, so that the same cluster always gets the same names. */
function freeName(service: string, family: Family, taken: Set<string>): string {
  const stem = family === "IPv4" ? `${service}-evenkeel` : `${service}-evenkeel-ipv6`;
  for (let number = 1; ; number += 1) {
    const name = `${stem}-${number}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** When the newest of the changes happened that a slice brings, for the network programming latency of kube-proxy. */
function triggerTime(changed: readonly string[], members: ReadonlyMap<string, Member>): string | undefined {
  const times = changed.flatMap((uid) => {
    const member = members.get(uid);
    return [member?.pod.readyChangedAt ?? 0, member?.changedAt ?? 0];
  });
  const newest = Math.max(0, ...times);
  return newest > 0 ? toTime(newest) : undefined;
}

/** The complete objects for what `pack` wants written. */
export function toSlices(
  pool: Pool,
  { name: service, side }: NamedPlace,
  family: Family,
  ports: readonly SlicePort[],
  packed: readonly PackedSlice[],
  members: readonly Member[],
  existing: readonly Slice[],
): (Slice & { readonly apiVersion: string; readonly kind: string })[] {
  const taken = new Set(existing.map(({ metadata }) => metadata.name));
  const byUid = new Map(members.map((member) => [member.pod.uid, member]));
  return packed.map(({ name, entries, changed }) => {
    const trigger = triggerTime(changed, byUid);
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: name ?? freeName(service, family, taken),
        namespace: pool.namespace,
        labels: { [serviceLabel]: service, [managedByLabel]: managedBy, ...(side && { [sideLabel]: side }) },
        ownerReferences: [ownerOf(pool)],
      },
      addressType: family,
      endpoints: [],
      ports,
    };
    return withEntries(slice, entries, pool.spec.publish.out, trigger);
  });
}

/** What the pool owns goes when the pool goes. */
export const ownerOf = ({ name, uid }: Pool) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
