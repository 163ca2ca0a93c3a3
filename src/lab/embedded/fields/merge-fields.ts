import { isObject, type Json, keysOf, ownValue } from "../object/json.ts";
import { fieldSchema, type StructuralSchema } from "../schema/schema.ts";
import { below, type FieldSet, isEmptyFieldSet } from "./field-set.ts";
import { childrenOf, shapeOf } from "./shape.ts";

/** The live value with an applied configuration laid over it: leaves replaced, fields and keyed items merged. */
export function mergeFields(schema: StructuralSchema | undefined, live: Json | undefined, config: Json): Json {
  const shape = shapeOf(schema, config);
  if (live === undefined || shape.kind === "leaf" || shapeOf(schema, live).kind !== shape.kind) return config;
  if (isObject(live) && isObject(config)) {
    const merged: Record<string, Json> = {};
    for (const key of keysOf(live)) merged[key] = live[key] as Json;
    for (const key of keysOf(config)) {
      merged[key] = mergeFields(fieldSchema(schema, key), ownValue(merged, key), config[key] as Json);
    }
    return merged;
  }
  return mergeItems(schema, live, config);
}

/** Shared items in the configuration's order, with each item of the live list alone kept after what it followed. */
function mergeItems(schema: StructuralSchema | undefined, live: Json, config: Json): Json {
  const old = childrenOf(schema, live);
  const fresh = childrenOf(schema, config);
  const current = new Map(old.map(({ element, value }) => [element, value]));
  const applied = new Set(fresh.map(({ element }) => element));
  const merged: Json[] = [];
  let at = 0;
  const takeLiveOnly = () => {
    for (let item = old[at]; item && !applied.has(item.element); item = old[++at]) merged.push(item.value);
  };
  for (const { element, value } of fresh) {
    takeLiveOnly();
    merged.push(mergeFields(schema?.items, current.get(element), value));
    if (old[at]?.element === element) at++;
  }
  return [...merged, ...old.slice(at).flatMap((item) => (applied.has(item.element) ? [] : [item.value]))];
}

/** The value without the fields of the set. What loses its last part becomes null, as in the API server. */
export function removeFields(schema: StructuralSchema | undefined, value: Json, set: FieldSet): Json {
  const children = childrenOf(schema, value);
  if (isEmptyFieldSet(set) || children.length === 0) return value;
  const kept = children
    .filter(({ element }) => !set.members.has(element))
    .map(
      (child) => [child.element.slice(2), removeFields(child.schema, child.value, below(set, child.element))] as const,
    );
  if (kept.length === 0) return null;
  return isObject(value) ? Object.fromEntries(kept) : kept.map(([, item]) => item);
}
