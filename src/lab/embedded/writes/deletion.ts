import { kindSubjectOf, type Resource } from "../kinds/resource.ts";
import { isObject, type Json, valueAt } from "../object/json.ts";
import { badRequest, conflict, invalid, invalidValue, unsupportedValue } from "../object/status-error.ts";
import { type StoredObject, timestamp, withMetadata } from "../object/stored-object.ts";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly dryRun?: boolean;
}

const policies = ["Foreground", "Background", "Orphan"];

/** Reads the DeleteOptions of a body, or of the query where there is none. */
export function readDeleteOptions(body: Json | undefined, query: URLSearchParams): DeleteOptions {
  const options = isObject(body) ? body : {};
  const number = (value: Json | undefined): number | undefined => {
    if (value === undefined || value === null) return undefined;
    if (!Number.isInteger(Number(value)))
      throw badRequest(`gracePeriodSeconds: ${JSON.stringify(value)} is not a number`);
    return Number(value);
  };
  const text = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
  const policy = text(options.propagationPolicy) ?? query.get("propagationPolicy") ?? undefined;
  const orphan = options.orphanDependents ?? query.get("orphanDependents") ?? undefined;
  const subject = { group: "meta.k8s.io", kind: "DeleteOptions" };
  if (policy !== undefined && orphan !== undefined) {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    throw invalid(subject, [invalidValue("propagationPolicy", policy, why)]);
  }
  if (policy !== undefined && !policies.includes(policy)) {
    throw invalid(subject, [unsupportedValue("propagationPolicy", policy, [...policies, "nil"])]);
  }
  return {
    gracePeriodSeconds: number(options.gracePeriodSeconds) ?? number(query.get("gracePeriodSeconds")),
    propagationPolicy: policy ?? (String(orphan) === "true" ? "Orphan" : undefined),
    uid: text(valueAt(options, "preconditions", "uid")),
    resourceVersion: text(valueAt(options, "preconditions", "resourceVersion")),
  };
}

/** Refuses with 409 when the object is not the one, or not in the state, that the request is about. */
export function checkPreconditions(
  resource: Resource,
  { metadata }: StoredObject,
  { uid, resourceVersion }: DeleteOptions,
): void {
  const subject = kindSubjectOf(resource, metadata.name);
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        "The object might have been deleted and then recreated",
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** The finalizers by which the garbage collector learns the propagation policy. */
function finalizersFor(object: StoredObject, policy: string | undefined): readonly string[] {
  const given = object.metadata.finalizers ?? [];
  if (policy === undefined) return given;
  const others = given.filter((finalizer) => finalizer !== foregroundFinalizer && finalizer !== orphanFinalizer);
  if (policy === "Foreground") return [...others, foregroundFinalizer];
  return policy === "Orphan" ? [...others, orphanFinalizer] : others;
}

/** The object as marked for deletion. A second request can shorten the grace period, never lengthen it. */
export function markDeleted(
  resource: Resource,
  object: StoredObject,
  { gracePeriodSeconds, propagationPolicy }: DeleteOptions,
  nowMs: number,
): StoredObject {
  const { metadata } = object;
  const finalizers = finalizersFor(object, propagationPolicy);
  const isFirst = metadata.deletionTimestamp === undefined;
  const asked = resource.graceSeconds(object, gracePeriodSeconds);
  const grace = Math.min(asked, metadata.deletionGracePeriodSeconds ?? asked);
  const isShorter = isFirst || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  return withMetadata(object, {
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    deletionTimestamp: isShorter ? timestamp(nowMs + grace * 1000) : metadata.deletionTimestamp,
    deletionGracePeriodSeconds: grace,
    generation: metadata.generation === undefined ? undefined : metadata.generation + (isFirst ? 1 : 0),
  });
}

/** Whether nothing keeps a deleted object any more: no finalizer, and no time left to end in. */
export const isGone = (resource: Resource, object: StoredObject): boolean =>
  object.metadata.deletionTimestamp !== undefined &&
  (object.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  !resource.isHeld(object);
