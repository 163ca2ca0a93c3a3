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

/**
 * A request that brought no result. With status 0 the reason is `Unreachable` (no or a broken connection),
 * `DeadlineExceeded`, `TooLarge` or `Unreadable`; else it is the API server's own, such as `Conflict`.
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

  /** Whether the answer is a no, and not that it is to be tried again or with other credentials. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

const maxMessageLength = 500;
const unknownField = "failed to create typed patch object";

/** Reads a Status object; what is no Status (a proxy's page, plain text) still becomes an error, without its text. */
export function errorFromStatus(status: number, body: unknown, retryAfterHeader?: string): ApiError {
  const answer = isStatus(body) ? body : {};
  // Server-side apply reports a field that its schema lacks, as under an older CRD, as a fault of its own.
  const code = status === 500 && answer.message?.startsWith(unknownField) ? 422 : status;
  const seconds = Number(retryAfterHeader ?? answer.details?.retryAfterSeconds);
  return new ApiError({
    status: code,
    reason: code === status && answer.reason ? answer.reason : reasonOf(code),
    message: (answer.message || `the API server answered ${status}`).slice(0, maxMessageLength),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    details: answer.details,
  });
}

interface StatusBody {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: StatusDetails;
}

function isStatus(body: unknown): body is StatusBody {
  return typeof body === "object" && body !== null && "kind" in body && body.kind === "Status";
}

/** The error inside a watch's ERROR event. */
export function errorFromEvent(object: unknown): ApiError {
  const code = isStatus(object) && typeof object.code === "number" ? object.code : 500;
  return errorFromStatus(code, object);
}

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
