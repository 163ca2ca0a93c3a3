import { isList, isObject, type Json, keysOf } from "../object/json.ts";
import { type Cause, internal, StatusError } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { fieldSchema, keepsUnknown, type StructuralSchema } from "../schema/schema.ts";
import { difference, type FieldSet, printElement, printFieldSet, withNamedParents } from "./field-set.ts";
import { compareFields, fieldSetOf } from "./field-sets-of.ts";
import {
  conflictsOf,
  type FieldConflict,
  type FieldManager,
  isSameManager,
  type Ownership,
  ownAfterApply,
  ownedPart,
  unionOf,
} from "./managed-fields.ts";
import { mergeFields, removeFields } from "./merge-fields.ts";
import { itemElement, shapeOf } from "./shape.ts";

export interface Applied {
  readonly object: StoredObject;
  readonly owners: readonly Ownership[];
}

/**
 * Server-side apply (KEP-555): lays the configuration over the live object, removes what this manager applied before
 * and nobody owns any more, and refuses with 409 to change fields of other managers, unless forced.
 */
export function applyFields(
  schema: StructuralSchema,
  live: StoredObject,
  config: StoredObject,
  owners: readonly Ownership[],
  manager: FieldManager,
  { force, time }: { readonly force: boolean; readonly time: string },
): Applied {
  checkTyped(schema, config);
  const claimed = fieldSetOf(schema, ownedPart(config));
  const before = owners.find((owner) => isSameManager(owner, manager));
  const merged = mergeFields(schema, live, config) as StoredObject;
  const others = owners.filter((owner) => !isSameManager(owner, manager));
  const object = before ? withdraw(schema, merged, before.fields, [...others, { ...before, fields: claimed }]) : merged;
  const changes = compareFields(schema, ownedPart(live), ownedPart(object));
  const conflicts = conflictsOf(owners, manager, changes);
  if (conflicts.length > 0 && !force) throw conflicting(conflicts);
  return { object, owners: ownAfterApply(owners, manager, claimed, changes, time) };
}

/** Removes the fields that were claimed before and that no manager owns now; metadata itself always stays. */
function withdraw(
  schema: StructuralSchema,
  object: StoredObject,
  before: FieldSet,
  owners: readonly Ownership[],
): StoredObject {
  const { members, children } = difference(withNamedParents(before), withNamedParents(unionOf(owners)));
  const abandoned = { members: new Set([...members].filter((element) => element !== "f:metadata")), children };
  return removeFields(schema, object, abandoned) as StoredObject;
}

function conflicting(conflicts: readonly FieldConflict[]): StatusError {
  const described = conflicts.map(({ owner, fields }) => {
    const through = owner.subresource === undefined ? "" : ` with subresource "${owner.subresource}"`;
    const using = owner.operation === "Update" ? ` using ${owner.apiVersion}` : "";
    return { who: `"${owner.manager}"${through}${using}`, paths: printFieldSet(fields) };
  });
  const causes: Cause[] = described.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${who}`, field })),
  );
  const lines = described.map(({ who, paths }) =>
    paths.length === 1
      ? `conflict with ${who}: ${paths[0]}`
      : `conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join("\n")}`,
  );
  const count = `${causes.length} conflict${causes.length === 1 ? "" : "s"}`;
  return new StatusError(409, "Conflict", `Apply failed with ${count}: ${lines.join("\n")}`, { causes });
}

type Fail = (path: string, why: string) => never;

/** Refuses a configuration that does not fit the schema: ownership of its fields would have no meaning. */
function checkTyped(schema: StructuralSchema, config: StoredObject): void {
  const { namespace = "", name = "" } = config.metadata;
  const type = `${config.apiVersion}, Kind=${config.kind}`;
  checkValue(schema, config, "", (path, why) => {
    throw internal(`failed to create typed patch object (${namespace}/${name}; ${type}): ${path}: ${why}`);
  });
}

function checkValue(schema: StructuralSchema | undefined, value: Json, path: string, fail: Fail): void {
  if (schema === undefined || value === null) return;
  const found = isList(value) ? "list" : isObject(value) ? "map" : typeof value;
  const wanted = expectations[schema.type ?? ""];
  if (wanted && schema["x-kubernetes-int-or-string"] !== true && wanted.found !== found) {
    fail(path, `expected ${wanted.name}, got ${found}`);
  }
  if (isList(value)) checkItems(schema, value, path, fail);
  if (!isObject(value)) return;
  for (const key of keysOf(value)) {
    const child = fieldSchema(schema, key);
    if (child === undefined && !keepsUnknown(schema)) fail(`${path}.${key}`, "field not declared in schema");
    checkValue(child, value[key] as Json, `${path}.${key}`, fail);
  }
}

function checkItems(schema: StructuralSchema, value: readonly Json[], path: string, fail: Fail): void {
  const shape = shapeOf(schema, value);
  const seen = new Set<string>();
  value.forEach((item, index) => {
    checkValue(schema.items, item, `${path}[${index}]`, fail);
    if (shape.kind === "leaf") return;
    const element = itemElement(schema, shape, item);
    if (shape.kind === "keyed" && element === "k:{}") {
      const keys = JSON.stringify(shape.keys);
      fail(path, `element ${index}: associative list with keys has an element that omits all key fields ${keys}`);
    }
    if (seen.has(element)) fail(path, `duplicate entries for key ${printElement(element)}`);
    seen.add(element);
  });
}

const expectations: Readonly<Record<string, { readonly found: string; readonly name: string }>> = {
  string: { found: "string", name: "string" },
  integer: { found: "number", name: "numeric (int or float)" },
  number: { found: "number", name: "numeric (int or float)" },
  boolean: { found: "boolean", name: "boolean" },
  object: { found: "map", name: "map" },
  array: { found: "list", name: "list" },
};
