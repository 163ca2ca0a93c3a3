import { parseTime } from "../api/time.ts";
import type { DeclaredPort, DeletionCost, Pod } from "../decide/world.ts";
import { fieldManager, poolOfManager } from "../kube/objects.ts";
import { deletionCostAnnotation, givenCostAnnotation, type KubeObject, type ObjectMeta } from "../kube/types.ts";
import { isPodAddress } from "./address.ts";
import { type Controller, controllerOf } from "./owners.ts";
import { parseQuantity } from "./sources/quantity.ts";

interface RawContainer {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
  readonly resources?: { readonly requests?: { readonly cpu?: string } };
  readonly restartPolicy?: string;
}

/** The part of a Pod that is read. */
interface RawPod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly containers?: readonly RawContainer[];
    readonly initContainers?: readonly RawContainer[];
  };
  readonly status?: {
    readonly phase?: Pod["phase"];
    readonly startTime?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly containerStatuses?: readonly { readonly restartCount?: number }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** Containers that run as long as the pod does: the main ones and the sidecars. */
const running = ({ spec }: RawPod): RawContainer[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
];

const declaredPorts = (containers: readonly RawContainer[]): DeclaredPort[] =>
  containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ protocol }) => protocol === undefined || protocol === "TCP")
    .map(({ name, containerPort }) => ({ ...(name && { name }), port: containerPort }));

/** Millicores that all containers ask for; undefined when one asks for none. */
function cpuRequest(containers: readonly RawContainer[]): number | undefined {
  let cores = 0;
  for (const { resources } of containers) {
    const asked = resources?.requests?.cpu === undefined ? undefined : parseQuantity(resources.requests.cpu);
    if (asked === undefined) return undefined;
    cores += asked;
  }
  return cores * 1_000;
}

/** How often the main containers were started again; what a sidecar does is no start of the pod's work. */
const restartsOf = ({ status }: RawPod): number =>
  (status?.containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);

/** Takes a pod out of every list while it is there, whatever its value but "false". */
const drainAnnotation = "evenkeel.io/drain";

const drainRequested = ({ annotations }: ObjectMeta): boolean =>
  (annotations?.[drainAnnotation] ?? "false") !== "false";

/** As a ReplicaSet reads it: an integer of 32 bits without ornaments. Anything else it takes for 0. */
function parseCost(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0|-?[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value === (value | 0) ? value : undefined;
}

function deletionCost({ annotations, managedFields }: ObjectMeta): DeletionCost | undefined {
  const value = parseCost(annotations?.[deletionCostAnnotation]);
  if (value === undefined) return undefined;
  const writers = (managedFields ?? []).filter(({ fieldsV1 }) => {
    const metadata = fieldsV1?.["f:metadata"] as { readonly "f:annotations"?: object } | undefined;
    return `f:${deletionCostAnnotation}` in (metadata?.["f:annotations"] ?? {});
  });
  const pools = writers.flatMap(({ manager }) => poolOfManager(manager) ?? []);
  const others = writers.some(({ manager }) => manager !== fieldManager && poolOfManager(manager) === undefined);
  const given = parseCost(annotations?.[givenCostAnnotation]);
  return {
    value,
    ours: writers.length > 0 && !others,
    ...(pools.length > 0 && { pools }),
    ...(given !== undefined && { given }),
  };
}

/** A pod, with what it takes to find out whose it is. */
export interface SeenPod extends Pod {
  readonly controller?: Controller;
}

/** Strips a Pod as the API server sends it. */
export function toPod(raw: KubeObject, allowLoopback: boolean): SeenPod {
  const { metadata, spec, status } = raw as RawPod;
  const containers = running(raw as RawPod);
  const given = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : []);
  const addresses = given.filter((address) => isPodAddress(address, allowLoopback));
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const request = cpuRequest(containers);
  const controller = controllerOf(metadata);
  const cost = deletionCost(metadata);
  const restarts = restartsOf(raw as RawPod);
  return {
    namespace: metadata.namespace!,
    name: metadata.name,
    uid: metadata.uid!,
    createdAt: parseTime(metadata.creationTimestamp!),
    ...(status?.startTime && { startedAt: parseTime(status.startTime) }),
    phase: status?.phase ?? "Pending",
    labels: metadata.labels ?? {},
    addresses,
    addressRefused: addresses.length < given.length,
    ready: ready?.status === "True",
    ...(ready?.lastTransitionTime && { readyChangedAt: parseTime(ready.lastTransitionTime) }),
    ...(restarts > 0 && { restarts }),
    terminating: metadata.deletionTimestamp !== undefined,
    hostNetwork: spec?.hostNetwork === true,
    ...(spec?.nodeName && { node: spec.nodeName }),
    ports: declaredPorts(containers),
    ...(request !== undefined && { cpuRequest: request }),
    ...(controller && { owner: { kind: controller.kind, uid: controller.uid }, controller }),
    ...(drainRequested(metadata) && { drainRequested: true }),
    ...(cost && { deletionCost: cost }),
  };
}

/** What is read of a Service. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly hasSelector: boolean;
  /** UID of the controller that owns it. */
  readonly owner?: string;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string }[];
}

export function toService(raw: KubeObject): ServiceView {
  const { metadata, spec } = raw as KubeObject & {
    readonly spec?: { readonly selector?: object; readonly ports?: ServiceView["ports"] };
  };
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
  return {
    namespace: metadata.namespace!,
    name: metadata.name,
    uid: metadata.uid!,
    hasSelector: Object.keys(spec?.selector ?? {}).length > 0,
    ...(owner && { owner }),
    ports: (spec?.ports ?? []).map(({ name, port, targetPort }) => ({
      ...(name && { name }),
      port,
      ...(targetPort !== undefined && { targetPort }),
    })),
  };
}

/** Something that scales a workload, and the workload. */
export interface AutoscalerView {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly target: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
}

/** A HorizontalPodAutoscaler or a KEDA ScaledObject, whose `scaleTargetRef` means a Deployment unless it says otherwise. */
export function toAutoscaler(raw: KubeObject, kind: string): AutoscalerView | undefined {
  const { metadata, spec } = raw as KubeObject & {
    readonly spec?: { readonly scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string } };
  };
  const reference = spec?.scaleTargetRef;
  if (!reference?.name) return undefined;
  return {
    kind,
    name: metadata.name,
    namespace: metadata.namespace!,
    target: {
      ...(reference.apiVersion && { apiVersion: reference.apiVersion }),
      kind: reference.kind ?? "Deployment",
      name: reference.name,
    },
  };
}

/** A node's zone, which endpoints carry for topology-aware consumers. */
export const toZone = ({ metadata }: KubeObject): string => metadata.labels?.["topology.kubernetes.io/zone"] ?? "";
