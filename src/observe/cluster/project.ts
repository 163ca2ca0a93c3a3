import { defined } from "../../api/defined.ts";
import { parseTime } from "../../api/time.ts";
import type { Autoscaler } from "../../decide/claims/claims.ts";
import { localitiesOf, preferredBy } from "../../decide/claims/localities.ts";
import {
  besideAnnotation,
  poolAnnotation,
  type Service,
  type ServicePort,
  sideLabel,
} from "../../decide/claims/places.ts";
import { sides } from "../../decide/claims/split.ts";
import type { DeclaredPort, DeletionCost, Pod, PodMesh } from "../../decide/world.ts";
import { fieldManager, poolOfManager } from "../../kube/objects.ts";
import {
  deletionCostAnnotation,
  drainAnnotation,
  drainForRemoval,
  givenCostAnnotation,
  type KubeObject,
  type ObjectMeta,
} from "../../kube/types.ts";
import { fieldOf, fieldsOf, listOf, textOf, textsOf, wholeOf } from "../../kube/untyped.ts";
import { isPodAddress } from "../../pods/address.ts";
import { type ControllerRef, controllerOf } from "../targets/owners.ts";
import { requestsOf } from "./requests.ts";

/** Containers that run as long as the pod does: the main ones and the sidecars. */
const running = (spec: unknown) => [
  ...listOf(fieldOf(spec, "containers")),
  ...listOf(fieldOf(spec, "initContainers")).filter(({ restartPolicy }) => restartPolicy === "Always"),
];

const portOf = (value: unknown): number | undefined => {
  const port = wholeOf(value);
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined;
};

const declaredPorts = (containers: ReturnType<typeof running>): DeclaredPort[] =>
  containers
    .flatMap(({ ports }) => listOf(ports))
    .filter(({ protocol }) => (textOf(protocol) ?? "TCP") === "TCP")
    .flatMap(({ name, containerPort }) => {
      const port = portOf(containerPort);
      const named = textOf(name);
      return port === undefined ? [] : [{ ...defined({ name: named }), port }];
    });

/** How often the main containers were started again; what a sidecar does is no start of the pod's work. */
const restartsOf = (containerStatuses: unknown): number =>
  listOf(containerStatuses).reduce((sum, { restartCount }) => sum + Math.max(0, wholeOf(restartCount) ?? 0), 0);

/** When the last of these starts was. */
function restartedAt(containerStatuses: unknown): number | undefined {
  const times = listOf(containerStatuses).flatMap(({ restartCount, state }) =>
    (wholeOf(restartCount) ?? 0) > 0 ? (timeOf(fieldOf(fieldOf(state, "running"), "startedAt")) ?? []) : [],
  );
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** What the drain annotation asks for. */
function drainAskedFor({ annotations }: ObjectMeta): Pick<Pod, "drainRequested" | "removalRequested"> {
  const value = annotations?.[drainAnnotation] ?? "false";
  if (value === "false") return {};
  return { drainRequested: true, ...(value === drainForRemoval && { removalRequested: true }) };
}

/** As those say it who put a pod into the mesh: Istio's injector by a label, its node agent by an annotation. */
function meshOf({ labels, annotations }: ObjectMeta, spec: unknown): PodMesh | undefined {
  const serviceAccount = textOf(fieldOf(spec, "serviceAccountName")) ?? "default";
  if (annotations?.["ambient.istio.io/redirection"] === "enabled") return { by: "Ambient", serviceAccount };
  const isInjected = labels?.["security.istio.io/tlsMode"] === "istio" || annotations?.["sidecar.istio.io/status"];
  return isInjected ? { by: "Sidecar", serviceAccount } : undefined;
}

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
    const annotated = fieldsOf(fieldOf(fieldOf(fieldsV1, "f:metadata"), "f:annotations"));
    return Object.hasOwn(annotated, `f:${deletionCostAnnotation}`);
  });
  const pools = writers.flatMap(({ manager }) => poolOfManager(manager) ?? []);
  const others = writers.some(({ manager }) => manager !== fieldManager && poolOfManager(manager) === undefined);
  const given = parseCost(annotations?.[givenCostAnnotation]);
  return {
    value,
    ours: writers.length > 0 && !others,
    ...(pools.length > 0 && { pools }),
    ...defined({ given }),
  };
}

const phases: ReadonlySet<unknown> = new Set<Pod["phase"]>(["Pending", "Running", "Succeeded", "Failed", "Unknown"]);

const phaseOf = (value: unknown): Pod["phase"] => (phases.has(value) ? (value as Pod["phase"]) : "Pending");

/** Unix milliseconds. */
function timeOf(value: unknown): number | undefined {
  const text = textOf(value);
  const time = text === undefined ? Number.NaN : parseTime(text);
  return Number.isNaN(time) ? undefined : time;
}

/** All addresses, the primary one first. */
function addressesIn({ podIPs, podIP }: ReturnType<typeof fieldsOf>): readonly string[] {
  const all = listOf(podIPs).flatMap(({ ip }) => textOf(ip) ?? []);
  const only = textOf(podIP);
  return all.length === 0 && only !== undefined ? [only] : all;
}

/** A pod, with what it takes to find out whose it is. */
export interface SeenPod extends Pod {
  readonly controller?: ControllerRef;
}

/** Strips a Pod as the API server sends it. */
export function toPod(raw: KubeObject, allowLoopback: boolean): SeenPod {
  const { metadata } = raw;
  const spec = fieldOf(raw, "spec");
  const status = fieldsOf(fieldOf(raw, "status"));
  const containers = running(spec);
  const given = addressesIn(status);
  const addresses = given.filter((address) => isPodAddress(address, allowLoopback));
  const ready = listOf(status.conditions).find(({ type }) => type === "Ready");
  const [startedAt, readyChangedAt] = [timeOf(status.startTime), timeOf(ready?.lastTransitionTime)];
  const node = textOf(fieldOf(spec, "nodeName"));
  const controller = controllerOf(metadata);
  const cost = deletionCost(metadata);
  const restarts = restartsOf(status.containerStatuses);
  const lastStart = restarts > 0 ? restartedAt(status.containerStatuses) : undefined;
  const mesh = meshOf(metadata, spec);
  const [hostname, subdomain] = [textOf(fieldOf(spec, "hostname")), textOf(fieldOf(spec, "subdomain"))];
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid ?? "",
    createdAt: timeOf(metadata.creationTimestamp) ?? 0,
    phase: phaseOf(status.phase),
    labels: metadata.labels ?? {},
    addresses,
    addressRefused: addresses.length < given.length,
    ready: ready?.status === "True",
    ...(restarts > 0 && { restarts }),
    terminating: metadata.deletionTimestamp !== undefined,
    hostNetwork: fieldOf(spec, "hostNetwork") === true,
    ...(hostname && subdomain && { hostname, subdomain }),
    ports: declaredPorts(containers),
    ...requestsOf(spec, status, containers),
    ...(controller && { owner: { kind: controller.kind, uid: controller.uid }, controller }),
    ...drainAskedFor(metadata),
    ...defined({ startedAt, readyChangedAt, restartedAt: lastStart, node, mesh, deletionCost: cost }),
  };
}

/** The keys of a Service's ports in the fields of our manager; with a field, of those that have it from us. */
function ownPortsOf({ managedFields }: ObjectMeta, field?: string): Set<string> {
  const ports = (managedFields ?? [])
    .filter(({ manager }) => manager === fieldManager)
    .flatMap(({ fieldsV1 }) => Object.entries(fieldsOf(fieldOf(fieldOf(fieldsV1, "f:spec"), "f:ports"))))
    .filter(([, fields]) => field === undefined || Object.hasOwn(fieldsOf(fields), field));
  return new Set(
    ports.flatMap(([key]) => /^k:\{"port":(\d+),"protocol":"(\w+)"\}$/.exec(key)?.slice(1).join("/") ?? []),
  );
}

/** A Service's ports, each with what we know nothing of. */
function servicePorts(spec: unknown): ServicePort[] {
  return listOf(fieldOf(spec, "ports")).flatMap(({ name, port, protocol, targetPort, appProtocol, ...rest }) => {
    const number = portOf(port);
    const [named, spoken, inside] = [textOf(name), textOf(protocol), textOf(appProtocol)];
    const aimed = portOf(targetPort) ?? textOf(targetPort);
    if (number === undefined) return [];
    return {
      ...rest,
      ...defined({ name: named }),
      port: number,
      ...defined({ protocol: spoken, targetPort: aimed, appProtocol: inside }),
    };
  });
}

/** By whichever annotation names it; the older one comes first. */
const topologyModeOf = ({ annotations = {} }: ObjectMeta): string | undefined =>
  annotations["service.kubernetes.io/topology-aware-hints"] ?? annotations["service.kubernetes.io/topology-mode"];

export function toService(raw: KubeObject): Service {
  const { metadata } = raw;
  const spec = fieldOf(raw, "spec");
  const { labels, annotations, deletionTimestamp, finalizers = [] } = metadata;
  const { [poolAnnotation]: pool, [besideAnnotation]: beside = "" } = annotations ?? {};
  const { "app.kubernetes.io/managed-by": managedBy, [sideLabel]: sideName } = labels ?? {};
  const side = sides.find((one) => one === sideName);
  const owner = fieldsOf(metadata.ownerReferences?.find(({ controller }) => controller));
  const ownerUid = textOf(owner.uid);
  const trafficDistribution = textOf(fieldOf(spec, "trafficDistribution"));
  const prefers = preferredBy({ trafficDistribution }, topologyModeOf(metadata));
  const ownProtocols = ownPortsOf(metadata, "f:appProtocol");
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    createdAt: timeOf(metadata.creationTimestamp) ?? 0,
    ...(deletionTimestamp !== undefined && { deletion: { finalizers } }),
    hasSelector: Object.keys(fieldsOf(fieldOf(spec, "selector"))).length > 0,
    isHeadless: fieldOf(spec, "clusterIP") === "None",
    families: textsOf(fieldOf(spec, "ipFamilies")),
    ...(fieldOf(spec, "type") === "ExternalName" && { externalName: textOf(fieldOf(spec, "externalName")) ?? "" }),
    ...(ownerUid !== undefined && { owner: ownerUid, ownedBy: `${textOf(owner.kind)} ${textOf(owner.name)}` }),
    ...defined({ pool }),
    beside: beside.split(/[\s,]+/).filter((manager) => manager !== ""),
    localities: localitiesOf({
      trafficDistribution,
      externalTrafficPolicy: textOf(fieldOf(spec, "externalTrafficPolicy")),
      internalTrafficPolicy: textOf(fieldOf(spec, "internalTrafficPolicy")),
    }),
    ...defined({ prefers, side, managedBy }),
    ports: servicePorts(spec),
    ownPorts: ownPortsOf(metadata),
    ...(ownProtocols.size > 0 && { ownProtocols }),
  };
}

/** A HorizontalPodAutoscaler or a KEDA ScaledObject, whose `scaleTargetRef` means a Deployment unless it says otherwise. */
export function toAutoscaler(raw: KubeObject, kind: string): Autoscaler | undefined {
  const { metadata } = raw;
  const reference = fieldOf(fieldOf(raw, "spec"), "scaleTargetRef");
  const name = textOf(fieldOf(reference, "name"));
  const apiVersion = textOf(fieldOf(reference, "apiVersion"));
  if (name === undefined) return undefined;
  return {
    kind,
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    target: {
      ...defined({ apiVersion }),
      kind: textOf(fieldOf(reference, "kind")) ?? "Deployment",
      name,
    },
  };
}

/** A node's region and zone, with a slash between; endpoints carry them for topology-aware consumers. */
export function toLocality({ metadata: { labels } }: KubeObject): string {
  const [region = "", zone = ""] = ["region", "zone"].map((of) => labels?.[`topology.kubernetes.io/${of}`]);
  return region || zone ? `${region}/${zone}` : "";
}
