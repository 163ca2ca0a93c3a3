import type { Json } from "../object/json.ts";
import type { StructuralSchema } from "../schema/schema.ts";

/**
 * The built-in kinds are described as far as the server acts on them: defaults, list types, merge keys and the fields
 * it reads. Fields that are not described are kept as they come.
 */
export const open = (
  properties: Readonly<Record<string, StructuralSchema>> = {},
  more: StructuralSchema = {},
): StructuralSchema => ({
  type: "object",
  properties,
  "x-kubernetes-preserve-unknown-fields": true,
  ...more,
});

export const text: StructuralSchema = { type: "string" };
export const flag: StructuralSchema = { type: "boolean" };
export const int32: StructuralSchema = { type: "integer", format: "int32" };
export const intOrText: StructuralSchema = { "x-kubernetes-int-or-string": true };
export const time: StructuralSchema = { type: "string", format: "date-time" };
export const microTime: StructuralSchema = { type: "string", format: "micro-time" };
export const anything: StructuralSchema = { "x-kubernetes-preserve-unknown-fields": true };

export const textOf = (fallback: string): StructuralSchema => ({ type: "string", default: fallback });
export const intOf = (fallback: number): StructuralSchema => ({ ...int32, default: fallback });
export const withDefault = (schema: StructuralSchema, fallback: Json): StructuralSchema => ({
  ...schema,
  default: fallback,
});

/** A string map whose entries are owned one by one, as labels are. */
export const stringMap: StructuralSchema = { type: "object", additionalProperties: { type: "string" } };

/** An object that is owned, and replaced, as a whole. */
export const atomic = (schema: StructuralSchema): StructuralSchema => ({
  ...schema,
  "x-kubernetes-map-type": "atomic",
});

/** A list that is owned, and replaced, as a whole. */
export const listOf = (items: StructuralSchema): StructuralSchema => ({ type: "array", items });

/** A list whose items are told apart by `keys`; strategic merge patches go by the first of them. */
export const keyedBy = (keys: readonly string[], items: StructuralSchema): StructuralSchema => ({
  type: "array",
  items,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
  ...(keys[0] === undefined ? {} : { "x-kubernetes-patch-merge-key": keys[0] }),
});

export const conditions: StructuralSchema = keyedBy(
  ["type"],
  open({ type: text, status: text, reason: text, message: text, lastTransitionTime: time }),
);

export const labelSelector: StructuralSchema = atomic(
  open({ matchLabels: stringMap, matchExpressions: listOf(open()) }),
);

export const objectMeta: StructuralSchema = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    generation: { type: "integer", format: "int64" },
    creationTimestamp: { ...time, nullable: true },
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: "integer", format: "int64" },
    labels: stringMap,
    annotations: stringMap,
    finalizers: {
      type: "array",
      items: text,
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-merge-key": "",
    },
    ownerReferences: keyedBy(
      ["uid"],
      atomic(open({ apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag })),
    ),
    managedFields: listOf(open()),
  },
};

/** The schema of a whole object: its identity beside the fields of the kind. */
export const objectSchema = (
  properties: Readonly<Record<string, StructuralSchema>>,
  more: StructuralSchema = {},
): StructuralSchema => ({
  type: "object",
  ...more,
  properties: { apiVersion: text, kind: text, metadata: objectMeta, ...properties },
});
