import { randomUUID } from "node:crypto";
import type { Resource } from "../kinds/resource.ts";
import { equalJson, without } from "../object/json.ts";
import { type StoredObject, timestamp, withMetadata } from "../object/stored-object.ts";

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Five letters and digits that spell no word, as generated names end in. */
export const randomSuffix = (random: () => number): string =>
  Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");

/** The metadata that only the server gives, for a new object. */
export const withIdentity = (resource: Resource, object: StoredObject, namespace: string | undefined, nowMs: number) =>
  withMetadata(object, {
    namespace,
    uid: randomUUID(),
    creationTimestamp: timestamp(nowMs),
    generation: resource.hasGeneration ? 1 : undefined,
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
  });

/** The next state with what a write cannot change taken from the present one. */
export const withIdentityOf = (current: StoredObject, next: StoredObject): StoredObject => {
  const { metadata } = current;
  return withMetadata(next, {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: metadata.creationTimestamp,
    deletionTimestamp: metadata.deletionTimestamp,
    deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds,
    generation: metadata.generation,
    generateName: metadata.generateName,
    selfLink: undefined,
  });
};

/** What a write through a subresource, or past it, may change: the status alone, or all but the status. */
export function confine(
  resource: Resource,
  current: StoredObject,
  next: StoredObject,
  subresource: string | undefined,
): StoredObject {
  if (subresource === "status") {
    const { managedFields } = next.metadata;
    return { ...withMetadata(current, { managedFields }), status: next.status };
  }
  return resource.hasStatus && subresource === undefined ? { ...next, status: current.status } : next;
}

/** The next state with its generation: one more when something besides metadata and status differs. */
export function withGeneration(
  resource: Resource,
  current: StoredObject,
  next: StoredObject,
  subresource: string | undefined,
): StoredObject {
  if (!resource.hasGeneration || subresource === "binding") return next;
  const ignored = resource.hasStatus ? ["metadata", "status"] : ["metadata"];
  const isSame = equalJson(without(current, ...ignored), without(next, ...ignored));
  return withMetadata(next, { generation: (current.metadata.generation ?? 0) + (isSame ? 0 : 1) });
}
