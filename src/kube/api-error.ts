import { fieldOf, fieldsOf, isFields, listOf, textOf, wholeOf } from "./untyped.ts";

interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly kind?: string;
  readonly group?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

interface ErrorParts {
  /** The HTTP status, or 0 when no complete answer came. */
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: StatusDetails | undefined;
  readonly cause?: unknown;
}

/** What the system says where a server does not run, or is named wrongly. */
const nobodyThere = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN"]);

/**
 * A request that brought no result. With status 0 the reason is `Unreachable` (no or a broken connection),
 * `DeadlineExceeded`, `TooLarge`, `Unreadable` or `Malformed`; else it is the API server's own, such as `Conflict`.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly details: StatusDetails | undefined;

  constructor(parts: ErrorParts) {
    super(parts.message, { cause: parts.cause });
    this.name = "ApiError";
    this.status = parts.status;
    this.reason = parts.reason;
    this.retryAfterMs = parts.retryAfterMs;
    this.details = parts.details;
  }

  /** Whether no server was found, which no repetition within seconds changes. */
  get isNobodyThere(): boolean {
    return nobodyThere.has((this.cause as NodeJS.ErrnoException | undefined)?.code ?? "");
  }

  /** Whether the answer is a no, and not that it is to be tried again or with other credentials. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

/** What came is not what was asked for. */
export const malformed = (message: string, cause?: unknown): ApiError =>
  new ApiError({ status: 0, reason: "Malformed", message, cause });

const maxMessageLength = 500;
const unknownField = "failed to create typed patch object";

/** Reads a Status object; what is no Status (a proxy's page, plain text) still becomes an error, without its text. */
export function errorFromStatus(status: number, body: unknown, retryAfterHeader?: string): ApiError {
  const answer = fieldOf(body, "kind") === "Status" ? fieldsOf(body) : {};
  const message = textOf(answer.message);
  const reason = textOf(answer.reason);
  // Server-side apply reports a field that its schema lacks, as under an older CRD, as a fault of its own.
  const code = status === 500 && message?.startsWith(unknownField) ? 422 : status;
  const seconds = Number(retryAfterHeader ?? fieldOf(answer.details, "retryAfterSeconds"));
  return new ApiError({
    status: code,
    reason: code === status && reason !== undefined ? reason : reasonOf(code),
    message: (message ?? `the API server answered ${status}`).slice(0, maxMessageLength),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    details: isFields(answer.details) ? readDetails(answer.details) : undefined,
  });
}

function readDetails(details: Readonly<Record<string, unknown>>): StatusDetails {
  const texts = (fields: Readonly<Record<string, unknown>>, ...names: readonly string[]) =>
    Object.fromEntries(names.flatMap((name) => (textOf(fields[name]) === undefined ? [] : [[name, fields[name]]])));
  return {
    ...texts(details, "name", "kind", "group"),
    causes: listOf(details.causes).map((cause) => texts(cause, "reason", "message", "field")),
  };
}

/** The error inside a watch's ERROR event. */
export const errorFromEvent = (object: unknown): ApiError =>
  errorFromStatus(wholeOf(fieldOf(object, "code")) ?? 500, object);

function reasonOf(status: number): string {
  const reasons: Readonly<Record<number, string>> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    422: "Invalid",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  return reasons[status] ?? "InternalError";
}
