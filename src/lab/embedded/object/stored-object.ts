import type { JsonObject } from "./json.ts";

export interface StoredOwnerReference extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry extends JsonObject {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: JsonObject;
  readonly subresource?: string;
}

export interface Metadata extends JsonObject {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly StoredOwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** An API object as the store keeps it: never changed in place. */
export interface StoredObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** The copy of an object with some metadata replaced; undefined removes. */
export const withMetadata = (
  object: StoredObject,
  metadata: { readonly [K in keyof Metadata]: Metadata[K] | undefined },
) => ({ ...object, metadata: { ...object.metadata, ...metadata } }) as StoredObject;

/** The time as the API writes it: whole seconds, UTC. */
export const timestamp = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`;

/** Where an object is kept within its kind: `namespace/name`, or `/name` outside namespaces. */
export const objectKey = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`;

export const keyOf = (object: StoredObject): string => objectKey(object.metadata.namespace, object.metadata.name ?? "");

const encoded = new WeakMap<StoredObject, string>();

/** The object's JSON. Kept per object, since one change goes to every watcher. */
export function encodeObject(object: StoredObject): string {
  let text = encoded.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    encoded.set(object, text);
  }
  return text;
}
