import { keysOf, objectOf, valueAt } from "../object/json.ts";
import { ageColumn, column, nameColumn, valueColumn } from "./columns.ts";
import { defineResource } from "./resource.ts";
import { int32, keyedBy, microTime, objectSchema, open, stringMap, text } from "./schema-parts.ts";

export const configMaps = defineResource({
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  schema: objectSchema({ data: stringMap, binaryData: stringMap }),
  columns: [
    nameColumn,
    column("Data", (map) => keysOf(objectOf(map.data)).length + keysOf(objectOf(map.binaryData)).length, "integer"),
    ageColumn,
  ],
});

export const serviceAccounts = defineResource({
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  returnsDeleted: true,
  schema: objectSchema({ secrets: keyedBy(["name"], open({ name: text })) }),
  columns: [nameColumn, ageColumn],
});

export const leases = defineResource({
  group: "coordination.k8s.io",
  kind: "Lease",
  plural: "leases",
  allowsUnconditionalUpdate: false,
  allowsCreateOnUpdate: true,
  schema: objectSchema({
    spec: open({
      holderIdentity: text,
      leaseDurationSeconds: { ...int32, minimum: 1 },
      leaseTransitions: { ...int32, minimum: 0 },
      acquireTime: microTime,
      renewTime: microTime,
    }),
  }),
  columns: [nameColumn, valueColumn("Holder", "spec.holderIdentity"), ageColumn],
});

export const horizontalPodAutoscalers = defineResource({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  hasStatus: true,
  schema: objectSchema({
    spec: open(
      {
        minReplicas: { ...int32, default: 1, minimum: 0 },
        maxReplicas: { ...int32, minimum: 1 },
        scaleTargetRef: open({ apiVersion: text, kind: text, name: text }, { required: ["kind", "name"] }),
      },
      { required: ["maxReplicas", "scaleTargetRef"] },
    ),
    status: open(),
  }),
  columns: [
    nameColumn,
    column("Reference", (hpa) =>
      ["kind", "name"].map((key) => valueAt(hpa, "spec", "scaleTargetRef", key) ?? "").join("/"),
    ),
    column("Targets", () => "<unknown>"),
    valueColumn("MinPods", "spec.minReplicas"),
    valueColumn("MaxPods", "spec.maxReplicas", "", "integer"),
    valueColumn("Replicas", "status.currentReplicas", 0, "integer"),
    ageColumn,
  ],
});
