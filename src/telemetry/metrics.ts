import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { buckets } from "./buckets.ts";
import type { OperatorMetrics } from "./operator-metrics.ts";
import { createPoolMetrics } from "./pool-metrics.ts";
import { collectProcessMetrics } from "./process-metrics.ts";

interface MetricsOptions {
  readonly version: string;
  readonly now?: () => number;
}

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
    "Faults of xDS clients, by kind: Refused is a NACK. The log has the client's xDS node ID and address.",
    "kind",
  );
  const picks = counter(
    "extproc_picks_total",
    "Requests for which a gateway asked the endpoint picker, by outcome: sent (to a pod), none (no pod can take it: 503), shed (above the limit: 429), unknown (no such pool), unanswered (the gateway's request is wrong, or it lacks the right). The log has a line for unknown and unanswered.",
    "outcome",
  );
  const picksServed = counter(
    "extproc_served_total",
    "Requests for which the gateway reported the server that it used, by that server's place in the list that it got: first, later, or other (not in the list).",
    "place",
  );
  const agentAnswers = counter(
    "haproxy_answers_total",
    "Agent checks of HAProxy, by answer. With a usable decision on the pool, the answer is weight, drain or down. Without one, it is doubt (the server is up) or silent (no answer, so HAProxy keeps its last state). A question that cannot be read is unreadable. The log has a line for doubt, silent and unreadable.",
    "answer",
  );
  const errorsUnhandled = counter(
    "unhandled_errors_total",
    "Errors that nothing caught, by kind: after a rejection the process continues, after an exception it shuts down cleanly. Each is a bug in Evenkeel.",
    "kind",
  );
  gauge("build_info", "Always 1. The labels are the version of Evenkeel and that of Node.js.", "version", "node").set(
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
