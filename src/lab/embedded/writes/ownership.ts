import { compareFields } from "../fields/field-sets-of.ts";
import {
  decodeManagedFields,
  type FieldManager,
  type Ownership,
  ownAfterUpdate,
  ownedPart,
} from "../fields/managed-fields.ts";
import { groupVersion, type Resource } from "../kinds/resource.ts";
import { type StoredObject, withMetadata } from "../object/stored-object.ts";

export const updater = (resource: Resource, manager: string, subresource?: string): FieldManager => ({
  manager,
  operation: "Update",
  apiVersion: groupVersion(resource),
  subresource,
});

/** The creator owns all that the object was created with. */
export const ownersOfCreated = (
  resource: Resource,
  manager: FieldManager,
  created: StoredObject,
  time: string,
): Ownership[] => ownAfterUpdate([], manager, compareFields(resource.schema, {}, ownedPart(created)), time);

/** Who owns what once `current` has become `next`; `sent` is the object as it was written. */
export function ownersOfUpdated(
  resource: Resource,
  manager: FieldManager,
  { current, sent, next }: { readonly current: StoredObject; readonly sent: StoredObject; readonly next: StoredObject },
  time: string,
): Ownership[] {
  const owners = ownersBefore(current, sent);
  if (owners.length === 0) return [];
  return ownAfterUpdate(owners, manager, compareFields(resource.schema, ownedPart(current), ownedPart(next)), time);
}

/** The owners that a written object states, else those it has; one empty entry means that there are to be none. */
function ownersBefore(current: StoredObject, sent: StoredObject): Ownership[] {
  const stated = sent.metadata.managedFields ?? [];
  if (stated.length === 1 && Object.keys(stated[0] ?? {}).length === 0) return [];
  return decodeManagedFields(stated.length > 0 ? stated : current.metadata.managedFields);
}

/** An object without owners belongs, from the first apply on, to a manager that stands for all who wrote it before. */
export function ownersForApply(resource: Resource, current: StoredObject, time: string): Ownership[] {
  const owners = decodeManagedFields(current.metadata.managedFields);
  return owners.length > 0 ? owners : ownersOfCreated(resource, updater(resource, "before-first-apply"), current, time);
}

/** The part of a configuration that can be applied here: the status alone through `status`, else all but it. */
export function claimable(resource: Resource, config: StoredObject, subresource: string | undefined): StoredObject {
  const { apiVersion, kind, metadata, status } = config;
  if (subresource === "status") return { apiVersion, kind, metadata: { name: metadata.name ?? "" }, status };
  const identified = withMetadata(config, { uid: undefined, resourceVersion: undefined });
  return resource.hasStatus ? { ...identified, status: undefined } : identified;
}
