import type { IncomingMessage } from "node:http";
import type { Feed } from "../feed.ts";
import { forwardedHeader, reporterHeader } from "../peers/message.ts";
import type { Explanations } from "../pools/explanations.ts";
import type { PoolTexts } from "../pools/pool-texts.ts";
import { answerNext, answerPool, answerPools } from "../pools/pools.ts";
import { answerReport, type Reporting, type ReportRequest } from "../reports/reports.ts";
import type { StreamAnswer, Watches } from "../watch/watches.ts";
import { type Answer, answerProblem, answerText } from "./answer.ts";
import { plainAddress } from "./connections.ts";
import { answerHealth, type HealthCheck } from "./health.ts";
import { readBody } from "./read-body.ts";

/** The metrics as text; a prom-client Registry is one. */
interface Exposition {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** What routes answer from that tell of the pools. */
export interface PoolSources {
  readonly feed: Feed;
  readonly now: () => number;
}

/** What routes answer from that tell whether the process is well. */
export interface HealthSources extends PoolSources {
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
}

/** What the operator's own routes answer from. */
export interface Sources extends HealthSources {
  readonly registry: Exposition;
  /** What becomes of clients' reports. */
  readonly reporting: Reporting;
}

interface Request<S extends PoolSources> extends ReportRequest {
  readonly sources: S;
  readonly watches: Watches;
  readonly texts: PoolTexts;
  readonly explanations: Explanations;
  readonly acceptsGzip: boolean;
}

export interface Route<S extends PoolSources> {
  readonly pattern: string;
  /** GET and HEAD if absent. */
  readonly methods?: readonly string[];
  answer(request: Request<S>): Answer | StreamAnswer | Promise<Answer>;
}

/** What people look at: the pools, as they are and as they change. */
export const poolRoutes: readonly Route<PoolSources>[] = [
  { pattern: "/v1/pools", answer: ({ sources }) => answerPools(sources.feed) },
  {
    pattern: "/v1/pools/{namespace}/{name}",
    answer: (request) => answerPool(request.sources.feed, request, request.texts),
  },
  {
    pattern: "/v1/pools/{namespace}/{name}/explain",
    answer: (request) => request.explanations.answer(request),
  },
  {
    pattern: "/v1/pools/{namespace}/{name}/watch",
    answer: (request) => request.watches.answer(request),
  },
];

/** What probes ask. */
export const healthRoutes: readonly Route<HealthSources>[] = [
  {
    pattern: "/livez",
    answer: ({ sources, query }) => answerHealth("livez", sources.live, query.has("verbose")),
  },
  {
    pattern: "/readyz",
    answer: ({ sources, query }) => answerHealth("readyz", sources.ready, query.has("verbose")),
  },
];

/** What the operator's own port answers. */
export const operatorRoutes: readonly Route<Sources>[] = [
  ...healthRoutes,
  {
    pattern: "/metrics",
    answer: async ({ sources: { registry } }) => answerText(200, await registry.metrics(), registry.contentType),
  },
  ...poolRoutes,
  {
    pattern: "/v1/pools/{namespace}/{name}/next",
    answer: (request) => answerNext(request.sources.feed, request),
  },
  {
    pattern: "/v1/pools/{namespace}/{name}/connections",
    methods: ["PUT", "DELETE"],
    answer: (request) => answerReport(request.sources.feed, request, request.sources.reporting),
  },
];

const split = (path: string): string[] => path.split("/").slice(1);

const decode = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    // A % that starts no character.
    return undefined;
  }
};

/** The route of a path, and what stands in its braces, in their order. */
function findRoute<R extends { readonly pattern: string }>(
  routes: readonly R[],
  path: string,
): { route: R; values: string[] } | undefined {
  const given = split(path).map(decode);
  const parts = given.filter((part) => part !== undefined);
  if (parts.length !== given.length) return undefined;
  for (const route of routes) {
    const pattern = split(route.pattern);
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, index) => part.startsWith("{") || part === parts[index])) continue;
    return { route, values: parts.filter((_, index) => pattern[index]!.startsWith("{")) };
  }
  return undefined;
}

/** Path and query of a request's target; the target may be a whole URL (RFC 9112, 3.2.2). */
function parseTarget(target: string): { path: string; query: URLSearchParams } | undefined {
  const url = target.startsWith("/") ? URL.parse(`http://evenkeel${target}`) : URL.parse(target);
  return url ? { path: url.pathname, query: url.searchParams } : undefined;
}

/** A route and its answer to one request. */
export interface Routed {
  /** The pattern, not the path, so that the number of routes is bounded. */
  readonly route: string;
  readonly path: string;
  /** Throws what is broken. */
  answer(): Answer | StreamAnswer | Promise<Answer>;
}

/** What requests of a server are answered with. */
export interface Means<S extends PoolSources> {
  readonly sources: S;
  readonly watches: Watches;
  readonly texts: PoolTexts;
  readonly explanations: Explanations;
  /** Of a request's body at most. */
  readonly bodyBytes: number;
}

/** Stands for the route of requests that match none. */
const noRoute = "none";

/** Finds what answers a request; every request has something that does. */
export function findAnswer<S extends PoolSources>(
  routes: readonly Route<S>[],
  message: IncomingMessage,
  { sources, watches, texts, explanations, bodyBytes }: Means<S>,
): Routed {
  const target = parseTarget(message.url ?? "");
  const found = target && findRoute(routes, target.path);
  if (!found) {
    const path = target?.path ?? "/";
    const detail = `No such route. There are: ${routes.map(({ pattern }) => pattern).join(", ")}.`;
    return { route: noRoute, path, answer: () => answerProblem(404, "RouteUnknown", detail, path) };
  }
  const { path, query } = target;
  const { pattern, methods = ["GET", "HEAD"] } = found.route;
  const { method = "", headers } = message;
  if (!methods.includes(method)) {
    const detail = `${pattern} answers ${methods.join(" and ")} only.`;
    const refuse = () => answerProblem(405, "MethodNotAllowed", detail, path, { allow: methods.join(", ") });
    return { route: pattern, path, answer: refuse };
  }
  const [namespace = "", name = ""] = found.values;
  const request: Request<S> = {
    sources,
    watches,
    texts,
    explanations,
    path,
    query,
    namespace,
    name,
    method,
    knownTags: headers["if-none-match"],
    lastEventId: [headers["last-event-id"]].flat()[0],
    acceptsGzip: /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers["accept-encoding"] ?? ""),
    authorization: headers.authorization,
    address: plainAddress(message.socket.remoteAddress),
    origin: headers.origin,
    forwardedBy: [headers[forwardedHeader]].flat()[0],
    reporter: [headers[reporterHeader]].flat()[0],
    bodyBytes: headers["transfer-encoding"] ? bodyBytes : Math.min(Number(headers["content-length"] ?? 0), bodyBytes),
    readBody: () => readBody(message, bodyBytes),
  };
  return { route: pattern, path, answer: () => found.route.answer(request) };
}
