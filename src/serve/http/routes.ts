import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Identity } from "../access/access.ts";
import { endOf, identityOf } from "../access/certificate.ts";
import { type Answer, answerProblem, type StreamAnswer } from "./answer.ts";
import { plainAddress } from "./connections.ts";
import { type Body, readBody } from "./read-body.ts";

/** What routes read of a request. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What stands in the pattern's braces. */
  readonly namespace: string;
  readonly name: string;
  /** Whose connection the request came on. */
  readonly address: string;
  /** Whom limits count: a user where the server knows users, else the address. */
  readonly client: string;
  /** Whether it had to be allowed: who asks may know of this pool, and nobody asked about others. */
  readonly isGuarded?: boolean;
  /** Whose certificate the client showed, if an authority of clients signed it. */
  readonly certificate: Identity | undefined;
  /** When that runs out, Unix milliseconds. */
  readonly until: number | undefined;
  /** A header by its name in small letters; of one that came more than once, the first. */
  readonly header: (name: string) => string | undefined;
  readonly acceptsGzip: boolean;
  /** At most so many bytes are to come. */
  readonly bodyBytes: number;
  readonly readBody: () => Promise<Body>;
}

export interface Route {
  /** A path; `{namespace}` and `{name}` stand for a part of it. */
  readonly pattern: string;
  /** GET and HEAD if absent. */
  readonly methods?: readonly string[];
  answer(request: RouteRequest): Answer | StreamAnswer | Promise<Answer | StreamAnswer>;
}

const split = (path: string): string[] => path.split("/").slice(1);

const decode = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    // A % that starts no character.
    return undefined;
  }
};

/**
 * The route of a path, and what stands in its braces, in their order.
 *
 * By hand: the package hono tells 404 of a path whose methods are others, takes an escape that stands for nothing as it is,
 * and would put its own requests and responses between us and the sockets whose backpressure we heed.
 */
function findRoute(routes: readonly Route[], path: string): { route: Route; values: string[] } | undefined {
  const given = split(path).map(decode);
  const parts = given.filter((part) => part !== undefined);
  if (parts.length !== given.length) return undefined;
  for (const route of routes) {
    const pattern = split(route.pattern);
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, index) => (part.startsWith("{") ? parts[index] !== "" : part === parts[index]))) continue;
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
  answer(): Answer | StreamAnswer | Promise<Answer | StreamAnswer>;
}

/** Stands for the route of requests that match none. */
const noRoute = "none";

function certificateOf({ socket }: IncomingMessage): Pick<RouteRequest, "certificate" | "until"> {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  const shown = authorized ? getPeerCertificate?.call(socket) : undefined;
  return { certificate: shown && identityOf(shown), until: shown && endOf(shown) };
}

/** Finds what answers a request, of whose body it reads so many bytes at most; every request has something that does. */
export function findAnswer(routes: readonly Route[], message: IncomingMessage, bodyBytes: number): Routed {
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
  const address = plainAddress(message.socket.remoteAddress);
  const request: RouteRequest = {
    method,
    path,
    query,
    namespace,
    name,
    address,
    client: address,
    ...certificateOf(message),
    header: (header) => [headers[header]].flat()[0],
    acceptsGzip: /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers["accept-encoding"] ?? ""),
    bodyBytes: headers["transfer-encoding"] ? bodyBytes : Math.min(Number(headers["content-length"] ?? 0), bodyBytes),
    readBody: () => readBody(message, bodyBytes),
  };
  return { route: pattern, path, answer: () => found.route.answer(request) };
}
