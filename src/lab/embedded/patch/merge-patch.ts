import { isObject, type Json, keysOf, ownValue } from "../object/json.ts";

/** RFC 7386: null removes, an object goes deeper, anything else replaces. */
export function mergePatch(value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = {};
  const target = isObject(value) ? value : {};
  for (const key of keysOf(target)) merged[key] = target[key] as Json;
  for (const key of keysOf(patch)) {
    const change = patch[key] as Json;
    if (change === null) delete merged[key];
    else merged[key] = mergePatch(ownValue(merged, key), change);
  }
  return merged;
}
