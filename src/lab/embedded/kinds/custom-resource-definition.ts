import { isList, isObject, objectOf } from "../object/json.ts";
import { type Cause, invalidValue } from "../object/status-error.ts";
import { type StoredObject, timestamp } from "../object/stored-object.ts";
import { column, nameColumn } from "./columns.ts";
import { defineResource, type WriteContext } from "./resource.ts";
import { anything, listOf, objectSchema, open, text } from "./schema-parts.ts";

/** Fills in the names and, as a definition is served at once, the conditions that say so. */
function prepare(definition: StoredObject, { nowMs, old }: WriteContext): StoredObject {
  const spec = objectOf(definition.spec);
  const names = objectOf(spec.names);
  const kind = String(names.kind ?? "");
  const full = { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names };
  const versions = isList(spec.versions) ? spec.versions.filter(isObject) : [];
  const since = { lastTransitionTime: timestamp(nowMs) };
  const conditions = [
    { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found", ...since },
    {
      type: "Established",
      status: "True",
      reason: "InitialNamesAccepted",
      message: "the initial names have been accepted",
      ...since,
    },
  ];
  return {
    ...definition,
    spec: { conversion: { strategy: "None" }, ...spec, names: full },
    status: {
      conditions: objectOf(old?.status).conditions ?? conditions,
      acceptedNames: full,
      storedVersions: versions.filter((version) => version.storage === true).map((version) => String(version.name)),
    },
  };
}

function check(definition: StoredObject): Cause[] {
  const spec = objectOf(definition.spec);
  const wanted = `${objectOf(spec.names).plural}.${spec.group}`;
  const { name = "" } = definition.metadata;
  return name === wanted ? [] : [invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group')];
}

export const customResourceDefinitions = defineResource({
  group: "apiextensions.k8s.io",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  namespaced: false,
  hasStatus: true,
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  schema: objectSchema(
    {
      spec: open(
        {
          group: text,
          scope: { ...text, enum: ["Namespaced", "Cluster"] },
          names: open({ plural: text, kind: text }, { required: ["plural", "kind"] }),
          versions: listOf(open({ name: text, schema: anything }, { required: ["name"] })),
        },
        { required: ["group", "names", "scope", "versions"] },
      ),
      status: open(),
    },
    { required: ["spec"] },
  ),
  prepare,
  check,
  columns: [nameColumn, column("Created At", ({ metadata }) => metadata.creationTimestamp ?? "", "date")],
});
