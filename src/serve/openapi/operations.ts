import type { ProblemReason } from "../problem-document.ts";
import type { SchemaName } from "./schemas.ts";

/** An answer of success: a document, text of a kind, or nothing. */
export interface ApiAnswer {
  readonly description: string;
  readonly schema?: SchemaName;
  readonly text?: "text/plain" | "text/event-stream" | "application/yaml";
}

export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly isRequired?: boolean;
  readonly schema: object;
}

/** One method on one path. */
export interface ApiOperation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: "pools" | "reports" | "operator";
  readonly parameters?: readonly ApiParameter[];
  readonly body?: SchemaName;
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  /** What it may be refused with, beside what any route may. */
  readonly refusals?: Readonly<Record<number, readonly ProblemReason[]>>;
  /** On the port of the page alone. */
  readonly onPage?: true;
  /** Needs no credentials, whatever the operator asks of others. */
  readonly isOpen?: true;
}

const text = { type: "string" };

const client = (description: string, isRequired = false): ApiParameter => ({
  name: "client",
  in: "query",
  description,
  isRequired,
  schema: { ...text, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$" },
});

const listFor = client("Whose list of endpoints the document brings, as the pool's `publish.order` says.");

const pool = "/v1/pools/{namespace}/{name}";
const poolGone: Readonly<Record<number, readonly ProblemReason[]>> = { 404: ["PoolUnknown"], 503: ["JustStarted"] };

const reporter = client("Who reports. A report replaces what the same client said before.", true);
const reportRefusals: ApiOperation["refusals"] = {
  ...poolGone,
  400: ["ParameterInvalid", "BodyInvalid"],
  403: ["PageRefused", "NotAReplica"],
  409: ["SourceNotPush"],
  413: ["BodyTooLarge"],
  429: ["ReportedTooOften"],
  503: ["JustStarted", "TooManyReports"],
};

const health = (which: string, holds: string): ApiOperation => ({
  id: which,
  summary: `Whether the operator is ${holds}`,
  tag: "operator",
  isOpen: true,
  parameters: [{ name: "verbose", in: "query", description: "Lists every check.", schema: text }],
  answers: {
    200: { description: "All checks pass.", text: "text/plain" },
    503: { description: "A check fails. The text says which, and why.", text: "text/plain" },
  },
});

/** The whole API: by path and method. GET answers HEAD as well. */
export const operations: Readonly<Record<string, Readonly<Partial<Record<"get" | "put" | "delete", ApiOperation>>>>> = {
  "/v1/pools": {
    get: {
      id: "listPools",
      summary: "All pools, a line each",
      description: "With access control, only the pools of namespaces in which the caller may read every pool.",
      tag: "pools",
      answers: { 200: { description: "The list.", schema: "PoolList" } },
      refusals: { 503: ["JustStarted"] },
    },
  },
  [pool]: {
    get: {
      id: "readPool",
      summary: "A pool: its endpoints in order with weights and reasons, its figures, decision and conditions",
      tag: "pools",
      parameters: [
        listFor,
        {
          name: "format",
          in: "query",
          description:
            "`yaml` gives the same document as YAML, without a client's list; as text/plain to who accepts text/html.",
          schema: { ...text, enum: ["json", "yaml"], default: "json" },
        },
        {
          name: "If-None-Match",
          in: "header",
          description: "The `ETag` of an earlier answer. While there is no newer plan, the answer is 304.",
          schema: text,
        },
      ],
      answers: {
        200: {
          description: "The pool. `ETag` stands for its plan, `Age` for the plan's age.",
          schema: "Pool",
          text: "application/yaml",
        },
        304: { description: "There is no newer plan." },
      },
      refusals: { ...poolGone, 400: ["ParameterInvalid"] },
    },
  },
  [`${pool}/next`]: {
    get: {
      id: "nextEndpoints",
      summary: "Endpoints to send the next request to",
      tag: "pools",
      parameters: [
        {
          name: "n",
          in: "query",
          description: "How many, all different. Not with `access=write`.",
          schema: { type: "integer", minimum: 1, maximum: 100, default: 1 },
        },
        {
          name: "access",
          in: "query",
          description: "`write` answers the whole write list of a pool with `spec.access`.",
          schema: { ...text, enum: ["read", "write"], default: "read" },
        },
      ],
      answers: { 200: { description: "The endpoints.", schema: "Next" } },
      refusals: { ...poolGone, 400: ["ParameterInvalid"], 503: ["JustStarted", "NoEndpoint"] },
    },
  },
  [`${pool}/watch`]: {
    get: {
      id: "watchPool",
      summary: "The pool as a stream of Server-Sent Events",
      description:
        "Each event `pool` holds a document of the schema Pool, and its ID is the version. The event `gone` ends the stream when the pool is deleted. A comment at least every ten seconds shows that the stream is alive.",
      tag: "pools",
      parameters: [
        listFor,
        {
          name: "every",
          in: "query",
          description:
            "Sends every plan, but at most one in this time, from 100ms to 60s. Without it, only plans that bring news.",
          schema: { ...text, pattern: "^[1-9][0-9]{0,4}(ms|s)$" },
        },
        {
          name: "Last-Event-ID",
          in: "header",
          description: "The version that the client has: it is not sent again.",
          schema: text,
        },
      ],
      answers: { 200: { description: "The stream.", text: "text/event-stream" } },
      refusals: { ...poolGone, 400: ["ParameterInvalid"], 503: ["TooManyStreams"] },
    },
  },
  [`${pool}/explain`]: {
    get: {
      id: "explainPool",
      summary: "The arithmetic of the newest plan",
      tag: "pools",
      parameters: [
        {
          name: "format",
          in: "query",
          description: "`text` is the arithmetic that `kubectl evenkeel explain --full` prints.",
          schema: { ...text, enum: ["json", "text"], default: "json" },
        },
      ],
      answers: { 200: { description: "The explanation.", schema: "Explanation", text: "text/plain" } },
      refusals: { ...poolGone, 400: ["ParameterInvalid"], 503: ["JustStarted", "TooManyExplanations"] },
    },
  },
  [`${pool}/followers`]: {
    get: {
      id: "listFollowers",
      summary: "Who follows the pool on the replica that answers",
      tag: "pools",
      answers: { 200: { description: "The followers.", schema: "Followers" } },
      refusals: poolGone,
    },
  },
  [`${pool}/connections`]: {
    put: {
      id: "reportConnections",
      summary: "Reports a client's open connections, for a pool whose source is `push`",
      tag: "reports",
      parameters: [reporter],
      body: "ReportBody",
      answers: {
        200: { description: "The report counts.", schema: "Report" },
        204: { description: "The report names no pod, and so withdraws what the client had reported." },
      },
      refusals: reportRefusals,
    },
    delete: {
      id: "withdrawReport",
      summary: "Withdraws a client's report",
      tag: "reports",
      parameters: [reporter],
      answers: { 204: { description: "The client has no report any more." } },
      refusals: reportRefusals,
    },
  },
  [`${pool}/history`]: {
    get: {
      id: "readHistory",
      summary: "The pool's figures, decisions and changes of replicas over time",
      tag: "pools",
      onPage: true,
      parameters: [
        {
          name: "since",
          in: "query",
          description: "Leaves out what is not newer than this. Unix milliseconds.",
          schema: { type: "integer", minimum: 0 },
        },
        {
          name: "span",
          in: "query",
          description: "How far back the figures go: `5m` has a point a second, `1h` one for each 20 seconds.",
          schema: { ...text, enum: ["5m", "1h"], default: "5m" },
        },
      ],
      answers: { 200: { description: "The history.", schema: "History" } },
      refusals: { ...poolGone, 400: ["ParameterInvalid"] },
    },
  },
  "/livez": { get: health("livez", "alive") },
  "/readyz": { get: health("readyz", "ready to serve") },
  "/metrics": {
    get: {
      id: "readMetrics",
      summary: "The operator's metrics, in Prometheus' text format",
      tag: "operator",
      answers: { 200: { description: "The metrics.", text: "text/plain" } },
    },
  },
  "/openapi.json": {
    get: {
      id: "readApi",
      summary: "This document",
      tag: "operator",
      isOpen: true,
      answers: { 200: { description: "An OpenAPI document." } },
    },
  },
};
