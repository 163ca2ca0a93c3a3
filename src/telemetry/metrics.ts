import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { SetCause } from "../decide/ready-set/planned-set.ts";
import type { ScaleDecision } from "../decide/scaling/decision.ts";
import { buckets } from "./buckets.ts";
import type { PoolFigures } from "./pool-figures.ts";
import {
  createPoolMetrics,
  type FollowerCount,
  type PoolName,
  type ProbeOutcome,
  type SampleOutcome,
} from "./pool-metrics.ts";
import { collectProcessMetrics } from "./process-metrics.ts";

interface MetricsOptions {
  readonly version: string;
  readonly now?: () => number;
}

interface ApiRequest {
  readonly verb: string;
  readonly resource: string;
  /** Status of the answer, or what came instead of one. */
  readonly code: number | string;
}

interface HttpRequest {
  readonly method: string;
  /** The route's pattern, not the path. */
  readonly route: string;
  readonly status: number;
}

/** How a watch ended. */
type WatchRestart = "ended" | "silent" | "expired" | "drifted" | "stopped" | "failed";

/** Records what happens. Nothing here waits, and no label is for outsiders to choose: its values stay few. */
export interface OperatorMetrics {
  /** After each pass: the pool's gauges. Other series of the pool begin with the first call. */
  planned(pool: PoolName, figures: PoolFigures): void;
  sampled(pool: PoolName, outcome: SampleOutcome, seconds: number): void;
  probed(pool: PoolName, outcome: ProbeOutcome, seconds: number): void;
  /** A pod was asked to close so many connections. */
  rebalanced(pool: PoolName, connections: number, outcome: SampleOutcome): void;
  scaleDecided(pool: PoolName, decision: ScaleDecision["kind"], reason: ScaleDecision["reason"]): void;
  /** Asked when metrics are read, until what it returns is called: how many follow a pool, by consumer. */
  followed(count: FollowerCount): () => void;
  /** The pool is gone, and its series with it. */
  forgetPool(namespace: string, name: string): void;
  passed(outcome: "done" | "failed", seconds: number): void;
  /** Keys that wait. */
  queued(depth: number): void;
  /** A key left the queue after it waited so long. */
  dequeued(seconds: number): void;
  apiAnswered(request: ApiRequest, seconds: number): void;
  /** Time since anything came over the watch of a resource, be it a bookmark. */
  watchAged(resource: string, seconds: number): void;
  watchRestarted(resource: string, reason: WatchRestart): void;
  /** A relist found objects that the watch had not told of. */
  relistDrifted(resource: string, objects: number): void;
  /** `cause`: who its pods are and how they are, weights alone, or why the ready set changed, where nothing else did. */
  sliceWritten(operation: "create" | "update" | "delete", cause: "membership" | "weights" | SetCause): void;
  entryWritten(
    kind: "WorkloadEntry" | "ServiceEntry",
    operation: "create" | "update" | "delete",
    cause: "membership" | "weights",
  ): void;
  statusWritten(): void;
  scaleWritten(): void;
  /** A part of a pool could not be written, and rests. */
  writeMissed(
    part: "slices" | "service" | "entries" | "marks" | "scale" | "status",
    outcome: "refused" | "failed" | "overtaken",
  ): void;
  /** This is the certificate that ports show now. */
  certificateUsed(certificate: { readonly subject: string; readonly from: Date; readonly until: Date }): void;
  leading(leads: boolean): void;
  leaseChangedHands(): void;
  httpServed(request: HttpRequest, seconds: number): void;
  /** A connection was closed to make room for another. */
  connectionEvicted(): void;
  /** A client's report went to another replica, or did not. */
  reportForwarded(outcome: "ok" | "failed" | "refused" | "dropped"): void;
  /** Streams of xDS that are open. */
  xdsStreamed(streams: number): void;
  /** A response went out, of resources of this type. */
  xdsSent(type: string): void;
  /** A client of xDS did what none should. */
  xdsOdd(kind: string): void;
  /** What became of a request for which a gateway asked where it should go. */
  endpointPicked(outcome: PickOutcome): void;
  /** To whom such a request went in the end. */
  pickServed(place: "first" | "later" | "other"): void;
  /** An agent check of HAProxy was answered. */
  agentAnswered(answer: AgentAnswerKind): void;
  /** An error that nothing had caught came to the process. */
  errorUnhandled(kind: "rejection" | "exception"): void;
}

type PickOutcome = "sent" | "none" | "shed" | "unknown" | "unanswered";

/** What HAProxy was told of a server. */
type AgentAnswerKind = "weight" | "drain" | "down" | "doubt" | "silent" | "unreadable";

/** Declares every metric, once, on the given registry. */
export function createMetrics(registry: Registry, { version, now = Date.now }: MetricsOptions): OperatorMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `evenkeel_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `evenkeel_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, limits: number[], ...labelNames: string[]) =>
    new Histogram({ name: `evenkeel_${name}`, help, labelNames, buckets: limits, registers });

  collectProcessMetrics(registry);
  const pools = createPoolMetrics(registry, now);
  const sampleDuration = histogram("sample_duration_seconds", "Time that samples took.", buckets.sample, "outcome");
  const probeDuration = histogram("probe_duration_seconds", "Time that probes took.", buckets.sample, "outcome");
  const passes = counter("passes_total", "Passes over a pool, by outcome.", "outcome");
  const passDuration = histogram("pass_duration_seconds", "Time that passes took.", buckets.pass);
  const queueDepth = gauge("queue_depth", "Pools that wait for a pass.");
  const queueLatency = histogram("queue_latency_seconds", "Time that pools waited for a pass.", buckets.queue);
  const apiRequests = counter(
    "api_requests_total",
    "Requests to the Kubernetes API, by verb, resource and status.",
    ...["verb", "resource", "code"],
  );
  const apiDuration = histogram(
    "api_request_duration_seconds",
    "Time until the Kubernetes API answered.",
    buckets.api,
    ...["verb", "resource"],
  );
  const watchRestarts = counter(
    "watch_restarts_total",
    "Watches that were restarted, by reason: ended, silent, expired, drifted, stopped, failed.",
    "resource",
    "reason",
  );
  const relistDrift = counter(
    "relist_drift_total",
    "Objects that a relist found changed although the watch had not shown the change.",
    "resource",
  );
  const sliceWrites = counter(
    "slice_writes_total",
    "Writes of endpoint slices, by operation and cause: membership, or weights if only these changed. If only the ready set changed, the cause is why: balance, brake (many connections came at once), floor (too few pods were in it) or blind (too few samples).",
    "operation",
    "cause",
  );
  const entryWrites = counter(
    "entry_writes_total",
    "Writes of Istio's entries, by kind, operation and cause: membership, or weights if only these changed. Weights for Cilium count as slice writes.",
    "kind",
    "operation",
    "cause",
  );
  const statusWrites = counter("status_writes_total", "Writes of pools' status. Does not grow while nothing changes.");
  const scaleWrites = counter("scale_writes_total", "Writes of workloads' replicas.");
  const writeMisses = counter(
    "write_misses_total",
    "Writes that were refused, failed, or were overtaken by another writer, by part of the pool: slices, service, entries (Istio's), marks (deletion costs), scale, status.",
    "part",
    "outcome",
  );
  const certificateStart = gauge(
    "tls_certificate_start_timestamp_seconds",
    "When the certificate that the ports present becomes valid, with TLS only.",
    "subject",
  );
  const certificateEnd = gauge(
    "tls_certificate_expiry_timestamp_seconds",
    "When the certificate that the ports present expires, with TLS only.",
    "subject",
  );
  const leader = gauge(
    "leader",
    "1 while this replica leads, else 0. The sum over all replicas is 1, except for moments.",
  );
  const leaseTransitions = counter(
    "lease_transitions_total",
    "Times that the Lease changed hands, as this replica saw it.",
  );
  const httpRequests = counter(
    "http_requests_total",
    "Requests answered, by route, method and status.",
    "route",
    "method",
    "code",
  );
  const httpDuration = histogram(
    "http_request_duration_seconds",
    "Time until requests were answered.",
    buckets.http,
    "route",
  );
  const evictions = counter(
    "http_connections_evicted_total",
    "Connections that were closed to make room for others. The address that holds most loses one. The log names the address.",
  );
  const reportsForwarded = counter(
    "reports_forwarded_total",
    "Clients' reports that were due to be sent on to another replica, by outcome: ok, failed (the replica is out of reach), refused (it gets more than it accepts), dropped (it waited too long).",
    "outcome",
  );
  const xdsStreams = gauge("xds_streams", "Streams of xDS that are open.");
  const xdsResponses = counter(
    "xds_responses_total",
    "Responses of xDS, by type of their resources. Does not grow while nothing changes.",
    "type",
  );
  const xdsOddities = counter(
    "xds_oddities_total",
    "Faults of xDS clients, by kind: Refused is a NACK. The log names the node.",
    "kind",
  );
  const picks = counter(
    "extproc_picks_total",
    "Requests for which a gateway asked the endpoint picker, by outcome: sent, none (503), shed (429), unknown (no such pool), unanswered. The log has a line for unknown and unanswered.",
    "outcome",
  );
  const picksServed = counter(
    "extproc_served_total",
    "Requests for which the gateway reported the server that it used, by that server's place in the list that it got: first, later, or other (not in the list).",
    "place",
  );
  const agentAnswers = counter(
    "haproxy_answers_total",
    "Agent checks of HAProxy, by answer. A plan gives weight, drain or down. Without a usable plan, the answer is doubt (the server is up) or silent (no answer, so HAProxy keeps its last state). A question that cannot be read is unreadable. The log has a line for doubt, silent and unreadable.",
    "answer",
  );
  const errorsUnhandled = counter(
    "unhandled_errors_total",
    "Errors that nothing caught, by kind: after a rejection the process continues, after an exception it shuts down cleanly. Each is a bug in Evenkeel.",
    "kind",
  );
  gauge("build_info", "Always 1. The labels are the version of Evenkeel and that of Node.", "version", "node").set(
    { version, node: process.version },
    1,
  );

  const watchAge = gauge(
    "watch_last_byte_age_seconds",
    "Time since the last byte came over the watch of a resource.",
    "resource",
  );

  return {
    planned: pools.planned,
    sampled(pool, outcome, seconds) {
      pools.sampled(pool, outcome);
      sampleDuration.observe({ outcome: outcome === "ok" ? "ok" : "failed" }, seconds);
    },
    probed(pool, outcome, seconds) {
      pools.probed(pool, outcome);
      probeDuration.observe({ outcome: outcome === "ok" ? "ok" : "failed" }, seconds);
    },
    rebalanced: pools.rebalanced,
    scaleDecided: pools.decided,
    followed: pools.followed,
    forgetPool: (namespace, name) => pools.forget({ namespace, name }),
    passed(outcome, seconds) {
      passes.inc({ outcome });
      passDuration.observe(seconds);
    },
    queued: (depth) => queueDepth.set(depth),
    dequeued: (seconds) => queueLatency.observe(seconds),
    apiAnswered({ verb, resource, code }, seconds) {
      apiRequests.inc({ verb, resource, code });
      apiDuration.observe({ verb, resource }, seconds);
    },
    watchAged: (resource, seconds) => watchAge.set({ resource }, seconds),
    watchRestarted: (resource, reason) => watchRestarts.inc({ resource, reason }),
    relistDrifted: (resource, objects) => relistDrift.inc({ resource }, objects),
    sliceWritten: (operation, cause) => sliceWrites.inc({ operation, cause }),
    entryWritten: (kind, operation, cause) => entryWrites.inc({ kind, operation, cause }),
    statusWritten: () => statusWrites.inc(),
    scaleWritten: () => scaleWrites.inc(),
    writeMissed: (part, outcome) => writeMisses.inc({ part, outcome }),
    certificateUsed({ subject, from, until }) {
      for (const [bound, date] of [
        [certificateStart, from],
        [certificateEnd, until],
      ] as const) {
        bound.reset();
        bound.set({ subject }, date.getTime() / 1_000);
      }
    },
    leading: (leads) => leader.set(leads ? 1 : 0),
    leaseChangedHands: () => leaseTransitions.inc(),
    httpServed({ route, method, status }, seconds) {
      httpRequests.inc({ route, method, code: status });
      httpDuration.observe({ route }, seconds);
    },
    connectionEvicted: () => evictions.inc(),
    reportForwarded: (outcome) => reportsForwarded.inc({ outcome }),
    xdsStreamed: (streams) => xdsStreams.set(streams),
    xdsSent: (type) => xdsResponses.inc({ type }),
    xdsOdd: (kind) => xdsOddities.inc({ kind }),
    endpointPicked: (outcome) => picks.inc({ outcome }),
    pickServed: (place) => picksServed.inc({ place }),
    agentAnswered: (answer) => agentAnswers.inc({ answer }),
    errorUnhandled: (kind) => errorsUnhandled.inc({ kind }),
  };
}
