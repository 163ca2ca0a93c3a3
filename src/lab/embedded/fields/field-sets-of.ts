import { equalJson, isList, isObject, type Json } from "../object/json.ts";
import type { StructuralSchema } from "../schema/schema.ts";
import { type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { childrenOf, isMapEntry, shapeOf } from "./shape.ts";

type Value = Json | undefined;

/** The fields that an applied configuration claims. */
export function fieldSetOf(schema: StructuralSchema | undefined, value: Json): FieldSet {
  const set = new FieldSetBuilder();
  collect(schema, value, [], set);
  return set;
}

function collect(
  schema: StructuralSchema | undefined,
  value: Json,
  path: readonly string[],
  set: FieldSetBuilder,
): void {
  if (shapeOf(schema, value).kind === "leaf") {
    set.add(path);
    return;
  }
  for (const child of childrenOf(schema, value)) {
    const at = [...path, child.element];
    collect(child.schema, child.value, at, set);
    const isEmptyMap = isObject(child.value) && Object.keys(child.value).length === 0;
    if (!child.element.startsWith("f:") || isEmptyMap || isMapEntry(schema, child.element)) set.add(at);
  }
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** The fields by which two versions of an object differ. */
export function compareFields(schema: StructuralSchema | undefined, before: Value, after: Value): Comparison {
  const comparison = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  compare(schema, before, after, [], comparison);
  return comparison;
}

type Building = { readonly [K in keyof Comparison]: FieldSetBuilder };

function compare(
  schema: StructuralSchema | undefined,
  before: Value,
  after: Value,
  path: readonly string[],
  to: Building,
): void {
  if (before === undefined) to.added.add(path);
  else if (after === undefined) to.removed.add(path);
  if (isLeafFor(schema, before, after)) {
    if (before !== undefined && after !== undefined && !equalJson(before, after)) to.modified.add(path);
    return;
  }
  const old = new Map(childrenOf(schema, before).map((child) => [child.element, child]));
  const fresh = new Map(childrenOf(schema, after).map((child) => [child.element, child]));
  for (const element of new Set([...old.keys(), ...fresh.keys()])) {
    const [left, right] = [old.get(element), fresh.get(element)];
    compare((right ?? left)?.schema, left?.value, right?.value, [...path, element], to);
  }
}

const isEmpty = (value: Value): boolean =>
  value === undefined ||
  value === null ||
  (isList(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

/** Leaves, values of different shapes, and two empty values are compared as a whole. */
function isLeafFor(schema: StructuralSchema | undefined, before: Value, after: Value): boolean {
  if (isEmpty(before) && isEmpty(after)) return true;
  const kinds = [before, after].filter((value) => value !== undefined).map((value) => shapeOf(schema, value).kind);
  return kinds.includes("leaf") || (kinds.length === 2 && kinds[0] !== kinds[1]);
}
