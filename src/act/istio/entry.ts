import { defined } from "../../api/defined.ts";
import type { PoolPort } from "../../api/ports.ts";
import type { CarrierSpec } from "../../api/publish-to.ts";
import { hash } from "../../decide/basics/hash.ts";
import type { PlannedEndpoint } from "../../decide/planned.ts";
import type { Pod, Pool } from "../../decide/world.ts";
import { type KubeObject, type Manifest, managedBy, type ObjectMeta } from "../../kube/types.ts";
import { fieldOf, fieldsOf, wholeOf } from "../../kube/untyped.ts";
import { ownerOf } from "../endpoints.ts";

/** A WorkloadEntry or a ServiceEntry, as far as we write it. */
export interface MeshEntry extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

/** By which a ServiceEntry selects the entries of its pool: the pool's UID. No pod has it. */
const poolLabel = "evenkeel.io/pool";
/** Whose entry it is: the pod's UID. */
const podAnnotation = "evenkeel.io/pod-uid";
export const managedByLabel = "app.kubernetes.io/managed-by";

const redirectionAnnotation = "ambient.istio.io/redirection";
const tlsModeLabel = "security.istio.io/tlsMode";
/** Labels of pods that say how they are reached, and under what name they are told of. */
const copied = ["networking.istio.io/tunnel", "topology.istio.io/network"] as const;
const canonical = {
  "service.istio.io/canonical-name": ["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"],
  "service.istio.io/canonical-revision": [
    "service.istio.io/canonical-revision",
    "app.kubernetes.io/version",
    "version",
  ],
} as const;

const longestName = 253;

/** A name that is cut where it is too long, and then ends in what tells it from others. */
function named(name: string): string {
  if (name.length <= longestName) return name;
  const end = hash(name, 0).toString(36);
  return `${name.slice(0, longestName - 1 - end.length).replace(/[^a-z0-9]+$/, "")}-${end}`;
}

export const entryName = ({ name }: Pool, pod: Pick<Pod, "name">): string => named(`${name}.${pod.name}`);
const serviceEntryName = ({ name }: Pool): string => named(`${name}-evenkeel`);

/** The names by which clients in the mesh call the pool. `internal` is kept for private use, so that nobody else has it. */
const hostsOf = ({ namespace, name }: Pool, { hosts }: CarrierSpec): readonly string[] =>
  hosts ?? [`${name}.${namespace}.pool.internal`];

function labelsOf(pool: Pool, { labels, mesh }: Pod, given: readonly string[]): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, sources] of Object.entries(canonical)) {
    const source = sources.find((one) => labels[one] !== undefined);
    if (source) told[name] = labels[source]!;
  }
  for (const name of [...copied, ...given]) if (labels[name] !== undefined) told[name] = labels[name];
  return {
    ...told,
    // Of an entry with a service account Istio would otherwise think that it takes mutual TLS.
    [tlsModeLabel]: mesh?.by === "Sidecar" ? "istio" : "disabled",
    [managedByLabel]: managedBy,
    [poolLabel]: pool.uid,
  };
}

const localityOf = ({ region, zone }: Pod): string | undefined =>
  region === undefined ? undefined : zone === undefined ? region : `${region}/${zone}`;

const typed = (kind: string) => ({ apiVersion: "networking.istio.io/v1", kind });

/** What leads to a pod. One that Istio does not know to be in the mesh would be sent plain text. */
export function toWorkloadEntry(
  pool: Pool,
  pod: Pod,
  { ports, weight }: { readonly ports: PlannedEndpoint["ports"]; readonly weight: number },
  { labels = [] }: CarrierSpec,
) {
  const locality = localityOf(pod);
  return {
    ...typed("WorkloadEntry"),
    metadata: {
      name: entryName(pool, pod),
      namespace: pool.namespace,
      labels: labelsOf(pool, pod, labels),
      annotations: {
        [podAnnotation]: pod.uid,
        ...(pod.mesh?.by === "Ambient" && { [redirectionAnnotation]: "enabled" }),
      },
      ownerReferences: [ownerOf(pool)],
    },
    spec: {
      address: pod.addresses[0],
      ports: Object.fromEntries(ports.map(({ name, port }) => [name, port])),
      weight,
      ...defined({ locality }),
      ...(pod.mesh && { serviceAccount: pod.mesh.serviceAccount }),
    },
  } satisfies Manifest & MeshEntry;
}

/** What Istio takes for another of its protocols. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["kubernetes.io/h2c", "http2"],
  ["kubernetes.io/ws", "http"],
  ["kubernetes.io/wss", "https"],
]);

const protocols = ["http", "http2", "https", "grpc", "grpc-web", "tcp", "tls", "mongo", "mysql", "redis"];

/** As Istio takes the protocol of a Service's port from its `appProtocol` or name; undefined where neither tells one. */
function protocolOf({ name, appProtocol }: PoolPort): string | undefined {
  const port = (aliases.get(appProtocol ?? "") ?? appProtocol ?? name).toLowerCase();
  const found = protocols.filter((protocol) => port === protocol || port.startsWith(`${protocol}-`));
  return found.sort((a, b) => b.length - a.length)[0]?.toUpperCase();
}

/** What selects the entries of a pool, under the names by which clients call it. */
export function toServiceEntry(pool: Pool, carrier: CarrierSpec) {
  const ports = pool.spec.ports.map((wanted) => {
    const { name, port } = wanted;
    const protocol = protocolOf(wanted);
    return { number: port, name, ...defined({ protocol }) };
  });
  return {
    ...typed("ServiceEntry"),
    metadata: {
      name: serviceEntryName(pool),
      namespace: pool.namespace,
      labels: { [managedByLabel]: managedBy, [poolLabel]: pool.uid },
      ownerReferences: [ownerOf(pool)],
    },
    spec: {
      hosts: hostsOf(pool, carrier),
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports,
      workloadSelector: { labels: { [poolLabel]: pool.uid } },
    },
  } satisfies Manifest & MeshEntry;
}

/** UID of the pod that an entry leads to. */
export const podUidOf = ({ metadata: { annotations } }: KubeObject): string => annotations?.[podAnnotation] ?? "";

export const weightOf = ({ spec }: MeshEntry): number | undefined => wholeOf(spec.weight);

/** Strips an entry to what is compared. */
export function toEntry(raw: KubeObject): MeshEntry {
  const { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences } = raw.metadata;
  const kept = Object.fromEntries(
    [podAnnotation, redirectionAnnotation].flatMap((one) => {
      const value = annotations?.[one];
      return value === undefined ? [] : [[one, value]];
    }),
  );
  return {
    metadata: {
      name,
      annotations: kept,
      ...defined({ namespace, uid, resourceVersion, labels, ownerReferences }),
    },
    spec: fieldsOf(fieldOf(raw, "spec")),
  };
}

/** JSON with fields in an order of their own, without what is not there. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, field]) => [name, sorted(field)]));
}

const toldBy = ({ labels, annotations = {} }: ObjectMeta, spec: unknown): string =>
  JSON.stringify(sorted({ labels, annotations, spec }));

/** What an entry says, as text. */
export const contentOf = ({ metadata, spec }: MeshEntry): string => toldBy(metadata, spec);
