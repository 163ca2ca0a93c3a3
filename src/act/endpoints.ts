import { defined } from "../api/defined.ts";
import type { OutForm } from "../api/pool.ts";
import { toTime } from "../api/time.ts";
import type { Locality } from "../decide/claims/localities.ts";
import { managedByLabel, type Service, serviceLabel, sideLabel } from "../decide/claims/places.ts";
import type { PodPort } from "../decide/in-force.ts";
import { targetOf } from "../decide/membership/pod-ports.ts";
import type { Member } from "../decide/planned.ts";
import type { Pod, Pool } from "../decide/world.ts";
import { managedBy } from "../kube/types.ts";
import { conditionsOf } from "./conditions.ts";
import type { PackedSlice } from "./pack.ts";
import { type Family, type Slice, type SliceEntry, type SliceHints, type SlicePort, withEntries } from "./slice.ts";
import type { NamedPlace } from "./slice-owner.ts";

export const families: readonly Family[] = ["IPv4", "IPv6"];

/** What of a Service its endpoints go by. */
export interface EndpointSetting {
  readonly service?: string;
  /** Near what traffic is to stay if it can; absent where it is all the same. */
  readonly prefers?: Locality | undefined;
}

/** What slices have of a pod in one form. */
interface Made extends Readonly<Record<Family, SliceEntry | undefined>> {
  readonly form: "in" | OutForm;
  readonly prefers: Locality | undefined;
  readonly isKnown: boolean;
}

/** What slices have of a pod as it last was, in the few forms that it had: from pass to pass hardly any changes. */
const made = new WeakMap<Pod, Made[]>();

/** As Kubernetes' own controller gives them: kube-proxy obeys hints only where every ready endpoint has some. */
function hintsOf({ node, zone }: Pod, prefers: Locality | undefined): SliceHints | undefined {
  if (!prefers) return undefined;
  const forZones = zone ? [{ name: zone }] : undefined;
  const forNodes = node && prefers === "node" ? [{ name: node }] : undefined;
  return forZones || forNodes ? defined({ forZones, forNodes }) : undefined;
}

const isKnownTo = ({ subdomain }: Pod, { service }: EndpointSetting): boolean =>
  subdomain !== undefined && subdomain === service;

function make(member: Member, family: Family, out: OutForm, setting: EndpointSetting): SliceEntry | undefined {
  const { pod } = member;
  const address = pod.addresses.find((candidate) => candidate.includes(":") === (family === "IPv6"));
  if (address === undefined) return undefined;
  const conditions = conditionsOf(member, out);
  if (!conditions) return { uid: pod.uid };
  const hints = conditions.ready ? hintsOf(pod, setting.prefers) : undefined;
  return {
    uid: pod.uid,
    endpoint: {
      addresses: [address],
      conditions,
      targetRef: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
      ...(pod.node && { nodeName: pod.node }),
      ...(pod.zone && { zone: pod.zone }),
      ...(pod.hostname && isKnownTo(pod, setting) && { hostname: pod.hostname }),
      ...defined({ hints }),
    },
  };
}

/** What slices of one address family have of a member; undefined when the pod has no such address. */
export function toEntry(
  member: Member,
  family: Family,
  out: OutForm,
  setting: EndpointSetting = {},
): SliceEntry | undefined {
  const { pod, isIn } = member;
  const { prefers } = setting;
  const form = isIn ? "in" : out;
  const isKnown = isKnownTo(pod, setting);
  const forms = made.get(pod);
  for (const known of forms ?? [])
    if (known.form === form && known.prefers === prefers && known.isKnown === isKnown) return known[family];
  const [IPv4, IPv6] = [make(member, "IPv4", out, setting), make(member, "IPv6", out, setting)];
  const entry: Made = { form, prefers, isKnown, IPv4, IPv6 };
  if (forms) forms.push(entry);
  else made.set(pod, [entry]);
  return entry[family];
}

/** `portsOf` tells the ports of a member whose slice has others than the rest. */
export function toEntries(
  members: readonly Member[],
  family: Family,
  out: OutForm,
  setting: EndpointSetting = {},
  portsOf: (member: Member) => readonly SlicePort[] | undefined = () => undefined,
): SliceEntry[] {
  const entries: SliceEntry[] = [];
  for (const member of members) {
    const entry = toEntry(member, family, out, setting);
    const ports = entry && portsOf(member);
    if (entry) entries.push(ports ? { ...entry, ports } : entry);
  }
  return entries;
}

/**
 * The ports of slices on a Service, at these numbers; without any, those whose numbers the spec tells. What the pool does
 * not say of their protocol, the Service does.
 */
export function toPorts({ spec }: Pool, at?: readonly PodPort[], service?: Pick<Service, "ports">): SlicePort[] {
  return spec.ports.flatMap((wanted): SlicePort[] => {
    const { name } = wanted;
    const number = at ? at.find((port) => port.name === name)?.port : Number(targetOf(wanted));
    const own = service?.ports.find((port) => port.name === name && (port.protocol ?? "TCP") === "TCP");
    const appProtocol = wanted.appProtocol ?? own?.appProtocol;
    if (number === undefined || Number.isNaN(number)) return [];
    return [{ name, port: number, protocol: "TCP", ...defined({ appProtocol }) }];
  });
}

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
  packed: readonly PackedSlice[],
  members: readonly Member[],
  existing: readonly Slice[],
): (Slice & { readonly apiVersion: string; readonly kind: string })[] {
  const taken = new Set(existing.map(({ metadata }) => metadata.name));
  const byUid = new Map(members.map((member) => [member.pod.uid, member]));
  return packed.map(({ name, entries, changed, ports }) => {
    const trigger = triggerTime(changed, byUid);
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: name ?? freeName(service, family, taken),
        namespace: pool.namespace,
        labels: { [serviceLabel]: service, [managedByLabel]: managedBy, ...defined({ [sideLabel]: side }) },
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
