export type ProblemReason =
  | "ParameterInvalid"
  | "RouteUnknown"
  | "PoolUnknown"
  | "JustStarted"
  | "MethodNotAllowed"
  | "NoEndpoint"
  | "TooManyStreams"
  | "TooManyExplanations"
  | "TokenRefused"
  | "Forbidden"
  | "AccessUnknown"
  | "PageRefused"
  | "NotAReplica"
  | "SourceNotPush"
  | "BodyInvalid"
  | "BodyTooLarge"
  | "TooManyReports"
  | "ReportedTooOften"
  | "PageMissing"
  | "HostRefused"
  | "Internal";

/** Every answer that is no success: RFC 9457, `application/problem+json`. */
export interface ProblemDocument {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  /** For programs; the words stay. */
  readonly reason: ProblemReason;
  /** For people: what is wrong and what to do. */
  readonly detail: string;
  /** Path of the request. */
  readonly instance: string;
}
