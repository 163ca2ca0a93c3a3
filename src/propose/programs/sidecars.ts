import { type KnownProgram, serverErrors } from "../known.ts";

/** Proxies of service meshes, which stand alone or beside a program. */
export const sidecars: readonly KnownProgram[] = [
  {
    program: "Envoy",
    mark: /^envoy_(server|http_downstream|listener_downstream|cluster_upstream)_/,
    isWhole: true,
    beside: /^(envoy|istio)_/,
    connections: [
      {
        name: "envoy_http_downstream_rq_active",
        own: "envoy_http_conn_manager_prefix",
        why: "requests from clients that Envoy is serving",
      },
      {
        name: "envoy_http_downstream_cx_active",
        own: "envoy_http_conn_manager_prefix",
        why: "open connections from clients",
      },
      { name: "envoy_tcp_downstream_cx_active", own: "envoy_tcp_prefix", why: "open connections from clients" },
      { name: "envoy_listener_downstream_cx_active", isSingle: true, why: "open connections from clients" },
    ],
    requests: [
      {
        name: "envoy_http_downstream_rq_completed",
        own: "envoy_http_conn_manager_prefix",
        why: "requests that were answered",
      },
      { name: "istio_requests_total", matchLabels: { reporter: "destination" }, why: "requests to this pod" },
    ],
    responseTime: [
      {
        name: "envoy_http_downstream_rq_time",
        own: "envoy_http_conn_manager_prefix",
        unit: "Milliseconds",
        why: "Envoy's times are milliseconds",
      },
      {
        name: "istio_request_duration_milliseconds",
        matchLabels: { reporter: "destination" },
        unit: "Milliseconds",
        why: "response time of requests to this pod",
      },
    ],
    errors: [
      {
        name: "envoy_http_downstream_rq_xx",
        own: "envoy_http_conn_manager_prefix",
        matchLabels: { envoy_response_code_class: "5" },
        why: "responses with a status of 5xx",
      },
      {
        name: "istio_requests_total",
        matchLabels: { reporter: "destination" },
        match: { response_code: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Linkerd's proxy",
    // Its other names are such as anybody may choose.
    mark: /^tcp_open_total$/,
    isWhole: true,
    connections: [
      {
        name: "tcp_open_connections",
        matchLabels: { direction: "inbound", peer: "src" },
        why: "open connections from clients",
      },
    ],
    requests: [{ name: "request_total", matchLabels: { direction: "inbound" }, why: "requests from clients" }],
    responseTime: [
      {
        name: "response_latency_ms",
        matchLabels: { direction: "inbound" },
        unit: "Milliseconds",
        why: "response time of requests from clients",
      },
    ],
    errors: [
      {
        name: "response_total",
        matchLabels: { direction: "inbound", classification: "failure" },
        why: "responses that failed",
      },
    ],
  },
  {
    program: "Knative's queue-proxy",
    mark: /^(queue_average_concurrent_requests|revision_request_count)$/,
    isWhole: true,
    connections: [
      { name: "queue_average_concurrent_requests", why: "requests in progress, as a mean of the last second" },
    ],
    requests: [{ name: "revision_request_count", why: "requests to this pod" }],
    responseTime: [
      { name: "revision_request_latencies", unit: "Milliseconds", why: "response time of requests to this pod" },
    ],
    errors: [
      {
        name: "revision_request_count",
        matchLabels: { response_code_class: "5xx" },
        why: "responses with a status of 5xx",
      },
    ],
  },
];
