import type { Json, JsonObject } from "./json.ts";

/** One thing wrong with one field, as `details.causes` of a Status lists it. */
export interface Cause extends JsonObject {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What an error is about: a name and the kind's group and plural (or kind). */
export interface Subject {
  readonly group: string;
  readonly kind: string;
  readonly name?: string;
}

/** A refusal that reaches the client as a Status object. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string | undefined, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get status(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

const qualified = ({ group, kind }: Subject): string => (group === "" ? kind : `${kind}.${group}`);

const detailsOf = ({ group, kind, name }: Subject, more: JsonObject = {}): JsonObject => ({
  name: name === "" ? undefined : name,
  group: group === "" ? undefined : group,
  kind,
  ...more,
});

export const badRequest = (message: string): StatusError => new StatusError(400, "BadRequest", message);

export const notFound = (subject: Subject): StatusError =>
  new StatusError(404, "NotFound", `${qualified(subject)} "${subject.name}" not found`, detailsOf(subject));

export const alreadyExists = (subject: Subject): StatusError =>
  new StatusError(409, "AlreadyExists", `${qualified(subject)} "${subject.name}" already exists`, detailsOf(subject));

export const conflict = (subject: Subject, why: string): StatusError =>
  new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${why}`,
    detailsOf(subject),
  );

export const modified = (subject: Subject): StatusError =>
  conflict(subject, "the object has been modified; please apply your changes to the latest version and try again");

export const forbidden = (subject: Subject, why: string, causes: readonly Cause[] = []): StatusError =>
  new StatusError(
    403,
    "Forbidden",
    `${qualified(subject)} "${subject.name}" is forbidden: ${why}`,
    detailsOf(subject, causes.length === 0 ? {} : { causes }),
  );

export function invalid(subject: Subject, causes: readonly Cause[]): StatusError {
  const lines = causes.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const message = `${qualified(subject)} "${subject.name ?? ""}" is invalid: ${text}`;
  return new StatusError(422, "Invalid", message, detailsOf(subject, { causes }));
}

export const expired = (message: string): StatusError => new StatusError(410, "Expired", message);

export const unsupportedMediaType = (
  accepted: readonly string[],
  why = "the body of the request was in an unknown format",
): StatusError =>
  new StatusError(415, "UnsupportedMediaType", `${why} - accepted media types include: ${accepted.join(", ")}`);

export const methodNotAllowed = (subject: Subject, verb: string): StatusError =>
  new StatusError(405, "MethodNotAllowed", `${verb} is not supported on resources of kind "${qualified(subject)}"`);

export const internal = (message: string): StatusError => new StatusError(500, undefined, message);

const show = (value: Json): string => JSON.stringify(value);

export const invalidValue = (field: string, value: Json, why: string): Cause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${show(value)}: ${why}`,
  field,
});

export const wrongType = (field: string, found: string, wanted: string): Cause => ({
  reason: "FieldValueTypeInvalid",
  message: `Invalid value: "${found}": ${field} in body must be of type ${wanted}: "${found}"`,
  field,
});

export const requiredValue = (field: string, why = ""): Cause => ({
  reason: "FieldValueRequired",
  message: why === "" ? "Required value" : `Required value: ${why}`,
  field,
});

export const forbiddenValue = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  message: `Forbidden: ${why}`,
  field,
});

export const unsupportedValue = (field: string, value: Json, supported: readonly Json[]): Cause => ({
  reason: "FieldValueNotSupported",
  message: `Unsupported value: ${show(value)}: supported values: ${supported.map(show).join(", ")}`,
  field,
});

export const duplicateValue = (field: string, value: Json): Cause => ({
  reason: "FieldValueDuplicate",
  message: `Duplicate value: ${show(value)}`,
  field,
});

export const tooMany = (field: string, count: number, limit: number): Cause => ({
  reason: "FieldValueTooMany",
  message: `Too many: ${count}: must have at most ${limit} items`,
  field,
});

export const tooLong = (field: string, limit: number): Cause => ({
  reason: "FieldValueTooLong",
  message: `Too long: may not be more than ${limit} bytes`,
  field,
});
