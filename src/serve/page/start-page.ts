import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { keyOf } from "../../key.ts";
import { openAccess } from "../access/access.ts";
import { guard, toRead } from "../access/guard.ts";
import type { Consumer } from "../consumer.ts";
import { type Answer, answerJson, answerProblem } from "../http/answer.ts";
import type { Route } from "../http/routes.ts";
import { type HttpServer, serve } from "../http/server.ts";
import { createPoolRoutes, type PoolServerOptions } from "../pool-routes.ts";
import { matchesTag, refuseUnknown } from "../pools/pools.ts";
import { createHistory } from "./history.ts";
import { createHostCheck } from "./hosts.ts";
import { loadPage, type PageFile, type PageFileName } from "./page-files.ts";
import { type HistorySpan, isSpan, spans } from "./rings.ts";

export interface PageServerOptions extends Omit<PoolServerOptions, "headers" | "refuse"> {
  /** Names that the page goes by, beside localhost and every address. */
  readonly names?: readonly string[];
}

const headers = {
  "content-security-policy": [
    "default-src 'none'",
    ...["script-src", "style-src", "img-src", "connect-src"].map((directive) => `${directive} 'self'`),
    ...["base-uri", "form-action", "frame-ancestors"].map((directive) => `${directive} 'none'`),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

/** Below this, compressing costs more than it saves. */
const leastGzipped = 1_024;

function answerFile(
  { contentType, text, gzipped, tag }: PageFile,
  knownTags: string | undefined,
  zip: boolean,
): Answer {
  // Asked for each time, so that page and operator are of one version.
  const fixed = { "content-type": contentType, "cache-control": "no-cache", vary: "accept-encoding", etag: tag };
  if (matchesTag(knownTags, tag)) return { status: 304, headers: fixed, body: "" };
  if (!zip) return { status: 200, headers: fixed, body: text };
  return { status: 200, headers: { ...fixed, "content-encoding": "gzip" }, body: gzipped };
}

function readSince([text, ...more]: readonly string[]): number | "invalid" | undefined {
  if (text === undefined) return undefined;
  return more.length === 0 && /^[0-9]{1,16}$/.test(text) ? Number(text) : "invalid";
}

function readSpan([text = "5m", ...more]: readonly string[]): HistorySpan | undefined {
  return more.length === 0 && isSpan(text) ? text : undefined;
}

async function compress(answer: Answer): Promise<Answer> {
  const { body } = answer;
  if (typeof body !== "string" || body.length < leastGzipped) return answer;
  const packed = { "content-encoding": "gzip", vary: "accept-encoding" };
  return { ...answer, headers: { ...answer.headers, ...packed }, body: await promisify(gzip)(body) };
}

/** Serves the page and what it reads of the pools, and nothing that changes anything. */
export async function startPage({ names = [], ...options }: PageServerOptions): Promise<HttpServer> {
  const { feed, now, access = openAccess } = options;
  const history = createHistory();
  const pools = createPoolRoutes("page", options);
  // The first reader should not wait; what fails is told to who asks.
  loadPage().catch(() => {});

  const fileRoute = (pattern: string, name: PageFileName): Route => ({
    pattern,
    async answer({ path, header, acceptsGzip }) {
      try {
        return answerFile((await loadPage())[name], header("if-none-match"), acceptsGzip);
      } catch (error) {
        options.onError?.(error, { method: "GET", path });
        const detail = "The page is not there: npm run build makes it, as does npm ci with its development parts.";
        return answerProblem(503, "PageMissing", detail, path);
      }
    },
  });

  const routes: readonly Route[] = [
    fileRoute("/", "index.html"),
    fileRoute("/page.js", "page.js"),
    fileRoute("/page.css", "page.css"),
    fileRoute("/icon.svg", "icon.svg"),
    ...pools.routes,
    guard(access, toRead, {
      pattern: "/v1/pools/{namespace}/{name}/history",
      answer: async (request) => {
        const { acceptsGzip } = request;
        const since = readSince(request.query.getAll("since"));
        if (since === "invalid") {
          const detail = "Parameter since must be given once, as Unix milliseconds.";
          return answerProblem(400, "ParameterInvalid", detail, request.path);
        }
        const span = readSpan(request.query.getAll("span"));
        if (span === undefined) {
          const detail = `Parameter span must be given once, as one of ${spans.join(", ")}.`;
          return answerProblem(400, "ParameterInvalid", detail, request.path);
        }
        const document = history.describe(keyOf(request), now(), since, span);
        if (!document) return refuseUnknown(feed, request);
        return acceptsGzip ? compress(answerJson(document)) : answerJson(document);
      },
    }),
  ];
  const server = await serve({ ...pools, routes }, { ...options, headers, refuse: createHostCheck(names) });
  const unsubscribe = feed.subscribeAll((key, known) => (known ? history.record(known) : history.forget(key)));
  return { ...server, stop: () => server.stop().finally(unsubscribe) };
}

export const page = (options: Omit<PageServerOptions, "feed" | "followers">): Consumer => ({
  name: "page",
  vital: true,
  start: (feed, followers) => startPage({ ...options, feed, followers }),
});
