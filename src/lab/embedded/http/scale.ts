import { groupVersion, kindSubjectOf, type Resource, type ScalePaths } from "../kinds/resource.ts";
import { isObject, type Json, valueAt, withValueAt } from "../object/json.ts";
import { badRequest, internal, invalid, invalidValue } from "../object/status-error.ts";
import { type StoredObject, withMetadata } from "../object/stored-object.ts";
import { printLabelSelector } from "../store/label-selector.ts";

/** An object's replicas as the autoscaling/v1 Scale that the subresource shows: a spec of none is left out. */
export function scaleOf(object: StoredObject, paths: ScalePaths): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, ...paths.specReplicas);
  if (replicas === undefined) {
    throw internal(
      `Internal error occurred: the spec replicas field ".${paths.specReplicas.join(".")}" does not exist`,
    );
  }
  const selector = paths.selector && valueAt(object, ...paths.selector);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name: name ?? "", namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: replicas === 0 ? undefined : replicas },
    status: {
      replicas: valueAt(object, ...paths.statusReplicas) ?? 0,
      selector: typeof selector === "string" ? selector : selector && printLabelSelector(selector),
    },
  } as StoredObject;
}

/** What a patch finds as the replicas of an object that has none, which no reader is shown. */
const unsetReplicas = -2_147_483_648;

/** The Scale that a patch is made on: there is one even where replicas were never set. */
export const patchedScaleOf = (object: StoredObject, paths: ScalePaths): StoredObject =>
  valueAt(object, ...paths.specReplicas) === undefined
    ? scaleOf(withValueAt(object, paths.specReplicas, unsetReplicas) as StoredObject, paths)
    : scaleOf(object, paths);

/** The object with the replicas, and the precondition on its version, that a Scale asks for. */
export function withScale(resource: Resource, object: StoredObject, paths: ScalePaths, scale: Json): StoredObject {
  if (!isObject(scale) || (scale.kind !== undefined && scale.kind !== "Scale")) throw badRequest("expected a Scale");
  const replicas = valueAt(scale, "spec", "replicas") ?? 0;
  if (replicas === unsetReplicas)
    throw badRequest(`the spec replicas field ".${paths.specReplicas.join(".")}" cannot be empty`);
  if (!Number.isInteger(replicas) || Number(replicas) < 0) {
    const cause = invalidValue("spec.replicas", replicas, "must be greater than or equal to 0");
    throw invalid(kindSubjectOf(resource, object.metadata.name), [cause]);
  }
  const version = valueAt(scale, "metadata", "resourceVersion");
  const name = valueAt(scale, "metadata", "name");
  const scaled = withValueAt(object, paths.specReplicas, replicas) as StoredObject;
  return withMetadata(scaled, {
    ...(typeof version === "string" && version !== "" ? { resourceVersion: version } : {}),
    ...(typeof name === "string" ? { name } : {}),
  });
}

/** A Scale that is applied, as a configuration of the object itself. */
export function scaleConfig(resource: Resource, paths: ScalePaths, scale: StoredObject): StoredObject {
  const identity = { apiVersion: groupVersion(resource), kind: resource.kind, metadata: scale.metadata };
  const replicas = valueAt(scale, "spec", "replicas");
  return withValueAt(identity, paths.specReplicas, replicas) as StoredObject;
}
