import { canonicalJson, isList, isObject, type Json, keysOf } from "../object/json.ts";
import { fieldSchema, type StructuralSchema } from "../schema/schema.ts";

/** How ownership sees a value: as one leaf, as fields, as a set of scalars, or as items told apart by keys. */
export type Shape =
  | { readonly kind: "leaf" }
  | { readonly kind: "fields" }
  | { readonly kind: "set" }
  | { readonly kind: "keyed"; readonly keys: readonly string[] };

const leaf: Shape = { kind: "leaf" };

/** Where the schema says nothing, objects are fields and lists are leaves. */
export function shapeOf(schema: StructuralSchema | undefined, value: Json | undefined): Shape {
  if (isObject(value)) return schema?.["x-kubernetes-map-type"] === "atomic" ? leaf : { kind: "fields" };
  if (!isList(value)) return leaf;
  const type = schema?.["x-kubernetes-list-type"];
  if (type === "set") return { kind: "set" };
  return type === "map" ? { kind: "keyed", keys: schema?.["x-kubernetes-list-map-keys"] ?? [] } : leaf;
}

export interface Child {
  readonly element: string;
  readonly value: Json;
  readonly schema: StructuralSchema | undefined;
}

/** The parts of a value that is not a leaf, by path element. */
export function childrenOf(schema: StructuralSchema | undefined, value: Json | undefined): Child[] {
  const shape = shapeOf(schema, value);
  if (isObject(value) && shape.kind === "fields") {
    return keysOf(value).map((key) => ({
      element: `f:${key}`,
      value: value[key] as Json,
      schema: fieldSchema(schema, key),
    }));
  }
  if (!isList(value) || shape.kind === "leaf") return [];
  return value.map((item) => ({ element: itemElement(schema, shape, item), value: item, schema: schema?.items }));
}

/** The path element of a list's item; a key that the item omits takes its default. */
export function itemElement(schema: StructuralSchema | undefined, shape: Shape, item: Json): string {
  if (shape.kind !== "keyed" || !isObject(item)) return `v:${canonicalJson(item)}`;
  const entries = [...shape.keys].sort().map((key) => [key, item[key] ?? fieldSchema(schema?.items, key)?.default]);
  return `k:${canonicalJson(Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Json)}`;
}

/** Whether a field is an entry of a map, whose key is itself owned, and not a field that the schema declares. */
export const isMapEntry = (schema: StructuralSchema | undefined, element: string): boolean =>
  element.startsWith("f:") && !Object.hasOwn(schema?.properties ?? {}, element.slice(2));
