export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. A key whose value is undefined counts as absent, as it does to JSON.stringify. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** The value as an object, or an empty one. */
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

/** The value as a list, or an empty one. */
export const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

/** The keys that are present, that is: not undefined. */
export const keysOf = (value: JsonObject): string[] => Object.keys(value).filter((key) => value[key] !== undefined);

export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (isList(left)) {
    return isList(right) && left.length === right.length && left.every((item, index) => equalJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = keysOf(left);
  return keys.length === keysOf(right).length && keys.every((key) => equalJson(left[key], right[key]));
}

/** The value of a key that may be any: what every object has, such as `constructor`, is none. */
export const ownValue = <T>(value: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** The value at a path of keys, or undefined where the path ends early. */
export function valueAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let at = value;
  for (const key of path) {
    if (!isObject(at)) return undefined;
    at = ownValue(at, key);
  }
  return at;
}

/** A copy of the object with the value at the path replaced, and the objects on the way made where they lack. */
export function withValueAt(value: JsonObject, path: readonly string[], leaf: Json | undefined): JsonObject {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  return { ...value, [head]: rest.length === 0 ? leaf : withValueAt(objectOf(value[head]), rest, leaf) };
}

/** A copy without the named keys. */
export function without(value: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key, child]) => child !== undefined && !keys.includes(key)));
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = keysOf(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${entries.join(",")}}`;
}
