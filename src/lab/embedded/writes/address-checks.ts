import { type Resource, subjectOf } from "../kinds/resource.ts";
import { badRequest, conflict, forbidden, internal, invalid, invalidValue, modified } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";

export const unnamed = (name: string) =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);

export function checkNamespace(namespace: string | undefined, { metadata }: StoredObject): void {
  if (metadata.namespace !== undefined && metadata.namespace !== "" && metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** Refuses, with 400, an object that is not the one that the path names. */
export function checkAddress(namespace: string | undefined, name: string, object: StoredObject): void {
  if (!object.metadata.name) throw unnamed(name);
  if (object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  checkNamespace(namespace, object);
}

/** Refuses, with 409, a write that was made for another version; one without a version only where the kind allows it. */
export function checkVersion(resource: Resource, { metadata }: StoredObject, version: string | undefined): void {
  if (version === undefined || version === "" || version === "0") {
    if (resource.allowsUnconditionalUpdate) return;
    const cause = invalidValue("metadata.resourceVersion", 0, "must be specified for an update");
    throw invalid(subjectOf(resource, metadata.name), [cause]);
  }
  if (!/^\d+$/.test(version)) throw internal(`strconv.ParseUint: parsing "${version}": invalid syntax`);
  if (version !== metadata.resourceVersion) throw modified(subjectOf(resource, metadata.name));
}

/** Refuses, with 409, a write to an object that has taken the place of the one that was meant. */
export function checkUid(resource: Resource, { metadata }: StoredObject, uid: string | undefined): void {
  if (uid === undefined || uid === metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  throw conflict(subjectOf(resource, metadata.name), why);
}

/** Refuses, with 403, what is to live in a namespace that is being deleted. */
export function checkNotTerminating(resource: Resource, namespace: StoredObject, object: StoredObject): void {
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const { name = "" } = namespace.metadata;
  throw forbidden(
    subjectOf(resource, object.metadata.name ?? ""),
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: "NamespaceTerminating", message: `namespace ${name} is being terminated`, field: "metadata.namespace" }],
  );
}
