import { equalJson, type Json, objectOf, valueAt } from "../object/json.ts";
import { type Cause, invalidValue } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { type Labels, labelSelectorOf, printLabelSelector } from "../store/label-selector.ts";
import { ageColumn, column, nameColumn, templateColumns, valueColumn, wide } from "./columns.ts";
import { checkContainers, podSpec } from "./pod.ts";
import { defineResource, type WriteContext } from "./resource.ts";
import * as part from "./schema-parts.ts";

const { flag, int32, intOf, intOrText, labelSelector, objectMeta, objectSchema, open, textOf, withDefault } = part;

const template = open({ metadata: objectMeta, spec: podSpec });
const counts = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "unavailableReplicas"];
const status = open({
  ...Object.fromEntries(counts.map((count) => [count, int32])),
  observedGeneration: { type: "integer", format: "int64" },
  conditions: part.conditions,
});

const rollingUpdate = { maxSurge: "25%", maxUnavailable: "25%" };

const withStatus = (object: StoredObject): StoredObject => ({ ...object, status: objectOf(object.status) });

/** Only a rolling update has bounds, so their defaults can't be the schema's. */
function prepareDeployment(object: StoredObject): StoredObject {
  const deployment = withStatus(object);
  const spec = objectOf(deployment.spec);
  const strategy = objectOf(spec.strategy);
  if (strategy.type !== "RollingUpdate") return deployment;
  const bounds = { ...rollingUpdate, ...objectOf(strategy.rollingUpdate) };
  return { ...deployment, spec: { ...spec, strategy: { ...strategy, rollingUpdate: bounds } } };
}

function check(workload: StoredObject, { old }: WriteContext): Cause[] {
  const spec = objectOf(workload.spec);
  const labels = objectOf(valueAt(spec, "template", "metadata", "labels")) as Labels;
  const causes: Cause[] = [];
  if (spec.selector !== undefined && !labelSelectorOf(spec.selector)(labels)) {
    causes.push(invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  if (spec.template !== undefined) {
    causes.push(...checkContainers(valueAt(spec.template, "spec", "containers"), "spec.template.spec.containers"));
  }
  if (old && !equalJson(spec.selector, valueAt(old, "spec", "selector"))) {
    causes.push(invalidValue("spec.selector", (spec.selector ?? null) as Json, "field is immutable"));
  }
  return causes;
}

const workload = {
  group: "apps",
  categories: ["all"],
  hasStatus: true,
  hasGeneration: true,
  scale: {
    specReplicas: ["spec", "replicas"],
    statusReplicas: ["status", "replicas"],
    selector: ["spec", "selector"],
  },
  check,
} as const;

const required = { required: ["selector", "template"] };
const replicas = { ...intOf(1), minimum: 0 };
const selectorColumn = wide("Selector", (object) => printLabelSelector(valueAt(object, "spec", "selector")));

export const deployments = defineResource({
  ...workload,
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  schema: objectSchema(
    {
      spec: open(
        {
          replicas,
          selector: labelSelector,
          template,
          strategy: withDefault(
            open({
              type: textOf("RollingUpdate"),
              rollingUpdate: open({ maxSurge: intOrText, maxUnavailable: intOrText }),
            }),
            {},
          ),
          minReadySeconds: int32,
          paused: flag,
          revisionHistoryLimit: intOf(10),
          progressDeadlineSeconds: intOf(600),
        },
        required,
      ),
      status,
    },
    { required: ["spec"] },
  ),
  prepare: prepareDeployment,
  columns: [
    nameColumn,
    column(
      "Ready",
      (object) => `${valueAt(object, "status", "readyReplicas") ?? 0}/${valueAt(object, "spec", "replicas")}`,
    ),
    valueColumn("Up-to-date", "status.updatedReplicas", 0, "integer"),
    valueColumn("Available", "status.availableReplicas", 0, "integer"),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
});

export const replicaSets = defineResource({
  ...workload,
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  prepare: withStatus,
  schema: objectSchema(
    { spec: open({ replicas, selector: labelSelector, template, minReadySeconds: int32 }, required), status },
    { required: ["spec"] },
  ),
  columns: [
    nameColumn,
    valueColumn("Desired", "spec.replicas", 0, "integer"),
    valueColumn("Current", "status.replicas", 0, "integer"),
    valueColumn("Ready", "status.readyReplicas", 0, "integer"),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
});
