import { groupVersion, kindSubjectOf, type Resource } from "../kinds/resource.ts";
import { isList, isObject, type Json, type JsonObject, keysOf } from "../object/json.ts";
import { badRequest, type Cause, invalid, invalidValue, StatusError } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { fillDefaults } from "../schema/defaults.ts";
import { prune } from "../schema/prune.ts";
import { validate } from "../schema/validate.ts";

/** How a write came about: it decides in which words unknown fields and wrong types are refused. */
export type Origin = "body" | "patch" | "apply";

export interface Decoding {
  readonly origin: Origin;
  /** What becomes of unknown fields: dropped silently, dropped with a warning, or refused. */
  readonly validation: "Ignore" | "Warn" | "Strict";
  readonly warn: (message: string) => void;
}

/** A body as an object of the kind, or 400 or 422. */
export function checkKind(resource: Resource, body: Json): StoredObject {
  if (!isObject(body)) throw badRequest("the object provided is unrecognized: it is not a JSON object");
  const { apiVersion = resource.isCustom ? undefined : groupVersion(resource), kind = resource.kind } = body;
  if (resource.isCustom && body.kind === undefined) throw badRequest("Object 'Kind' is missing");
  if (apiVersion !== groupVersion(resource)) {
    const wanted = groupVersion(resource);
    throw badRequest(
      `the API version in the data (${apiVersion ?? ""}) does not match the expected API version (${wanted})`,
    );
  }
  const metadata = isObject(body.metadata) ? body.metadata : {};
  if (kind !== resource.kind) {
    const subject = { group: resource.group, kind: String(kind), name: String(metadata.name ?? "") };
    throw invalid(subject, [invalidValue("kind", kind, `must be ${resource.kind}`)]);
  }
  return { ...body, apiVersion: groupVersion(resource), kind: resource.kind, metadata };
}

/** Drops what the kind does not know, fills defaults, and refuses values of the wrong type. */
export function normalize(resource: Resource, object: StoredObject, decoding: Decoding): StoredObject {
  const unknown: string[] = [];
  const known = resource.isCustom
    ? prune(resource.schema, object, (path) => unknown.push(`unknown field "${path}"`))
    : withoutNulls(object);
  if (decoding.validation === "Strict" && unknown.length > 0) {
    throw undecodable(resource, object, decoding.origin, `strict decoding error: ${unknown.sort().join(", ")}`);
  }
  if (decoding.validation === "Warn") unknown.forEach(decoding.warn);
  const filled = fillDefaults(resource.schema, known, decoding.origin === "apply") as StoredObject;
  if (!resource.isCustom) checkTypes(resource, filled, decoding.origin);
  return filled;
}

/** The built-in kinds are typed on the way in, so a wrong type is a fault of the request and not of the object. */
function checkTypes(resource: Resource, object: StoredObject, origin: Origin): void {
  const mistyped = validate(resource.schema, object).find(
    ({ reason, message }) => reason === "FieldValueTypeInvalid" || message.includes(" in body must be of type "),
  );
  if (mistyped) throw undecodable(resource, object, origin, `${mistyped.field}: ${mistyped.message}`);
}

function undecodable(resource: Resource, object: StoredObject, origin: Origin, why: string): StatusError {
  if (origin === "body") {
    const { kind, version } = resource;
    return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
  }
  const { apiVersion, kind, metadata } = object;
  const cause = invalidValue("patch", JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name } }), why);
  return new StatusError(422, "Invalid", ` "" is invalid: patch: ${cause.message}`, { causes: [cause] });
}

function withoutNulls<T extends Json>(value: T): T {
  if (isList(value)) return value.map(withoutNulls) as readonly Json[] as T;
  if (!isObject(value)) return value;
  const kept: JsonObject = Object.fromEntries(
    keysOf(value)
      .filter((key) => value[key] !== null)
      .map((key) => [key, withoutNulls(value[key] as Json)]),
  );
  return kept as T;
}

/** Refuses, with 422 and every cause, an object that the kind's schema or rules do not allow. */
export function refuseInvalid(resource: Resource, object: StoredObject, causes: readonly Cause[]): void {
  if (causes.length === 0) return;
  throw invalid(kindSubjectOf(resource, object.metadata.name ?? ""), causes);
}
