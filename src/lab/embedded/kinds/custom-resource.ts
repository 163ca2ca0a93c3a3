import { isList, isObject, type Json, type JsonObject, objectOf, valueAt } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { StructuralSchema } from "../schema/schema.ts";
import { ageColumn, nameColumn, printerColumn } from "./columns.ts";
import { defineResource, type Resource, type ScalePaths } from "./resource.ts";
import { objectMeta, text } from "./schema-parts.ts";

/** The resources that a CustomResourceDefinition (apiextensions.k8s.io/v1) serves: one for each served version. */
export function customResources(
  definition: StoredObject,
  check: (object: StoredObject) => readonly string[],
): Resource[] {
  const spec = objectOf(definition.spec);
  const versions = isList(spec.versions) ? spec.versions.filter(isObject) : [];
  const storage = String(versions.find((version) => version.storage === true)?.name);
  return versions.filter((version) => version.served === true).map((version) => serve(spec, version, storage, check));
}

const strings = (value: Json | undefined): string[] => (isList(value) ? value.map(String) : []);

function serve(
  spec: JsonObject,
  version: JsonObject,
  storage: string,
  check: (object: StoredObject) => readonly string[],
): Resource {
  const group = String(spec.group);
  const names = objectOf(spec.names);
  const name = String(version.name);
  const subresources = objectOf(version.subresources);
  const printed = isList(version.additionalPrinterColumns) ? version.additionalPrinterColumns.map(printerColumn) : [];
  const columns = printed.filter((column) => column !== undefined);
  const schema = objectOf(valueAt(version, "schema", "openAPIV3Schema"));
  const problems = hasRules(schema) ? check : () => [];
  return defineResource({
    group,
    version: name,
    kind: String(names.kind),
    plural: String(names.plural),
    singular: String(names.singular ?? String(names.kind).toLowerCase()),
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    namespaced: spec.scope === "Namespaced",
    isCustom: true,
    schema: rootSchema(schema as StructuralSchema),
    hasStatus: subresources.status !== undefined,
    hasGeneration: true,
    scale: scalePaths(subresources.scale),
    allowsUnconditionalUpdate: false,
    columns: [nameColumn, ...(columns.length === 0 ? [ageColumn] : columns)],
    check: (object) => problems(object).map((message) => ({ reason: "FieldValueInvalid", ...located(message) })),
    toStored: (object) => ({ ...object, apiVersion: `${group}/${storage}` }),
    fromStored: (object) => (name === storage ? object : { ...object, apiVersion: `${group}/${name}` }),
  });
}

/** Whether a schema has rules in CEL, anywhere; what stands in for them has nothing to say of one without. */
const hasRules = (schema: Json): boolean =>
  isList(schema)
    ? schema.some(hasRules)
    : isObject(schema) &&
      ("x-kubernetes-validations" in schema || Object.values(schema).some((one) => one !== undefined && hasRules(one)));

/** Splits `spec.scaling: why` into field and message; a message without a path is about the spec. */
function located(message: string): { readonly field: string; readonly message: string } {
  const [, field = "spec", why = message] = /^([A-Za-z][\w.[\]]*): (.*)$/s.exec(message) ?? [];
  return { field, message: why.startsWith("Invalid value") ? why : `Invalid value: ${why}` };
}

const rootSchema = (schema: StructuralSchema): StructuralSchema => ({
  ...schema,
  type: "object",
  properties: { ...schema.properties, apiVersion: text, kind: text, metadata: objectMeta },
});

const keysIn = (path: Json | undefined): string[] => String(path).split(".").filter(Boolean);

function scalePaths(scale: Json | undefined): ScalePaths | undefined {
  if (!isObject(scale)) return undefined;
  return {
    specReplicas: keysIn(scale.specReplicasPath),
    statusReplicas: keysIn(scale.statusReplicasPath),
    ...(scale.labelSelectorPath === undefined ? {} : { selector: keysIn(scale.labelSelectorPath) }),
  };
}
