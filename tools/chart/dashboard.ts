// Grafana's dashboard: rows of panels, each a title, a unit and its queries.

interface Query {
  readonly expr: string;
  readonly legend: string;
}

interface Panel {
  readonly title: string;
  readonly description: string;
  /** A unit of Grafana: short, percentunit, s, ops … */
  readonly unit: string;
  readonly type?: "timeseries" | "stat";
  readonly queries: readonly Query[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const pools = 'namespace=~"$namespace", pool=~"$pool"';
const byPool = "max by (namespace, pool)";
const name = "{{namespace}}/{{pool}}";
const quantile = (share: number, histogram: string) =>
  `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))`;
const ours = (metric: string) => `${metric} and on (namespace, job, instance) evenkeel_build_info`;

const rows: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      {
        title: "Pools",
        description: "Pools by the status of their condition Ready.",
        unit: "short",
        type: "stat",
        queries: [{ expr: "max by (ready) (evenkeel_pools)", legend: "Ready {{ready}}" }],
      },
      {
        title: "Leaders",
        description: "Replicas that write. One, but for moments.",
        unit: "short",
        type: "stat",
        queries: [{ expr: "sum(evenkeel_leader)", legend: "leaders" }],
      },
      {
        title: "Hand-overs",
        description: "Times that the Lease changed hands, as the replicas saw it.",
        unit: "short",
        type: "stat",
        queries: [{ expr: "max(increase(evenkeel_lease_transitions_total[$__range]))", legend: "hand-overs" }],
      },
      {
        title: "Replicas and versions",
        description: "Replicas of Evenkeel by version.",
        unit: "short",
        type: "stat",
        queries: [{ expr: "count by (version) (evenkeel_build_info)", legend: "{{version}}" }],
      },
    ],
  },
  {
    title: "Golden signals",
    panels: [
      {
        title: "Requests",
        description: "That ready pods completed, of pools that count them. Pods that are not measured are missing.",
        unit: "reqps",
        queries: [{ expr: `${byPool} (evenkeel_pool_requests_per_second{${pools}})`, legend: name }],
      },
      {
        title: "Errors",
        description: "Share of the requests that failed, of pools that count errors.",
        unit: "percentunit",
        queries: [{ expr: `${byPool} (evenkeel_pool_error_ratio{${pools}})`, legend: name }],
      },
      {
        title: "Response time",
        description: "Mean of the requests or, of pools that read none, of the last probes.",
        unit: "s",
        queries: [{ expr: `${byPool} (evenkeel_pool_response_time_seconds{${pools}})`, legend: name }],
      },
      {
        title: "Connections",
        description: "Open on ready pods, of pools that read them. Pods that are not measured are missing.",
        unit: "short",
        queries: [{ expr: `${byPool} (evenkeel_pool_connections{${pools}})`, legend: name }],
      },
      {
        title: "Average load and limit",
        description: "Above the limit, on each of the last polls, replicas are added.",
        unit: "percentunit",
        queries: [
          { expr: `${byPool} (evenkeel_pool_average_load_ratio{${pools}})`, legend: `${name} load` },
          { expr: `${byPool} (evenkeel_pool_load_limit_ratio{${pools}})`, legend: `${name} limit` },
        ],
      },
      {
        title: "Spread over the endpoints",
        description: "Standard deviation divided by mean. 0 is even.",
        unit: "percentunit",
        queries: [
          {
            expr: `max by (namespace, pool, figure) (evenkeel_pool_spread_ratio{${pools}})`,
            legend: `${name} {{figure}}`,
          },
        ],
      },
      {
        title: "Share of the fullest pod",
        description:
          "Of the connections, or requests, of the endpoints that are measured; beside it, what would be even.",
        unit: "percentunit",
        queries: [
          {
            expr: `max by (namespace, pool, figure) (evenkeel_pool_fullest_pod_share_ratio{${pools}})`,
            legend: `${name} {{figure}}`,
          },
          {
            expr: `1 / (${byPool} (evenkeel_pool_measured_endpoints{${pools}}) > 0)`,
            legend: `${name} even`,
          },
        ],
      },
    ],
  },
  {
    title: "Pools",
    panels: [
      {
        title: "Replicas",
        description: "What the workload has, and what its load asks for.",
        unit: "short",
        queries: [
          {
            expr: `max by (namespace, pool, kind) (evenkeel_pool_replicas{${pools}})`,
            legend: `${name} {{kind}}`,
          },
        ],
      },
      {
        title: "Endpoints",
        description: "Pods that may get traffic, and pods that may not; of the former, those that are measured.",
        unit: "short",
        queries: [
          { expr: `${byPool} (evenkeel_pool_measured_endpoints{${pools}})`, legend: `${name} measured` },
          {
            expr: `max by (namespace, pool, state) (evenkeel_pool_endpoints{${pools}})`,
            legend: `${name} {{state}}`,
          },
        ],
      },
      {
        title: "Ready set and its floor",
        description:
          "Pods that the slices publish as ready, of pools that balance by that. At the floor it often is; see beside.",
        unit: "short",
        queries: [
          { expr: `${byPool} (evenkeel_pool_ready_set_size{${pools}})`, legend: `${name} published` },
          { expr: `${byPool} (evenkeel_pool_ready_set_floor{${pools}})`, legend: `${name} floor` },
        ],
      },
      {
        title: "Followers",
        description: "Streams and proxies that follow a pool, over all replicas, by consumer.",
        unit: "short",
        queries: [
          {
            expr: `sum by (namespace, pool, consumer) (evenkeel_pool_followers{${pools}})`,
            legend: `${name} {{consumer}}`,
          },
        ],
      },
      {
        title: "Connections of the fullest pod",
        description: "For what it can carry, of pools with a ready set: as they are, and as would be even.",
        unit: "short",
        queries: [
          {
            expr: `max by (namespace, pool, kind) (evenkeel_pool_fullest_pod_connections{${pools}})`,
            legend: `${name} {{kind}}`,
          },
        ],
      },
      {
        title: "Connections asked to move",
        description: "That pods above their share were asked to close, of pools that rebalance.",
        unit: "cps",
        queries: [
          {
            expr: `sum by (namespace, pool) (rate(evenkeel_pool_rebalanced_connections_total{${pools}}[$__rate_interval]))`,
            legend: name,
          },
        ],
      },
      {
        title: "Requests to move connections, by outcome",
        description: "Anything but ok is a pod that was asked and did not do it.",
        unit: "ops",
        queries: [
          {
            expr: `sum by (namespace, pool, outcome) (rate(evenkeel_pool_rebalances_total{${pools}}[$__rate_interval]))`,
            legend: `${name} {{outcome}}`,
          },
        ],
      },
      {
        title: "Oldest sample in use",
        description: "Above three intervals, a pod counts as not measured.",
        unit: "s",
        queries: [{ expr: `${byPool} (evenkeel_pool_oldest_sample_age_seconds{${pools}})`, legend: name }],
      },
      {
        title: "Samples that fail, by why",
        description: "Each replica samples for itself.",
        unit: "ops",
        queries: [
          {
            expr: `sum by (namespace, pool, outcome) (rate(evenkeel_samples_total{${pools}, outcome!="ok"}[$__rate_interval]))`,
            legend: `${name} {{outcome}}`,
          },
        ],
      },
      {
        title: "Pods that do not answer their probe",
        description: "Ready pods, set aside or not; only of pools with a probe.",
        unit: "short",
        queries: [{ expr: `${byPool} (evenkeel_pool_unhealthy_pods{${pools}})`, legend: name }],
      },
      {
        title: "Probes that fail, by how",
        description: "Each replica probes for itself.",
        unit: "ops",
        queries: [
          {
            expr: `sum by (namespace, pool, outcome) (rate(evenkeel_probes_total{${pools}, outcome!="ok"}[$__rate_interval]))`,
            legend: `${name} {{outcome}}`,
          },
        ],
      },
      {
        title: "Decisions about replicas",
        description: "Scaled or held, and why.",
        unit: "ops",
        queries: [
          {
            expr: `max by (namespace, pool, decision, reason) (rate(evenkeel_scale_decisions_total{${pools}}[$__rate_interval]))`,
            legend: `${name} {{decision}} {{reason}}`,
          },
        ],
      },
    ],
  },
  {
    title: "Work",
    panels: [
      {
        title: "Passes",
        description: "Looks at a pool that ended in a plan, and those that failed.",
        unit: "ops",
        queries: [{ expr: "sum by (outcome) (rate(evenkeel_passes_total[$__rate_interval]))", legend: "{{outcome}}" }],
      },
      {
        title: "Time of passes",
        description: "The wait for a pass, and the pass itself with its writes.",
        unit: "s",
        queries: [
          { expr: quantile(0.99, "evenkeel_queue_latency_seconds"), legend: "wait, p99" },
          { expr: quantile(0.5, "evenkeel_pass_duration_seconds"), legend: "pass, p50" },
          { expr: quantile(0.99, "evenkeel_pass_duration_seconds"), legend: "pass, p99" },
        ],
      },
      {
        title: "Writes",
        description:
          "Nothing changed, nothing written: with steady pods all are zero, but for the balance of ready sets.",
        unit: "ops",
        queries: [
          {
            expr: "sum by (operation, cause) (rate(evenkeel_slice_writes_total[$__rate_interval]))",
            legend: "slices, {{operation}} for {{cause}}",
          },
          {
            expr: "sum by (kind, operation, cause) (rate(evenkeel_entry_writes_total[$__rate_interval]))",
            legend: "{{kind}}, {{operation}} for {{cause}}",
          },
          { expr: "sum(rate(evenkeel_status_writes_total[$__rate_interval]))", legend: "status" },
          { expr: "sum(rate(evenkeel_scale_writes_total[$__rate_interval]))", legend: "scale" },
        ],
      },
      {
        title: "Writes that miss",
        description: "Refused, failed, or overtaken by another write; the pool's condition says why.",
        unit: "ops",
        queries: [
          {
            expr: "sum by (part, outcome) (rate(evenkeel_write_misses_total[$__rate_interval]))",
            legend: "{{part}} {{outcome}}",
          },
        ],
      },
      {
        title: "Time of samples and probes",
        description: "How long pods take to answer.",
        unit: "s",
        queries: [
          { expr: quantile(0.5, "evenkeel_sample_duration_seconds"), legend: "samples, p50" },
          { expr: quantile(0.99, "evenkeel_sample_duration_seconds"), legend: "samples, p99" },
          { expr: quantile(0.99, "evenkeel_probe_duration_seconds"), legend: "probes, p99" },
        ],
      },
      {
        title: "Pools that wait",
        description: "Length of each replica's queue.",
        unit: "short",
        queries: [{ expr: "max by (namespace, instance) (evenkeel_queue_depth)", legend: "{{instance}}" }],
      },
      {
        title: "Answers to HAProxy's agent checks",
        description: "By answer: weight, drain and down come from a plan; anything else has a line in the log.",
        unit: "ops",
        queries: [
          {
            expr: "sum by (answer) (rate(evenkeel_haproxy_answers_total[$__rate_interval]))",
            legend: "{{answer}}",
          },
        ],
      },
      {
        title: "Clients' reports sent on",
        description: "Reports of connections that replicas tell each other.",
        unit: "ops",
        queries: [
          {
            expr: "sum by (outcome) (rate(evenkeel_reports_forwarded_total[$__rate_interval]))",
            legend: "{{outcome}}",
          },
        ],
      },
      {
        title: "Time until HTTP requests are answered, p99",
        description: "By route; a watch counts until it begins.",
        unit: "s",
        queries: [
          {
            expr: "histogram_quantile(0.99, sum by (le, route) (rate(evenkeel_http_request_duration_seconds_bucket[$__rate_interval])))",
            legend: "{{route}}",
          },
        ],
      },
      {
        title: "HTTP requests",
        description: "Requests that consumers, probes and Prometheus made, by route.",
        unit: "reqps",
        queries: [
          {
            expr: "sum by (route, code) (rate(evenkeel_http_requests_total[$__rate_interval]))",
            legend: "{{route}} {{code}}",
          },
        ],
      },
      {
        title: "Connections closed for room",
        description: "Of whoever held most, when connections were as many as may be.",
        unit: "ops",
        queries: [
          { expr: "sum(rate(evenkeel_http_connections_evicted_total[$__rate_interval]))", legend: "connections" },
        ],
      },
      {
        title: "Time that the certificate has left",
        description: "Of the time for which the certificate that ports show is good; only with TLS.",
        unit: "percentunit",
        queries: [
          {
            expr: "min by (namespace, subject) ((evenkeel_tls_certificate_expiry_timestamp_seconds - time()) / (evenkeel_tls_certificate_expiry_timestamp_seconds - evenkeel_tls_certificate_start_timestamp_seconds))",
            legend: "{{subject}}",
          },
        ],
      },
      {
        title: "xDS",
        description: "Streams of Envoy and of gRPC's clients, by replica.",
        unit: "short",
        queries: [{ expr: "evenkeel_xds_streams", legend: "{{instance}}" }],
      },
      {
        title: "xDS responses",
        description: "By type of their resources, and what clients did that none should, by kind.",
        unit: "ops",
        queries: [
          { expr: "sum by (type) (rate(evenkeel_xds_responses_total[$__rate_interval]))", legend: "{{type}}" },
          { expr: "sum by (kind) (rate(evenkeel_xds_oddities_total[$__rate_interval]))", legend: "{{kind}}" },
        ],
      },
      {
        title: "Requests of gateways to the endpoint picker",
        description:
          "By what became of them, and by the place in the list of who served. Later than the first: it failed.",
        unit: "ops",
        queries: [
          { expr: "sum by (outcome) (rate(evenkeel_extproc_picks_total[$__rate_interval]))", legend: "{{outcome}}" },
          {
            expr: "sum by (place) (rate(evenkeel_extproc_served_total[$__rate_interval]))",
            legend: "served: {{place}}",
          },
        ],
      },
    ],
  },
  {
    title: "Kubernetes API",
    panels: [
      {
        title: "Requests",
        description: "By verb and status.",
        unit: "reqps",
        queries: [
          {
            expr: "sum by (verb, code) (rate(evenkeel_api_requests_total[$__rate_interval]))",
            legend: "{{verb}} {{code}}",
          },
        ],
      },
      {
        title: "Time of requests, p99",
        description: "Until the API server answered.",
        unit: "s",
        queries: [
          {
            expr: "histogram_quantile(0.99, sum by (le, verb, resource) (rate(evenkeel_api_request_duration_seconds_bucket[$__rate_interval])))",
            legend: "{{verb}} {{resource}}",
          },
        ],
      },
      {
        title: "Silence of watches",
        description: "Time since anything came, be it a bookmark; after 90 s a watch begins anew.",
        unit: "s",
        queries: [{ expr: "max by (resource) (evenkeel_watch_last_byte_age_seconds)", legend: "{{resource}}" }],
      },
      {
        title: "Watches begun anew, and what they missed",
        description: "By reason. Objects that a listing found changed, unseen by the watch, should be none.",
        unit: "short",
        queries: [
          {
            expr: "sum by (resource, reason) (increase(evenkeel_watch_restarts_total[$__rate_interval]))",
            legend: "{{resource}} {{reason}}",
          },
          {
            expr: "sum by (resource) (increase(evenkeel_relist_drift_total[$__rate_interval]))",
            legend: "{{resource}} missed",
          },
        ],
      },
    ],
  },
  {
    title: "Process",
    panels: [
      {
        title: "CPU",
        description: "Cores in use.",
        unit: "short",
        queries: [
          { expr: ours("rate(process_cpu_seconds_total[$__rate_interval])"), legend: "{{namespace}} {{instance}}" },
        ],
      },
      {
        title: "Memory",
        description: "Resident memory, and what of it is JavaScript's.",
        unit: "bytes",
        queries: [
          { expr: ours("process_resident_memory_bytes"), legend: "{{instance}} resident" },
          { expr: ours("nodejs_heap_size_used_bytes"), legend: "{{instance}} heap" },
        ],
      },
      {
        title: "Lag of the event loop, p99",
        description: "A leader whose loop stands still for ten seconds loses its Lease.",
        unit: "s",
        queries: [{ expr: ours("nodejs_eventloop_lag_p99_seconds"), legend: "{{instance}}" }],
      },
      {
        title: "Errors that nothing had caught",
        description: "Each is a fault of Evenkeel's, and stands in its log.",
        unit: "short",
        queries: [
          {
            expr: "sum by (kind) (increase(evenkeel_unhandled_errors_total[$__rate_interval]))",
            legend: "{{kind}}",
          },
        ],
      },
    ],
  },
];

const datasource = { type: "prometheus", uid: "$datasource" };
const columns = 24;
const statHeight = 4;
const graphHeight = 8;
const graphWidth = 8;

function draw({ title, description, unit, type = "timeseries", queries }: Panel, gridPos: object, id: number): object {
  return {
    id,
    type,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, ...(type === "timeseries" && { custom: { fillOpacity: 10, showPoints: "never" } }) },
      overrides: [],
    },
    options:
      type === "stat"
        ? { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "none", textMode: "auto" }
        : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
      ...(type === "stat" && { instant: true }),
    })),
  };
}

/** Rows one below the other, panels from the left to the right in them. */
function layOut(): object[] {
  const drawn: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    drawn.push({
      id: drawn.length + 1,
      type: "row",
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: columns, h: 1 },
    });
    y += 1;
    const isStats = panels.every(({ type }) => type === "stat");
    const [w, h] = isStats ? [columns / panels.length, statHeight] : [graphWidth, graphHeight];
    for (const [index, panel] of panels.entries()) {
      const place = { x: (index * w) % columns, y: y + Math.floor((index * w) / columns) * h, w, h };
      drawn.push(draw(panel, place, drawn.length + 1));
    }
    y += Math.ceil((panels.length * w) / columns) * h;
  }
  return drawn;
}

const choice = (label: string, variable: string, query: string) => ({
  name: variable,
  label,
  type: "query",
  datasource,
  query: { query, refId: variable },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: ".*",
  current: { text: ["All"], value: ["$__all"] },
});

/** What Grafana imports. */
export const dashboard = (): object => ({
  uid: "evenkeel",
  title: "Evenkeel",
  description: "Pools by the load they report, and the operator that orders, weights and scales them.",
  tags: ["evenkeel", "kubernetes"],
  schemaVersion: 39,
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  time: { from: "now-1h", to: "now" },
  templating: {
    list: [
      { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", current: {} },
      choice("Namespace", "namespace", "label_values(evenkeel_pool_endpoints, namespace)"),
      choice("Pool", "pool", 'label_values(evenkeel_pool_endpoints{namespace=~"$namespace"}, pool)'),
    ],
  },
  panels: layOut(),
});
