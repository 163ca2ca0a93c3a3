import { ApiError, type StatusDetails } from "./api-error.ts";

/** What became of a request that the API server understood. Anything else (outage, broken request) throws `ApiError`. */
export type ApiOutcome<T> = { readonly kind: "ok"; readonly object: T } | Refusal;

export type Refusal =
  /** The object, its namespace or its kind does not exist. */
  | { readonly kind: "missing" }
  /** Creation found an object of that name. */
  | { readonly kind: "exists" }
  /** A precondition failed or another write came between: look again. */
  | { readonly kind: "conflict"; readonly message: string }
  /** It existed once, at the version asked for, and no longer does. */
  | { readonly kind: "gone" }
  /** By authorization, admission or quota, or because the namespace is being deleted. */
  | { readonly kind: "refused"; readonly message: string }
  /** By validation, of the named fields. */
  | { readonly kind: "invalid"; readonly message: string; readonly fields: readonly string[] };

/** In the API server's words, where it has any. */
export const reasonOf = ({ kind, message = kind }: { readonly kind: string; readonly message?: string }): string =>
  message;

/** Turns the expected errors into values, and throws the others again. */
export async function outcomeOf<T>(answer: Promise<T>): Promise<ApiOutcome<T>> {
  try {
    return { kind: "ok", object: await answer };
  } catch (error) {
    const refusal = error instanceof ApiError ? refusalOf(error) : undefined;
    if (refusal) return refusal;
    throw error;
  }
}

function refusalOf(error: ApiError): Refusal | undefined {
  const { status, reason, message, details } = error;
  switch (status) {
    case 403:
      return { kind: "refused", message };
    case 404:
      return { kind: "missing" };
    case 409:
      return reason === "AlreadyExists" ? { kind: "exists" } : { kind: "conflict", message };
    case 410:
      return { kind: "gone" };
    case 422:
      if (isFailedTest(error)) return { kind: "conflict", message: "it is not what was expected" };
      return { kind: "invalid", message, fields: fieldsOf(details) };
    default:
      return undefined;
  }
}

/** All that the API server says of a JSON patch of which one operation, such as a test, does not hold. */
const failedPatch = "the server rejected our request due to an error in our request";

/**
 * A JSON patch whose test fails, a failed validation and the denial of an admission policy or webhook are all a 422. Those
 * that say no say why, in the message or in causes.
 */
function isFailedTest({ message, details }: ApiError): boolean {
  const causes = details?.causes ?? [];
  return causes.length > 0
    ? causes.every(({ reason }) => reason === "UnexpectedServerResponse")
    : message === failedPatch;
}

const fieldsOf = (details: StatusDetails | undefined): string[] =>
  (details?.causes ?? []).flatMap(({ field }) => (field ? [field] : []));
