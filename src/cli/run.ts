import { Registry } from "prom-client";
import manifest from "../../package.json" with { type: "json" };
import { defined } from "../api/defined.ts";
import { uniqueIdentity } from "../config.ts";
import { agentHooks } from "../control/agent-hooks.ts";
import { extprocHooks } from "../control/extproc-hooks.ts";
import { startOperator } from "../control/operator.ts";
import { serverHooks } from "../control/server-hooks.ts";
import { xdsHooks } from "../control/xds-hooks.ts";
import { shownProxy } from "../kube/proxy.ts";
import { Transport } from "../kube/transport.ts";
import { extproc } from "../serve/extproc/extproc.ts";
import { haproxy } from "../serve/haproxy/agent.ts";
import { page } from "../serve/page/start-page.ts";
import { readTokens, type Tokens } from "../serve/reports/tokens.ts";
import { xds } from "../serve/xds/xds.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { UsageError } from "./flags/flag.ts";
import { takeLastResort } from "./last-resort.ts";
import { leaseOf } from "./lease-of.ts";
import { openPortAccess } from "./open-access.ts";
import { openConnection } from "./open-connection.ts";
import { openPrometheus } from "./open-prometheus.ts";
import { openTls } from "./open-tls.ts";
import type { RunConfig } from "./run-flags.ts";

async function tokensIn(config: RunConfig, flag: "push-token-file" | "peer-token-file"): Promise<Tokens | undefined> {
  const file = config[flag];
  if (file === undefined) return undefined;
  try {
    return await readTokens(file);
  } catch (cause) {
    throw new UsageError(`--${flag}: ${(cause as Error).message}`);
  }
}

const isPretty = ({ "log-format": format }: RunConfig): boolean =>
  format === undefined ? process.stderr.isTTY === true : format === "text";

/** The operator on a cluster, until the signal aborts. */
export async function run(config: RunConfig, signal: AbortSignal): Promise<void> {
  const log = createLog({ level: config["log-level"], pretty: isPretty(config) });
  const lease = leaseOf(config);
  const connection = await openConnection(config);
  const tokens = await tokensIn(config, "push-token-file");
  const peerToken = await tokensIn(config, "peer-token-file");
  if (config.auth && config.peers && !tokens && !peerToken)
    throw new UsageError("--auth with --peers needs --peer-token-file, or replicas refuse what they tell each other");
  const { "http-host": host, "health-port": healthPort } = config;
  const { "xds-bind": xdsBind, "extproc-bind": extprocBind, "haproxy-bind": haproxyBind } = config;
  const registry = new Registry();
  const metrics = createMetrics(registry, { version: manifest.version });
  const tls = await openTls(config, log, metrics.certificateUsed);
  const prometheus = await openPrometheus(config, log);
  using lastResort = takeLastResort({ log, unhandled: metrics.errorUnhandled });
  const transport = new Transport({
    connection,
    onRequest: ({ verb, resource, code, seconds }) => metrics.apiAnswered({ verb, resource, code }, seconds),
  });
  const access = openPortAccess(config, transport, log);
  const ageMs = config["grpc-max-age"] || Number.POSITIVE_INFINITY;
  const grpc = { tls, access: access.grpc, limits: { ageMs } };
  const hooks = { ...serverHooks(metrics, log), now: Date.now };
  const operator = await startOperator({
    transport,
    registry,
    metrics,
    log,
    namespaces: config.namespaces,
    identity: uniqueIdentity(config.identity),
    version: manifest.version,
    allowLoopback: false,
    credentialsPolicy: config["credentials-policy"],
    http: { host, port: config["http-port"], tls, access: access.http },
    health: healthPort === undefined ? undefined : { host, port: healthPort },
    consumers: [
      ...(config.page
        ? [page({ host, port: config["page-port"], tls, access: access.http, names: config["page-hosts"], ...hooks })]
        : []),
      ...(xdsBind ? [xds({ ...xdsBind, ...grpc, intervalMs: config["xds-interval"], ...xdsHooks(metrics, log) })] : []),
      ...(extprocBind ? [extproc({ ...extprocBind, ...grpc, ...extprocHooks(metrics, log) })] : []),
      ...(haproxyBind ? [haproxy({ ...haproxyBind, now: Date.now, ...agentHooks(metrics, log) })] : []),
    ],
    lease: lease && { ...lease, namespace: config["lease-namespace"] ?? connection.namespace ?? "default" },
    prometheus,
    peers: config.peers,
    tokens,
    peerToken,
  });
  const { http: url, ...urls } = operator.urls;
  const { server, proxy } = connection;
  log.info(
    {
      version: manifest.version,
      server: server.host,
      ...defined({ proxy: proxy && shownProxy(proxy) }),
      url,
      ...urls,
    },
    "evenkeel runs",
  );
  try {
    await operator.run(AbortSignal.any([signal, lastResort.ending]));
  } finally {
    tls?.close();
    await prometheus?.close();
    await transport.close();
  }
  log.info({}, "evenkeel has stopped");
  lastResort.ending.throwIfAborted();
}
