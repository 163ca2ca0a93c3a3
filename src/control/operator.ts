import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import type { Transport } from "../kube/transport.ts";
import type { Prometheus } from "../observe/query/prometheus.ts";
import { createPushBook } from "../observe/sampling/push-book.ts";
import type { Consumer } from "../serve/consumer.ts";
import { createFeed, type Feed } from "../serve/feed.ts";
import { createFollowers } from "../serve/followers.ts";
import { startHealth } from "../serve/http/health.ts";
import type { ServerOptions } from "../serve/http/server.ts";
import type { PeerName } from "../serve/peers/addresses.ts";
import { createPeers } from "../serve/peers/peers.ts";
import { createReportPace } from "../serve/reports/report-pace.ts";
import type { Tokens } from "../serve/reports/tokens.ts";
import { startHttp } from "../serve/start-http.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";
import { startConsumers } from "./consumers.ts";
import { Controller } from "./controller.ts";
import { FirstPasses } from "./first-passes.ts";
import { createHealth } from "./health.ts";
import { Leadership, type LeaseOptions } from "./leadership.ts";
import { recordPlans } from "./record-plans.ts";
import { serverHooks } from "./server-hooks.ts";
import { watchDeliveries } from "./watch-deliveries.ts";

export interface OperatorOptions {
  readonly transport: Transport;
  readonly registry: Registry;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly namespaces: readonly string[] | undefined;
  readonly identity: string;
  /** Of Evenkeel. */
  readonly version: string;
  readonly allowLoopback: boolean;
  readonly http: Pick<ServerOptions, "host" | "port" | "tls" | "access">;
  /** Where probes are answered apart from all others. Undefined: where everybody is answered, alone. */
  readonly health?: Pick<ServerOptions, "host" | "port"> | undefined;
  /** Who follows the pools beside those on the operator's own ports. They start last. */
  readonly consumers?: readonly Consumer[];
  /** Name of the policy that asks who may name a Secret. Undefined: none is read. */
  readonly credentialsPolicy?: string | undefined;
  /** Undefined: write without a lease. */
  readonly lease: LeaseOptions | undefined;
  /** Where the other replicas are, this one perhaps among them. Absent: there are none to tell of clients' reports. */
  readonly peers?: readonly PeerName[] | undefined;
  /** Where pools with source query are asked. Absent: nowhere. */
  readonly prometheus?: Prometheus | undefined;
  /** Without one of these, or the leave of `http.access`, no client may report. Absent, and that open: every client may. */
  readonly tokens?: Tokens | undefined;
  /** What this replica shows the others, where that is none of the tokens. */
  readonly peerToken?: Pick<Tokens, "authorization"> | undefined;
}

export interface Operator {
  /** By consumer; the operator's own port is `http`. */
  readonly urls: { readonly http: string; readonly [consumer: string]: string | undefined };
  readonly feed: Feed;
  /** Runs until the signal aborts: then passes end, the lease is given back, and the server closes. */
  run(signal: AbortSignal): Promise<void>;
}

/** A first pass that takes longer holds up readiness no more. */
const firstPassesMs = 30_000;

/** The operator whole: the controller, its lease and its HTTP server, which answers from the first moment. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { transport, registry, metrics, log, lease, identity, version } = options;
  const first = new FirstPasses({ patienceMs: firstPassesMs, now: () => performance.now() });
  const feed = createFeed({
    replica: () => ({ identity, version, ...leadership.describe() }),
    isComplete: () => first.isOver,
    staleMs: () => Math.max(0, ...required().map(({ watches }) => watches.behindMs())),
    onError: (error) => log.error({ error }, "who follows the pools failed; the others go on"),
  });
  const followers = createFollowers();
  const required = () => controller.watches.filter(({ isOptional }) => !isOptional);
  const book = createPushBook({ now: Date.now });
  const replica = randomUUID();
  const leadership = new Leadership({ lease, transport, identity, metrics, log });
  const controller = new Controller({
    transport,
    namespaces: options.namespaces,
    identity,
    allowLoopback: options.allowLoopback,
    credentialsPolicy: options.credentialsPolicy,
    term: leadership.term,
    first,
    reports: book,
    prometheus: options.prometheus,
    reportsAuthenticated: options.tokens !== undefined || options.http.access?.isOpen === false,
    onPlan: (key, observation, plan, status) => feed.set({ key, observation, plan, status }),
    onGone: (key) => feed.remove(key),
    metrics,
    log,
  });

  const health = createHealth({ controller, first, transport });
  const hooks = serverHooks(metrics, log);
  const http: Consumer = {
    name: "http",
    vital: true,
    async start(feed) {
      const peers =
        options.peers &&
        createPeers({
          names: options.peers,
          replica,
          tokens: options.tokens ?? options.peerToken,
          tls: options.http.tls,
          ...watchDeliveries(metrics, log),
        });
      const server = await startHttp({
        ...options.http,
        ...hooks,
        feed,
        followers,
        registry,
        now: Date.now,
        reporting: {
          taker: book,
          replica,
          tokens: options.tokens,
          access: options.http.access,
          pace: createReportPace({ now: () => performance.now() }),
          isReplica: peers?.includes ?? (() => Promise.resolve(false)),
          forward: peers?.forward,
        },
        ...health,
      });
      return { url: server.url, stop: () => server.stop().then(() => peers?.close()) };
    },
  };
  const probes: Consumer = {
    name: "health",
    vital: true,
    start: () => startHealth({ ...options.health!, ...hooks, now: Date.now, ...health }),
  };
  const consumers = await startConsumers(
    [recordPlans(metrics), http, ...(options.health ? [probes] : []), ...(options.consumers ?? [])],
    { feed, followers, log },
  );
  const heartbeat = (): void => {
    for (const { resource, watches } of controller.watches)
      if (Number.isFinite(watches.ageMs())) metrics.watchAged(resource, watches.ageMs() / 1_000);
  };

  return {
    urls: { ...consumers.urls, http: consumers.urls.http! },
    feed,
    async run(signal) {
      const beat = setInterval(heartbeat, 1_000);
      // The lease is given back only when no pass can write any more.
      const leaving = new AbortController();
      const electing = leadership.run(leaving.signal, () => controller.wakeAll());
      // Without it nobody would ever lead, and nothing be written.
      const failing = new AbortController();
      electing.catch((error: unknown) => failing.abort(error));
      try {
        await controller.run(AbortSignal.any([signal, failing.signal]));
      } finally {
        clearInterval(beat);
        leaving.abort();
        await electing;
        await consumers.stop();
      }
    },
  };
}
