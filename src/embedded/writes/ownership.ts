import { compareFields } from "../fields/field-sets-of.ts";
import {
  decodeManagedFields,
  type Ownership,
  ownAfterUpdate,
  ownedPart,
  type Writer,
} from "../fields/managed-fields.ts";
import { groupVersion, type Resource } from "../kinds/resource.ts";
import { type KubeObject, withMetadata } from "../object/kube-object.ts";

export const updater = (resource: Resource, manager: string, subresource?: string): Writer => ({
  manager,
  operation: "Update",
  apiVersion: groupVersion(resource),
  subresource,
});

/** The creator owns all that the object was created with. */
export const ownersOfCreated = (resource: Resource, writer: Writer, created: KubeObject, time: string): Ownership[] =>
  ownAfterUpdate([], writer, compareFields(resource.schema, {}, ownedPart(created)), time);

/** Who owns what once `current` has become `next`; `sent` is the object as it was written. */
export function ownersOfUpdated(
  resource: Resource,
  writer: Writer,
  { current, sent, next }: { readonly current: KubeObject; readonly sent: KubeObject; readonly next: KubeObject },
  time: string,
): Ownership[] {
  const owners = ownersBefore(current, sent);
  if (owners.length === 0) return [];
  return ownAfterUpdate(owners, writer, compareFields(resource.schema, ownedPart(current), ownedPart(next)), time);
}

/** The owners that a written object states, else those it has; one empty entry means that there are to be none. */
function ownersBefore(current: KubeObject, sent: KubeObject): Ownership[] {
  const stated = sent.metadata.managedFields ?? [];
  if (stated.length === 1 && Object.keys(stated[0] ?? {}).length === 0) return [];
  return decodeManagedFields(stated.length > 0 ? stated : current.metadata.managedFields);
}

/** An object without owners belongs, from the first apply on, to a manager that stands for all who wrote it before. */
export function ownersForApply(resource: Resource, current: KubeObject, time: string): Ownership[] {
  const owners = decodeManagedFields(current.metadata.managedFields);
  return owners.length > 0 ? owners : ownersOfCreated(resource, updater(resource, "before-first-apply"), current, time);
}

/** The part of a configuration that can be applied here: the status alone through `status`, else all but it. */
export function claimable(resource: Resource, config: KubeObject, subresource: string | undefined): KubeObject {
  const { apiVersion, kind, metadata, status } = config;
  if (subresource === "status") return { apiVersion, kind, metadata: { name: metadata.name ?? "" }, status };
  const identified = withMetadata(config, { uid: undefined, resourceVersion: undefined });
  return resource.hasStatus ? { ...identified, status: undefined } : identified;
}
