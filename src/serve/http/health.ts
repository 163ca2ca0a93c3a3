import { type Answer, answerText } from "./answer.ts";
import type { Route } from "./routes.ts";
import { type HttpServer, type ServerOptions, serve } from "./server.ts";

/** Something that must hold for a process to be live or ready. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined when all is well, else what is wrong. */
  readonly check: () => string | undefined;
}

/** The result of all checks, written as Kubernetes writes its own; every failure is told, verbose or not. */
function answerHealth(which: "livez" | "readyz", checks: readonly HealthCheck[], verbose: boolean): Answer {
  const results = checks.map(({ name, check }) => ({ name, reason: check() }));
  const healthy = results.every(({ reason }) => reason === undefined);
  if (healthy && !verbose) return answerText(200, "ok\n");
  const lines = results.map(({ name, reason }) =>
    reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
  );
  return answerText(healthy ? 200 : 503, [...lines, `${which} check ${healthy ? "passed" : "failed"}`, ""].join("\n"));
}

/** What probes ask for. */
export interface HealthChecks {
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
}

export const healthRoutes = ({ live, ready }: HealthChecks): readonly Route[] => [
  { pattern: "/livez", answer: ({ query }) => answerHealth("livez", live, query.has("verbose")) },
  { pattern: "/readyz", answer: ({ query }) => answerHealth("readyz", ready, query.has("verbose")) },
];

/** A probe is one short request, so that whoever comes with more can be turned out soon. */
const healthLimits = { headersMs: 2_000, requestMs: 2_000, keepAliveMs: 2_000, stallMs: 2_000, connections: 128 };

/** Starts a server for probes alone, whose port has nothing that others would come for. */
export const startHealth = (options: ServerOptions & HealthChecks): Promise<HttpServer> =>
  serve({ routes: healthRoutes(options) }, { ...options, limits: { ...healthLimits, ...options.limits } });
