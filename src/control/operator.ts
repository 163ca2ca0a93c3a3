import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import { createElection, type Election, type ElectionOptions } from "../kube/lease.ts";
import type { Transport } from "../kube/transport.ts";
import { createPushBook } from "../observe/sampling/push-book.ts";
import { createFeed, type Feed } from "../serve/feed.ts";
import { type ServerOptions, startHealth, startHttp } from "../serve/http/server.ts";
import { createHistory } from "../serve/page/history.ts";
import { type PageOptions, startPage } from "../serve/page/start-page.ts";
import type { PeerName } from "../serve/peers/addresses.ts";
import { createPeers } from "../serve/peers/peers.ts";
import { createReportPace } from "../serve/reports/report-pace.ts";
import type { Tokens } from "../serve/reports/tokens.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { Controller } from "./controller.ts";
import { createHealth } from "./health.ts";
import { recordPlan } from "./record-plan.ts";
import { watchCrowding } from "./watch-crowding.ts";
import { watchDeliveries } from "./watch-deliveries.ts";

export interface OperatorOptions {
  readonly transport: Transport;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly namespaces: readonly string[] | undefined;
  readonly identity: string;
  readonly allowLoopback: boolean;
  readonly http: Pick<ServerOptions, "host" | "port">;
  /** Where probes are answered apart from all others. Undefined: where everybody is answered, alone. */
  readonly health?: Pick<ServerOptions, "host" | "port"> | undefined;
  /** Undefined: no page, and no history for it. */
  readonly page?: Pick<PageOptions, "host" | "port" | "names"> | undefined;
  /** Undefined: write without a lease. */
  readonly lease: LeaseOptions | undefined;
  /** Where the other replicas are, this one perhaps among them. Absent: there are none to tell of clients' reports. */
  readonly peers?: readonly PeerName[] | undefined;
  /** Without one of these no client may report. Absent: every client may. */
  readonly tokens?: Tokens | undefined;
}

type LeaseOptions = Pick<
  ElectionOptions,
  "namespace" | "name" | "leaseDurationMs" | "renewDeadlineMs" | "retryPeriodMs"
>;

export interface Operator {
  readonly url: string;
  readonly pageUrl: string | undefined;
  readonly healthUrl: string | undefined;
  readonly feed: Feed;
  /** Runs until the signal aborts: then passes end, the lease is given back, and the server closes. */
  run(signal: AbortSignal): Promise<void>;
}

/** A lease that is about to end is not enough for a write that may take a while to arrive. */
const writeMarginMs = 1_000;

/** The operator whole: the controller, its lease and its HTTP server, which answers from the first moment. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { transport, registry, metrics, log, lease, identity } = options;
  const feed = createFeed({ isComplete: () => controller.first.isOver });
  const history = options.page && createHistory();
  const book = createPushBook({ now: Date.now });
  const replica = randomUUID();
  let controller: Controller;
  let term = new AbortController();

  const election: Election | undefined =
    lease &&
    createElection({
      transport,
      ...lease,
      identity,
      log,
      onChange: (leading) => {
        metrics.leading(leading);
        metrics.leaseChangedHands();
        log.info(
          { lease: `${lease.namespace}/${lease.name}`, identity },
          leading ? "this replica leads" : "this replica no longer leads",
        );
        if (leading) {
          term = new AbortController();
          controller.wakeAll();
        } else {
          // What waits to be repeated must not arrive after the next leader has begun.
          term.abort(new Error("the lease was lost"));
        }
      },
    });
  if (!election) metrics.leading(true);

  controller = new Controller({
    transport,
    namespaces: options.namespaces,
    identity,
    allowLoopback: options.allowLoopback,
    mayWrite: () => !election || election.remainingMs() > writeMarginMs,
    term: () => term.signal,
    reports: book,
    reportsAuthenticated: options.tokens !== undefined,
    onPlan: (key, observation, plan, status, memories) => {
      const { pool, now: at } = observation;
      const known = { pool, observation, plan, memories, conditions: status.conditions ?? [], status, at };
      history?.record(key, known);
      feed.set(key, known);
      recordPlan(metrics, observation, plan, status);
    },
    onGone: (key) => {
      feed.remove(key);
      history?.forget(key);
      const [namespace = "", name = ""] = key.split("/");
      metrics.forgetPool(namespace, name);
    },
    metrics,
    log,
  });

  const health = createHealth({ controller, transport });
  const peers =
    options.peers &&
    createPeers({ names: options.peers, replica, tokens: options.tokens, ...watchDeliveries(metrics, log) });
  const told: Pick<ServerOptions, "onRequest" | "onError" | "onCrowded"> = {
    onRequest: ({ method, route, status, durationMs }) =>
      metrics.httpServed({ method, route, status }, durationMs / 1_000),
    onError: (error, request) => log.error({ error, ...request }, "a request failed"),
    onCrowded: watchCrowding(metrics, log, () => performance.now()),
  };
  await using opening = new AsyncDisposableStack();
  const server = await startHttp({
    ...options.http,
    ...told,
    feed,
    registry,
    now: Date.now,
    reporting: {
      taker: book,
      replica,
      tokens: options.tokens,
      pace: createReportPace({ now: () => performance.now() }),
      isReplica: peers?.includes ?? (() => Promise.resolve(false)),
      forward: peers?.forward,
    },
    ...health,
  });
  opening.defer(() => server.close());
  const probes = options.health && (await startHealth({ ...options.health, ...told, feed, now: Date.now, ...health }));
  opening.defer(async () => probes?.close());
  const page = options.page && history && (await startPage({ ...options.page, ...told, feed, now: Date.now, history }));
  opening.move();
  const heartbeat = (): void => {
    for (const { resource, watches } of controller.watches)
      if (Number.isFinite(watches.ageMs())) metrics.watchAged(resource, watches.ageMs() / 1_000);
  };

  return {
    url: server.url,
    pageUrl: page?.url,
    healthUrl: probes?.url,
    feed,
    async run(signal) {
      const beat = setInterval(heartbeat, 1_000);
      // The lease is given back only when no pass can write any more.
      const leaving = new AbortController();
      const electing = election?.run(leaving.signal);
      // Without it nobody would ever lead, and nothing be written.
      const failing = new AbortController();
      electing?.catch((error: unknown) => failing.abort(error));
      try {
        await controller.run(AbortSignal.any([signal, failing.signal]));
      } finally {
        clearInterval(beat);
        leaving.abort();
        await electing;
        await Promise.all([server.close(), page?.close(), probes?.close()]);
        await peers?.close();
      }
    },
  };
}
