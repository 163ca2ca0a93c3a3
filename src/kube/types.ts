export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFields[];
}

/** Who wrote which fields, as the API server keeps it. */
export interface ManagedFields {
  readonly manager?: string | undefined;
  readonly time?: string | undefined;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Who keeps a pool's slices and its Service. */
export const managedBy = "evenkeel.io";

/** By which a ReplicaSet chooses whom it removes: the lowest goes first. */
/** Takes a pod out of every list while it is there, whatever its value but "false". */
export const drainAnnotation = "evenkeel.io/drain";
/** The value with which the pod is the first to go when there are to be fewer; with any other it is kept. */
export const drainForRemoval = "remove";

export const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

/** Keeps beside a drain's mark what somebody else said of the cost before, to be put back. */
export const givenCostAnnotation = "evenkeel.io/deletion-cost-before-drain";

/** What an Event about a pool says to programs: replicas before and after a scale, and the status of a condition. */
export const eventAnnotations = {
  from: "evenkeel.io/replicas-from",
  to: "evenkeel.io/replicas-to",
  status: "evenkeel.io/condition-status",
} as const;

/** An object as the API server sends it. Items of a list carry neither `apiVersion` nor `kind`. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** An object as we send it: complete enough to be created or applied. */
export interface Manifest extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** Names a kind of object on the wire. The core group is the empty string. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Names and numbers of a log line, which itself has level, time and message. */
type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly message?: never;
};

/** What this folder needs of a logger. */
export interface KubeLog {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
}

const namespaced = (group: string, version: string, plural: string): ResourceRef => ({
  group,
  version,
  plural,
  namespaced: true,
});

export const pods = namespaced("", "v1", "pods");
export const services = namespaced("", "v1", "services");
export const secrets = namespaced("", "v1", "secrets");
export const nodes: ResourceRef = { group: "", version: "v1", plural: "nodes", namespaced: false };
export const namespaces: ResourceRef = { group: "", version: "v1", plural: "namespaces", namespaced: false };
export const endpointSlices = namespaced("discovery.k8s.io", "v1", "endpointslices");
export const leases = namespaced("coordination.k8s.io", "v1", "leases");
export const events = namespaced("events.k8s.io", "v1", "events");
/** The same as they are told to whoever has the role `view`, which has no rights on those of the newer group. */
export const coreEvents = namespaced("", "v1", "events");
export const horizontalPodAutoscalers = namespaced("autoscaling", "v2", "horizontalpodautoscalers");
export const scaledObjects = namespaced("keda.sh", "v1alpha1", "scaledobjects");
export const loadBalancerPools = namespaced("evenkeel.io", "v1alpha1", "loadbalancerpools");
export const workloadEntries = namespaced("networking.istio.io", "v1", "workloadentries");
export const serviceEntries = namespaced("networking.istio.io", "v1", "serviceentries");
const ofPolicies = (plural: string): ResourceRef => ({
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural,
  namespaced: false,
});
export const admissionPolicies = ofPolicies("validatingadmissionpolicies");
export const admissionPolicyBindings = ofPolicies("validatingadmissionpolicybindings");
export const podMetrics = namespaced("metrics.k8s.io", "v1beta1", "pods");

/** `ns/name`, or `name` alone for what lives in no namespace. */
export const groupPath = (group: string, version: string): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** The path of one object, or of a collection when the name is left out. Throws on names that could leave their segment. */
export function pathOf(ref: ResourceRef, namespace?: string, name?: string, subresource?: string): string {
  if (ref.namespaced && name !== undefined && !namespace) {
    throw new Error(`${ref.plural} ${name}: a namespaced object needs a namespace`);
  }
  const segments = [groupPath(ref.group, ref.version)];
  if (ref.namespaced && namespace) segments.push("namespaces", segment(namespace));
  segments.push(ref.plural);
  if (name !== undefined) segments.push(segment(name));
  if (subresource !== undefined) segments.push(segment(subresource));
  return segments.join("/");
}

function segment(name: string): string {
  if (name === "" || name === "." || name === ".." || /[/%]/.test(name)) {
    throw new Error(`not a name of a Kubernetes object: ${JSON.stringify(name)}`);
  }
  return encodeURIComponent(name);
}
