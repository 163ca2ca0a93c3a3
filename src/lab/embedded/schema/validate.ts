import { canonicalJson, equalJson, isList, isObject, type Json, type JsonObject, keysOf } from "../object/json.ts";
import {
  type Cause,
  duplicateValue,
  invalidValue,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
  wrongType,
} from "../object/status-error.ts";
import { matchesFormat } from "./formats.ts";
import { childPath, fieldSchema, type StructuralSchema } from "./schema.ts";

/**
 * What is wrong with a value, field by field, in the API server's words. What is as it was in `old` is let pass, so that a
 * schema may become stricter than what is stored.
 */
export function validate(schema: StructuralSchema, value: Json, path = "", old?: Json): Cause[] {
  if (value === null && schema.nullable === true) return [];
  if (old !== undefined && equalJson(value, old)) return [];
  const mistyped = checkType(schema, value, path);
  if (mistyped) return [mistyped];
  const causes = checkEnum(schema, value, path);
  if (typeof value === "string") causes.push(...checkString(schema, value, path));
  else if (typeof value === "number") causes.push(...checkNumber(schema, value, path));
  else if (isList(value)) causes.push(...checkList(schema, value, path, old));
  else if (isObject(value)) causes.push(...checkObject(schema, value, path, old));
  causes.push(...checkJunctors(schema, value, path));
  return causes;
}

const typeOf = (value: Json): string => {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
};

function checkType(schema: StructuralSchema, value: Json, path: string): Cause | undefined {
  const found = typeOf(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    return found === "integer" || found === "string" ? undefined : wrongType(path, found, "integer,string");
  }
  const wanted = schema.type;
  if (wanted === undefined || wanted === "" || wanted === found) return undefined;
  if (wanted === "number" && found === "integer") return undefined;
  if (wanted === "integer" && found === "number") return wrongType(path, "float64", schema.format ?? "integer");
  return wrongType(path, found, wanted);
}

const checkEnum = (schema: StructuralSchema, value: Json, path: string): Cause[] =>
  schema.enum === undefined || schema.enum.some((allowed) => equalJson(allowed, value))
    ? []
    : [unsupportedValue(path, value, schema.enum)];

function checkString(schema: StructuralSchema, value: string, path: string): Cause[] {
  const causes: Cause[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) causes.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !compiled(schema.pattern).test(value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !matchesFormat(schema.format, value)) {
    causes.push(
      invalidValue(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`),
    );
  }
  return causes;
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  let regex = patterns.get(pattern);
  if (!regex) {
    regex = new RegExp(pattern, "u");
    patterns.set(pattern, regex);
  }
  return regex;
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

function checkNumber(schema: StructuralSchema, value: number, path: string): Cause[] {
  const causes: Cause[] = [];
  const fail = (why: string) => causes.push(invalidValue(path, value, `${path} in body should be ${why}`));
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true && value <= minimum) fail(`greater than ${minimum}`);
    else if (value < minimum) fail(`greater than or equal to ${minimum}`);
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true && value >= maximum) fail(`less than ${maximum}`);
    else if (value > maximum) fail(`less than or equal to ${maximum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) fail(`a multiple of ${multipleOf}`);
  const range = schema.type === "integer" ? ranges[schema.format ?? ""] : undefined;
  if (range && (value < range[0] || value > range[1])) {
    causes.push(
      invalidValue(path, "", `Checked value must be of type integer with format ${schema.format} in ${path}`),
    );
  }
  return causes;
}

function checkList(schema: StructuralSchema, value: readonly Json[], path: string, old: Json | undefined): Cause[] {
  const causes: Cause[] = [];
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    causes.push(tooMany(path, value.length, schema.maxItems));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  }
  const { items } = schema;
  const before = oldItems(schema, old);
  if (items) causes.push(...value.flatMap((item, i) => validate(items, item, childPath(path, i), before(item))));
  return [...causes, ...checkDuplicates(schema, value, path)];
}

/** By what an item of a list is told from others: the whole of it, or its keys. */
function identityOf(schema: StructuralSchema, item: Json): Json {
  if (schema["x-kubernetes-list-type"] !== "map" || !isObject(item)) return item;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

/** What an item was before, in a list keyed by fields; in others nobody can tell. */
function oldItems(schema: StructuralSchema, old: Json | undefined): (item: Json) => Json | undefined {
  if (schema["x-kubernetes-list-type"] !== "map" || !isList(old)) return () => undefined;
  const before = new Map(old.map((item) => [canonicalJson(identityOf(schema, item)), item]));
  return (item) => before.get(canonicalJson(identityOf(schema, item)));
}

/** Items that a set, or a list keyed by fields, holds twice. */
function checkDuplicates(schema: StructuralSchema, value: readonly Json[], path: string): Cause[] {
  const kind = schema["x-kubernetes-list-type"];
  if (kind !== "set" && kind !== "map") return [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const identity = identityOf(schema, item);
    const text = canonicalJson(identity);
    if (seen.has(text)) return [duplicateValue(childPath(path, index), identity)];
    seen.add(text);
    return [];
  });
}

function checkObject(schema: StructuralSchema, value: JsonObject, path: string, old: Json | undefined): Cause[] {
  const causes: Cause[] = [];
  const keys = keysOf(value);
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties) {
    causes.push(tooMany(path, keys.length, schema.maxProperties));
  }
  if (schema.minProperties !== undefined && keys.length < schema.minProperties) {
    const why = `${path} in body should have at least ${schema.minProperties} properties`;
    causes.push(invalidValue(path, keys.length, why));
  }
  for (const key of schema.required ?? []) {
    if (value[key] === undefined) causes.push(requiredValue(childPath(path, key)));
  }
  for (const key of keys) {
    const child = fieldSchema(schema, key);
    if (child)
      causes.push(...validate(child, value[key] as Json, childPath(path, key), isObject(old) ? old[key] : undefined));
  }
  return causes;
}

function checkJunctors(schema: StructuralSchema, value: Json, path: string): Cause[] {
  const causes = (schema.allOf ?? []).flatMap((branch) => validate(branch, value, path));
  const holds = (branch: StructuralSchema) => validate(branch, value, path).length === 0;
  const fail = (why: string) => causes.push(invalidValue(path, value, `${path} in body ${why}`));
  if (schema.anyOf && !schema.anyOf.some(holds)) fail("must validate at least one schema (anyOf)");
  if (schema.oneOf && schema.oneOf.filter(holds).length !== 1) fail("must validate one and only one schema (oneOf)");
  if (schema.not && holds(schema.not)) fail("must not validate the schema (not)");
  return causes;
}
