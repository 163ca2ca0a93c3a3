import type { Resource, WriteContext } from "../kinds/resource.ts";
import { equalJson } from "../object/json.ts";
import { type Cause, forbiddenValue, requiredValue } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { checkMetadata, checkName } from "../schema/names.ts";
import { validate } from "../schema/validate.ts";

/**
 * Everything that is wrong with an object. A custom resource's own rules only run on what fits its schema, and on a spec that
 * changes; what an older schema let in stays.
 */
export function problemsOf(resource: Resource, object: StoredObject, context: WriteContext): Cause[] {
  const { old } = context;
  const bySchema = validate(resource.schema, object, "", resource.isCustom ? old : undefined);
  // A subresource changes no spec, but for what a schema that is newer fills in.
  const isSameSpec =
    context.subresource !== undefined || (old !== undefined && equalJson(object.spec ?? null, old.spec ?? null));
  const skipsRules = resource.isCustom && (bySchema.length > 0 || isSameSpec);
  return [
    ...(old ? [] : naming(resource, object)),
    ...checkMetadata(object.metadata),
    ...lateFinalizers(object, old),
    ...bySchema,
    ...(skipsRules ? [] : resource.check(object, context)),
  ];
}

function naming(resource: Resource, { metadata: { name = "" } }: StoredObject): Cause[] {
  if (name === "") return [requiredValue("metadata.name", "name or generateName is required")];
  return checkName(name, resource.nameRule);
}

function lateFinalizers({ metadata }: StoredObject, old: StoredObject | undefined): Cause[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const held = old?.metadata.finalizers ?? [];
  const late = (metadata.finalizers ?? []).filter((finalizer) => !held.includes(finalizer));
  if (late.length === 0) return [];
  const list = late.map((name) => JSON.stringify(name)).join(", ");
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [forbiddenValue("metadata.finalizers", why)];
}
