import { isList, isObject, type Json, type JsonObject, keysOf } from "../object/json.ts";
import { fieldSchema, type StructuralSchema } from "./schema.ts";

/**
 * Fills what the schema gives a default for, the children of defaulted objects included. A null where the schema allows
 * none is dropped first, so it takes the default as well; with `keepsNulls`, only where there is a default to take.
 */
export function fillDefaults(schema: StructuralSchema | undefined, value: Json, keepsNulls = false): Json {
  if (isList(value)) return schema?.items ? value.map((item) => fillDefaults(schema.items, item, keepsNulls)) : value;
  if (!isObject(value) || schema === undefined) return value;
  const filled: Record<string, Json> = {};
  for (const key of keysOf(value)) {
    const child = fieldSchema(schema, key);
    const given = value[key] as Json;
    if (given === null && allowsNoNull(child) && !(keepsNulls && child?.default === undefined)) continue;
    filled[key] = fillDefaults(child, given, keepsNulls);
  }
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (filled[key] === undefined && child.default !== undefined) {
      filled[key] = fillDefaults(child, child.default, keepsNulls);
    }
  }
  return filled as JsonObject;
}

const allowsNoNull = (schema: StructuralSchema | undefined): boolean =>
  schema !== undefined && schema.nullable !== true && schema["x-kubernetes-preserve-unknown-fields"] !== true;
