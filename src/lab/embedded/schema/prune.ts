import { isList, isObject, type Json, keysOf } from "../object/json.ts";
import { childPath, fieldSchema, keepsUnknown, type StructuralSchema } from "./schema.ts";

/** The value without the fields that the schema does not know; the path of each goes to `drop`. */
export function prune(
  schema: StructuralSchema | undefined,
  value: Json,
  drop: (path: string) => void,
  path = "",
): Json {
  if (isList(value)) {
    return schema?.items ? value.map((item, index) => prune(schema.items, item, drop, childPath(path, index))) : value;
  }
  if (!isObject(value) || schema === undefined) return value;
  const kept: Record<string, Json> = {};
  for (const key of keysOf(value)) {
    const child = fieldSchema(schema, key);
    const at = childPath(path, key);
    if (child === undefined && !keepsUnknown(schema)) drop(at);
    else kept[key] = prune(child, value[key] as Json, drop, at);
  }
  return kept;
}
