import { isList, isObject, type JsonObject, listOf as listOfJson, objectOf, valueAt } from "../object/json.ts";
import { type StoredObject, withMetadata } from "../object/stored-object.ts";
import { ageColumn, column, nameColumn, valueColumn, wide } from "./columns.ts";
import { conditionOf } from "./pod.ts";
import { defineResource } from "./resource.ts";
import { conditions, keyedBy, listOf, objectSchema, open, text } from "./schema-parts.ts";

export const namespaces = defineResource({
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  nameRule: "label",
  schema: objectSchema({ spec: open(), status: open({ phase: text, conditions }) }),
  hasStatus: true,
  returnsDeleted: true,
  fieldLabels: ["status.phase"],
  prepare: (namespace, { old }) => {
    const labels = { ...namespace.metadata.labels, "kubernetes.io/metadata.name": namespace.metadata.name ?? "" };
    const named = withMetadata(namespace, { labels });
    if (named.metadata.deletionTimestamp !== undefined) return { ...named, status: { phase: "Terminating" } };
    if (old) return named;
    return { ...named, spec: { finalizers: ["kubernetes"], ...objectOf(named.spec) }, status: { phase: "Active" } };
  },
  isHeld: ({ spec, metadata }) => [...listOfJson(objectOf(spec).finalizers), ...(metadata.finalizers ?? [])].length > 0,
  columns: [nameColumn, valueColumn("Status", "status.phase"), ageColumn],
});

const addressOf = (node: StoredObject, type: string): string => {
  const addresses = valueAt(node, "status", "addresses");
  const found = isList(addresses)
    ? addresses.filter(isObject).find((address: JsonObject) => address.type === type)
    : undefined;
  return String(found?.address ?? "<none>");
};

export const nodes = defineResource({
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  namespaced: false,
  schema: objectSchema({
    spec: open({ taints: listOf(open()) }),
    status: open({ conditions, addresses: keyedBy(["type"], open({ type: text, address: text })) }),
  }),
  hasStatus: true,
  fieldLabels: ["spec.unschedulable"],
  columns: [
    nameColumn,
    column("Status", (node) => (conditionOf(node, "Ready")?.status === "True" ? "Ready" : "NotReady")),
    column("Roles", () => "<none>"),
    ageColumn,
    valueColumn("Version", "status.nodeInfo.kubeletVersion"),
    wide("Internal-IP", (node) => addressOf(node, "InternalIP")),
    wide("External-IP", (node) => addressOf(node, "ExternalIP")),
    wide("OS-Image", (node) => valueAt(node, "status", "nodeInfo", "osImage") || "<unknown>"),
    wide("Kernel-Version", (node) => valueAt(node, "status", "nodeInfo", "kernelVersion") || "<unknown>"),
    wide("Container-Runtime", (node) => valueAt(node, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>"),
  ],
});
