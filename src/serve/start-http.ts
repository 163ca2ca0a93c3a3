import { openAccess } from "./access/access.ts";
import { guard, toRead } from "./access/guard.ts";
import { answerText } from "./http/answer.ts";
import { type HealthChecks, healthRoutes } from "./http/health.ts";
import type { Route } from "./http/routes.ts";
import { type HttpServer, serve } from "./http/server.ts";
import { apiRoute } from "./openapi/api-route.ts";
import { createPoolRoutes, type PoolServerOptions } from "./pool-routes.ts";
import { answerNext } from "./pools/pools.ts";
import { answerReport, type Reporting } from "./reports/reports.ts";

/** The metrics as text; a prom-client Registry is one. */
interface Exposition {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface HttpOptions extends PoolServerOptions, HealthChecks {
  readonly registry: Exposition;
  /** What becomes of clients' reports. */
  readonly reporting: Reporting;
}

/** Starts the operator's own server; rejects if the port cannot be had. */
export function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { feed, registry, reporting, access = openAccess } = options;
  const pools = createPoolRoutes("sse", options);
  const routes: readonly Route[] = [
    ...healthRoutes(options),
    guard(access, () => ["get", "/metrics"], {
      pattern: "/metrics",
      answer: async () => answerText(200, await registry.metrics(), registry.contentType),
    }),
    apiRoute,
    ...pools.routes,
    guard(access, toRead, {
      pattern: "/v1/pools/{namespace}/{name}/next",
      answer: (request) => answerNext(feed, request, { now: options.now(), staleMs: feed.staleMs }),
    }),
    {
      pattern: "/v1/pools/{namespace}/{name}/connections",
      methods: ["PUT", "DELETE"],
      answer: (request) => answerReport(feed, request, reporting),
    },
  ];
  return serve({ ...pools, routes }, options);
}
