import { equalJson, isList, isObject, type Json, type JsonObject, objectOf, valueAt } from "../object/json.ts";
import { type Cause, forbiddenValue, requiredValue } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { ageColumn, column, nameColumn, wide } from "./columns.ts";
import { defineResource, type WriteContext } from "./resource.ts";
import * as part from "./schema-parts.ts";

const { flag, int32, intOf, intOrText, keyedBy, listOf, objectSchema, open, text, textOf, withDefault } = part;

const probe = open({ httpGet: open({ path: text, port: intOrText, scheme: textOf("HTTP") }) });

const container = open({
  name: text,
  image: text,
  command: listOf(text),
  args: listOf(text),
  imagePullPolicy: textOf("IfNotPresent"),
  terminationMessagePath: textOf("/dev/termination-log"),
  terminationMessagePolicy: textOf("File"),
  resources: withDefault(open(), {}),
  ports: keyedBy(["containerPort", "protocol"], open({ name: text, containerPort: int32, protocol: textOf("TCP") })),
  env: keyedBy(["name"], open({ name: text, value: text })),
  volumeMounts: keyedBy(["mountPath"], open({ name: text, mountPath: text })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
});

export const podSpec = open({
  containers: keyedBy(["name"], container),
  initContainers: keyedBy(["name"], container),
  volumes: keyedBy(["name"], open({ name: text })),
  imagePullSecrets: keyedBy(["name"], open({ name: text })),
  hostAliases: keyedBy(["ip"], open({ ip: text })),
  topologySpreadConstraints: keyedBy(["topologyKey", "whenUnsatisfiable"], open()),
  tolerations: listOf(open()),
  nodeSelector: part.atomic(part.stringMap),
  nodeName: text,
  restartPolicy: textOf("Always"),
  terminationGracePeriodSeconds: { type: "integer", format: "int64", default: 30 },
  dnsPolicy: textOf("ClusterFirst"),
  schedulerName: textOf("default-scheduler"),
  securityContext: withDefault(open(), {}),
});

const containerStatus = open({ name: text, ready: flag, restartCount: intOf(0), image: text, imageID: textOf("") });

const podStatus = open({
  phase: text,
  podIP: text,
  podIPs: keyedBy(["ip"], open({ ip: text })),
  conditions: part.conditions,
  containerStatuses: listOf(containerStatus),
  startTime: part.time,
});

export const containersOf = (podSpecValue: Json | undefined): JsonObject[] => {
  const containers = valueAt(podSpecValue, "containers");
  return isList(containers) ? containers.filter(isObject) : [];
};

/** The ports that the pod's containers declare. */
export const portsOf = (pod: StoredObject): { readonly name: string; readonly number: number }[] =>
  containersOf(pod.spec)
    .flatMap(({ ports }) => (isList(ports) ? ports.filter(isObject) : []))
    .map(({ name, containerPort }) => ({ name: String(name ?? ""), number: Number(containerPort) }));

export function conditionOf(object: StoredObject, type: string): JsonObject | undefined {
  const conditions = valueAt(object, "status", "conditions");
  return isList(conditions) ? conditions.filter(isObject).find((condition) => condition.type === type) : undefined;
}

export const isReady = (pod: StoredObject): boolean => conditionOf(pod, "Ready")?.status === "True";

export const isFinished = (pod: StoredObject): boolean =>
  ["Succeeded", "Failed"].includes(String(valueAt(pod, "status", "phase")));

/** Pods begin as Pending, whatever status they are sent with. */
function prepare(pod: StoredObject, { old }: WriteContext): StoredObject {
  return old ? pod : { ...pod, status: { phase: "Pending", qosClass: "BestEffort" } };
}

const mutable = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"];

function fixedPart(pod: StoredObject): JsonObject {
  const spec = objectOf(pod.spec);
  const imageless = containersOf(spec).map((item) => ({ ...item, image: undefined }));
  return { ...spec, containers: imageless, ...Object.fromEntries(mutable.map((key) => [key, undefined])) };
}

/** A pod's spec is fixed but for a few fields; only binding it to a node may write another one. */
function check(pod: StoredObject, { old, subresource }: WriteContext): Cause[] {
  const causes = checkContainers(valueAt(pod, "spec", "containers"), "spec.containers");
  if (old && subresource === undefined && !equalJson(fixedPart(pod), fixedPart(old))) {
    causes.push(
      forbiddenValue(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
          "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
          "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
      ),
    );
  }
  return causes;
}

export function checkContainers(containers: Json | undefined, path: string): Cause[] {
  if (!isList(containers) || containers.length === 0) return [requiredValue(path)];
  return containers.flatMap((item, index) =>
    ["name", "image"]
      .filter((field) => !valueAt(item, field))
      .map((field) => requiredValue(`${path}[${index}].${field}`)),
  );
}

/** A pod that no node runs, or that has ended, goes at once. */
function graceSeconds(pod: StoredObject, requested: number | undefined): number {
  if (!valueAt(pod, "spec", "nodeName") || isFinished(pod)) return 0;
  return Math.max(0, requested ?? Number(valueAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30));
}

const statuses = (pod: StoredObject): JsonObject[] => {
  const list = valueAt(pod, "status", "containerStatuses");
  return isList(list) ? list.filter(isObject) : [];
};

export const pods = defineResource({
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  schema: objectSchema({ spec: podSpec, status: podStatus }),
  hasStatus: true,
  hasGeneration: true,
  returnsDeleted: true,
  fieldLabels: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  prepare,
  check,
  graceSeconds,
  columns: [
    nameColumn,
    column("Ready", (pod) => {
      const ready = statuses(pod).filter((status) => status.ready === true).length;
      return `${ready}/${containersOf(pod.spec).length}`;
    }),
    column("Status", (pod) =>
      pod.metadata.deletionTimestamp === undefined
        ? (statuses(pod)
            .map((status) => valueAt(status, "state", "waiting", "reason"))
            .find(Boolean) ??
          valueAt(pod, "status", "reason") ??
          valueAt(pod, "status", "phase") ??
          "Unknown")
        : "Terminating",
    ),
    column("Restarts", (pod) => String(statuses(pod).reduce((sum, { restartCount }) => sum + Number(restartCount), 0))),
    ageColumn,
    wide("IP", (pod) => valueAt(pod, "status", "podIP") ?? "<none>"),
    wide("Node", (pod) => valueAt(pod, "spec", "nodeName") ?? "<none>"),
    wide("Nominated Node", (pod) => valueAt(pod, "status", "nominatedNodeName") ?? "<none>"),
    wide("Readiness Gates", () => "<none>"),
  ],
});
