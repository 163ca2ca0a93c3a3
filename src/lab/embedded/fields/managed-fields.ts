import { type Json, type JsonObject, keysOf, objectOf, without } from "../object/json.ts";
import type { ManagedFieldsEntry, StoredObject } from "../object/stored-object.ts";
import {
  decodeFieldSet,
  difference,
  emptyFieldSet,
  encodeFieldSet,
  type FieldSet,
  intersection,
  isEmptyFieldSet,
  union,
} from "./field-set.ts";
import type { Comparison } from "./field-sets-of.ts";

/** Who writes: a field manager, by what operation and through which subresource. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
}

/** One manager with the fields that it owns. */
export interface Ownership extends FieldManager {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

export const isSameManager = (left: FieldManager, right: FieldManager): boolean =>
  left.manager === right.manager &&
  left.operation === right.operation &&
  left.subresource === right.subresource &&
  (left.operation === "Apply" || left.apiVersion === right.apiVersion);

export const decodeManagedFields = (entries: readonly ManagedFieldsEntry[] = []): Ownership[] =>
  entries.flatMap((entry) =>
    entry.operation === "Apply" || entry.operation === "Update"
      ? [
          {
            manager: entry.manager ?? "",
            operation: entry.operation,
            apiVersion: entry.apiVersion ?? "",
            subresource: entry.subresource,
            time: entry.time,
            fields: decodeFieldSet(objectOf(entry.fieldsV1)),
          },
        ]
      : [],
  );

/** Appliers first, then by time and name, as the API server lists them; who owns nothing is left out. */
export function encodeManagedFields(owners: readonly Ownership[]): ManagedFieldsEntry[] | undefined {
  const rank = ({ operation, time = "", manager, subresource = "" }: Ownership) =>
    `${operation} ${time} ${manager} ${subresource}`;
  const listed = owners
    .filter(({ fields }) => !isEmptyFieldSet(fields))
    .sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
  if (listed.length === 0) return undefined;
  return listed.map(({ fields, time, subresource, manager, operation, apiVersion }) => ({
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: encodeFieldSet(fields),
    ...(subresource === undefined ? {} : { subresource }),
  }));
}

const unowned = ["name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion", "selfLink"];
const untracked = ["managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"];

/** The part of an object that managers own: not its identity, nor what the server keeps itself. */
export function ownedPart(object: StoredObject): JsonObject {
  const metadata = without(object.metadata, ...unowned, ...untracked);
  const rest = without(object, "apiVersion", "kind", "metadata");
  return keysOf(metadata).length === 0 ? rest : { ...rest, metadata };
}

const metadataItself: FieldSet = { members: new Set(["f:metadata"]), children: new Map() };

/** Takes the fields that changed away from every other manager. */
function takeFromOthers(owners: readonly Ownership[], manager: FieldManager, changes: Comparison): Ownership[] {
  const taken = union(union(changes.added, changes.modified), changes.removed);
  return owners.map((owner) =>
    isSameManager(owner, manager) ? owner : { ...owner, fields: difference(owner.fields, taken) },
  );
}

/** Ownership after a write that is no apply: the manager owns what it added or changed, nobody what it removed. */
export function ownAfterUpdate(
  owners: readonly Ownership[],
  manager: FieldManager,
  changes: Comparison,
  time: string,
): Ownership[] {
  const { added, modified, removed } = changes;
  if ([added, modified, removed].every(isEmptyFieldSet)) return [...owners];
  const others = takeFromOthers(owners, manager, changes).filter((owner) => !isSameManager(owner, manager));
  const before = owners.find((owner) => isSameManager(owner, manager))?.fields ?? emptyFieldSet;
  const fields = difference(union(difference(before, removed), union(added, modified)), metadataItself);
  return [...others, { ...manager, time, fields }];
}

/** Ownership after an apply that owns exactly `fields`. */
export function ownAfterApply(
  owners: readonly Ownership[],
  manager: FieldManager,
  fields: FieldSet,
  changes: Comparison,
  time: string,
): Ownership[] {
  const others = takeFromOthers(owners, manager, changes).filter((owner) => !isSameManager(owner, manager));
  return [...others, { ...manager, time, fields: difference(fields, metadataItself) }];
}

export interface FieldConflict {
  readonly owner: Ownership;
  readonly fields: FieldSet;
}

/** The fields of other managers that the changes would overwrite. */
export const conflictsOf = (
  owners: readonly Ownership[],
  manager: FieldManager,
  changes: Comparison,
): FieldConflict[] =>
  owners
    .filter((owner) => !isSameManager(owner, manager))
    .map((owner) => ({ owner, fields: intersection(owner.fields, union(changes.added, changes.modified)) }))
    .filter(({ fields }) => !isEmptyFieldSet(fields));

const timeless = (entries: readonly ManagedFieldsEntry[] = []): Json => entries.map((entry) => without(entry, "time"));

/** The object with nothing in it that a write without effect would change. */
export const comparable = (object: StoredObject): JsonObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: undefined, managedFields: timeless(object.metadata.managedFields) },
});

/** Every field that one of the managers owns. */
export const unionOf = (owners: readonly Ownership[]): FieldSet =>
  owners.reduce((all, { fields }) => union(all, fields), emptyFieldSet);
