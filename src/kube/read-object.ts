import { defined } from "../api/defined.ts";
import { malformed } from "./api-error.ts";
import type { KubeObject, ManagedFields, ObjectMeta, OwnerReference } from "./types.ts";
import { fieldsOf, isFields, listOf, textMapOf, textOf, textsOf, wholeOf } from "./untyped.ts";

const isWhole = (value: unknown): boolean => value === undefined || wholeOf(value) !== undefined;
const isTextOrAbsent = (value: unknown): boolean => value === undefined || textOf(value) !== undefined;
const areTexts = (value: unknown): boolean => value === undefined || (isFields(value) && textMapOf(value) === value);
const isFlagOrAbsent = (value: unknown): boolean => value === undefined || typeof value === "boolean";

type Item = Readonly<Record<string, unknown>>;
const areAll = (value: unknown, isSound: (item: Item) => boolean): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => isFields(item) && isSound(item)));
const isOwner = ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: Item): boolean =>
  [apiVersion, kind, name, uid].every((text) => textOf(text) !== undefined) &&
  [controller, blockOwnerDeletion].every(isFlagOrAbsent);
const isManaged = ({ manager, time, fieldsV1 }: Item): boolean =>
  isTextOrAbsent(manager) && isTextOrAbsent(time) && (fieldsV1 === undefined || isFields(fieldsV1));
const isTextList = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"));

const texts = ["namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"] as const;

/** Whether all that is read of it is of its type, as it is of every object that the API server checked. */
const isSound = (metadata: Readonly<Record<string, unknown>>): boolean =>
  texts.every((field) => isTextOrAbsent(metadata[field])) &&
  isWhole(metadata.generation) &&
  areTexts(metadata.labels) &&
  areTexts(metadata.annotations) &&
  areAll(metadata.ownerReferences, isOwner) &&
  areAll(metadata.managedFields, isManaged) &&
  isTextList(metadata.finalizers);

/** Stays an entry, whoever wrote: fields that somebody else wrote are not ours. */
const managed = ({ manager, time, fieldsV1 }: Item): ManagedFields => ({
  manager: textOf(manager),
  time: textOf(time),
  fieldsV1: fieldsOf(fieldsV1),
});

function cleaned(metadata: Readonly<Record<string, unknown>>, name: string): ObjectMeta {
  const given = texts.flatMap((field) => {
    const text = textOf(metadata[field]);
    return text === undefined ? [] : [[field, text]];
  });
  const generation = wholeOf(metadata.generation);
  return {
    name,
    ...Object.fromEntries(given),
    ...defined({ generation }),
    labels: textMapOf(metadata.labels),
    annotations: textMapOf(metadata.annotations),
    ownerReferences: listOf(metadata.ownerReferences).filter(isOwner) as unknown as readonly OwnerReference[],
    managedFields: listOf(metadata.managedFields).map(managed),
    finalizers: textsOf(metadata.finalizers),
  };
}

/**
 * An object as somebody sent it, its metadata checked: what is there is of its type. Undefined for what has no name, and
 * so is none.
 */
export function readObject(value: unknown): KubeObject | undefined {
  if (!isFields(value)) return undefined;
  const metadata = fieldsOf(value.metadata);
  const name = textOf(metadata.name);
  if (name === undefined) return undefined;
  return isSound(metadata) ? (value as unknown as KubeObject) : { ...value, metadata: cleaned(metadata, name) };
}

/** The same of an answer that has to be one: throws an `ApiError` where it is none. */
export function objectOf(answer: unknown, what: string): KubeObject {
  const object = readObject(answer);
  if (!object) throw malformed(`${what}: the answer is no object`);
  return object;
}
