/** What a pool may read of a pod, in the words of its source. */
export const figures = ["connections", "load", "requests", "responseTime", "errors"] as const;
export type FigureName = (typeof figures)[number];

/** Where a program tells a figure. */
export interface Known {
  readonly name: string;
  /** Why it is taken, to stand behind a colon. */
  readonly why: string;
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly match?: Readonly<Record<string, string>>;
  /** A label of which only these values count: those that are named after nothing of the program's own housekeeping. */
  readonly own?: string;
  readonly minus?: string;
  readonly rate?: true;
  /** The reading that is 100 %: as its definition has it, or another metric of the page that says it. */
  readonly capacity?: string | { readonly of: string; readonly matchLabels?: Readonly<Record<string, string>> };
  /** Of times, where they are not seconds. */
  readonly unit?: "Milliseconds";
}

/** A program, or a library in it, by what its page looks like. */
export interface Program {
  readonly program: string;
  /** One of the page's metrics has such a name. */
  readonly mark: RegExp;
  /** It is one that tells of another, so that its own processor time is not the load. */
  readonly isExporter?: true;
  /** What it does not tell is not guessed from other names. */
  readonly isWhole?: true;
  readonly connections?: readonly Known[];
  readonly load?: readonly Known[];
  readonly requests?: readonly Known[];
  readonly responseTime?: readonly Known[];
  readonly errors?: readonly Known[];
  readonly note?: string;
}

const fiveHundreds = "5..";

/** Those codes of gRPC that are the server's fault. */
export const grpcFaults =
  "Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss|UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS";

/** Programs that are what a pod runs: the first whose mark is on the page. */
const servers: readonly Program[] = [
  {
    program: "vLLM",
    mark: /^vllm:num_requests_running$/,
    isWhole: true,
    connections: [{ name: "vllm:num_requests_running", why: "requests that the engine works on" }],
    load: [
      { name: "vllm:kv_cache_usage_perc", capacity: "1", why: "share of the KV cache in use; 1 is full" },
      { name: "vllm:gpu_cache_usage_perc", capacity: "1", why: "share of the KV cache in use; 1 is full" },
    ],
    requests: [{ name: "vllm:request_success_total", why: "requests that were answered" }],
    responseTime: [
      { name: "vllm:e2e_request_latency_seconds", why: "from the arrival of a request to its last token" },
    ],
  },
  {
    program: "SGLang",
    mark: /^sglang:num_running_reqs$/,
    isWhole: true,
    connections: [{ name: "sglang:num_running_reqs", why: "requests that the engine works on" }],
    load: [{ name: "sglang:token_usage", capacity: "1", why: "share of the token pool in use; 1 is full" }],
    requests: [{ name: "sglang:num_requests_total", why: "requests that were answered" }],
    responseTime: [
      { name: "sglang:e2e_request_latency_seconds", why: "from the arrival of a request to its last token" },
    ],
  },
  {
    program: "llama.cpp",
    mark: /^llamacpp:requests_processing$/,
    isWhole: true,
    connections: [{ name: "llamacpp:requests_processing", why: "requests that the server works on" }],
    load: [{ name: "llamacpp:kv_cache_usage_ratio", capacity: "1", why: "share of the KV cache in use; 1 is full" }],
  },
  {
    program: "Text Generation Inference",
    mark: /^tgi_batch_current_size$/,
    isWhole: true,
    connections: [{ name: "tgi_batch_current_size", why: "requests in the running batch" }],
    requests: [{ name: "tgi_request_count", why: "requests that came in" }],
    responseTime: [{ name: "tgi_request_duration", why: "from the arrival of a request to its last token" }],
  },
  {
    program: "Triton Inference Server",
    mark: /^nv_inference_request_success$/,
    isWhole: true,
    connections: [{ name: "nv_inference_pending_request_count", why: "requests that wait or run" }],
    load: [{ name: "nv_gpu_utilization", capacity: "1", why: "share of time in which the GPU was busy" }],
    requests: [{ name: "nv_inference_request_success", why: "inferences that were answered" }],
  },
  {
    program: "Envoy",
    mark: /^envoy_(server|http_downstream|listener_downstream|cluster_upstream)_/,
    isWhole: true,
    connections: [
      {
        name: "envoy_http_downstream_rq_active",
        own: "envoy_http_conn_manager_prefix",
        why: "requests that Envoy has in hand, from clients",
      },
      {
        name: "envoy_http_downstream_cx_active",
        own: "envoy_http_conn_manager_prefix",
        why: "open connections from clients",
      },
      { name: "envoy_tcp_downstream_cx_active", own: "envoy_tcp_prefix", why: "open connections from clients" },
      { name: "envoy_listener_downstream_cx_active", why: "open connections from clients" },
    ],
    requests: [
      {
        name: "envoy_http_downstream_rq_completed",
        own: "envoy_http_conn_manager_prefix",
        why: "requests that were answered",
      },
    ],
    responseTime: [
      {
        name: "envoy_http_downstream_rq_time",
        own: "envoy_http_conn_manager_prefix",
        unit: "Milliseconds",
        why: "Envoy's times are milliseconds",
      },
    ],
    errors: [
      {
        name: "envoy_http_downstream_rq_xx",
        own: "envoy_http_conn_manager_prefix",
        matchLabels: { envoy_response_code_class: "5" },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "HAProxy",
    mark: /^haproxy_process_current_connections$/,
    isWhole: true,
    connections: [
      {
        name: "haproxy_frontend_current_sessions",
        own: "proxy",
        why: "sessions that its frontends have open, without that of the statistics",
      },
      { name: "haproxy_process_current_connections", why: "open connections of the whole process" },
    ],
    load: [
      {
        name: "haproxy_process_current_connections",
        capacity: { of: "haproxy_process_max_connections" },
        why: "open connections, of haproxy_process_max_connections",
      },
    ],
    requests: [{ name: "haproxy_frontend_http_requests_total", own: "proxy", why: "requests from clients" }],
    errors: [
      {
        name: "haproxy_frontend_http_responses_total",
        own: "proxy",
        matchLabels: { code: "5xx" },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "HAProxy (its exporter)",
    mark: /^haproxy_exporter_/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "haproxy_frontend_current_sessions", own: "frontend", why: "sessions that its frontends have open" },
    ],
    requests: [{ name: "haproxy_frontend_http_requests_total", own: "frontend", why: "requests from clients" }],
    errors: [
      {
        name: "haproxy_frontend_http_responses_total",
        own: "frontend",
        matchLabels: { code: "5xx" },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "nginx (nginx-prometheus-exporter)",
    mark: /^(nginx_connections_active|nginxplus_connections_active|nginxexporter_build_info)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "nginx_connections_active", why: "open connections, idle ones included" },
      { name: "nginxplus_connections_active", why: "open connections from clients" },
    ],
    requests: [
      { name: "nginx_http_requests_total", why: "requests from clients" },
      { name: "nginxplus_http_requests_total", why: "requests from clients" },
    ],
  },
  {
    program: "nginx (module vts)",
    mark: /^nginx_vts_main_connections$/,
    isWhole: true,
    connections: [
      {
        name: "nginx_vts_main_connections",
        matchLabels: { status: "active" },
        why: "open connections, idle ones included",
      },
    ],
    requests: [
      { name: "nginx_vts_main_connections", matchLabels: { status: "requests" }, why: "requests from clients" },
    ],
    responseTime: [],
  },
  {
    program: "ingress-nginx",
    mark: /^nginx_ingress_controller_nginx_process_connections$/,
    isWhole: true,
    connections: [
      {
        name: "nginx_ingress_controller_nginx_process_connections",
        matchLabels: { state: "active" },
        why: "open connections, idle ones included",
      },
    ],
    load: [
      {
        name: "nginx_ingress_controller_nginx_process_cpu_seconds_total",
        rate: true,
        why: "processor time of nginx itself",
      },
    ],
    requests: [{ name: "nginx_ingress_controller_nginx_process_requests_total", why: "requests from clients" }],
    responseTime: [
      {
        name: "nginx_ingress_controller_request_duration_seconds",
        why: "from the first byte of a request to the last of its answer",
      },
    ],
  },
  {
    program: "Traefik",
    mark: /^traefik_(open_connections|entrypoint_open_connections|config_reloads_total)$/,
    connections: [
      { name: "traefik_open_connections", own: "entrypoint", why: "open connections at its entry points" },
      { name: "traefik_entrypoint_open_connections", own: "entrypoint", why: "open connections at its entry points" },
    ],
    requests: [{ name: "traefik_entrypoint_requests_total", own: "entrypoint", why: "requests at its entry points" }],
    responseTime: [
      {
        name: "traefik_entrypoint_request_duration_seconds",
        own: "entrypoint",
        why: "of requests at its entry points",
      },
    ],
    errors: [
      {
        name: "traefik_entrypoint_requests_total",
        own: "entrypoint",
        match: { code: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "Caddy",
    mark: /^caddy_(http_requests_in_flight|admin_http_requests_total|config_last_reload_successful)$/,
    connections: [
      {
        name: "caddy_http_requests_in_flight",
        why: "requests in hand; it counts them for each handler that they pass",
      },
    ],
    responseTime: [{ name: "caddy_http_request_duration_seconds", why: "of its handlers" }],
    errors: [
      {
        name: "caddy_http_request_duration_seconds_count",
        match: { code: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "Kong",
    mark: /^kong_nginx_connections_total$/,
    isWhole: true,
    connections: [
      {
        name: "kong_nginx_connections_total",
        matchLabels: { state: "active" },
        why: "open connections; a gauge in spite of its name",
      },
    ],
    requests: [{ name: "kong_nginx_requests_total", why: "requests from clients" }],
  },
  {
    program: "Apache (its exporter)",
    mark: /^apache_(workers|accesses_total|scoreboard)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "apache_connections", matchLabels: { state: "total" }, why: "open connections" },
      { name: "apache_workers", matchLabels: { state: "busy" }, why: "workers with a request in hand" },
    ],
    requests: [{ name: "apache_accesses_total", why: "requests from clients" }],
  },
  {
    program: "PHP-FPM",
    mark: /^(phpfpm|php_fpm)_active_processes$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "phpfpm_active_processes", why: "processes with a request in hand" },
      { name: "php_fpm_active_processes", why: "processes with a request in hand" },
    ],
    requests: [
      { name: "phpfpm_accepted_connections", why: "a connection is a request to PHP-FPM" },
      { name: "phpfpm_accepted_connections_total", why: "a connection is a request to PHP-FPM" },
      { name: "php_fpm_accepted_connections_total", why: "a connection is a request to PHP-FPM" },
    ],
    note: "What it holds at most is pm.max_children of its configuration, which its page does not tell.",
  },
  {
    program: "PHP-FPM (JSON)",
    mark: /^listen_queue_len$/,
    isWhole: true,
    connections: [{ name: "active_processes", why: "processes with a request in hand" }],
    requests: [{ name: "accepted_conn", why: "a connection is a request to PHP-FPM" }],
    note: "What it holds at most is pm.max_children of its configuration, which its page does not tell.",
  },
  {
    program: "PgBouncer (its exporter)",
    mark: /^pgbouncer_pools_client_active_connections$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "pgbouncer_pools_client_active_connections", why: "clients that are served" }],
    requests: [{ name: "pgbouncer_stats_queries_pooled_total", why: "queries" }],
  },
  {
    program: "PostgreSQL (postgres_exporter)",
    mark: /^(pg_up|pg_stat_database_numbackends)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "pg_stat_database_numbackends", why: "sessions of all databases" },
      { name: "pg_stat_activity_count", why: "sessions of all databases" },
    ],
    load: [
      {
        name: "pg_stat_database_numbackends",
        capacity: { of: "pg_settings_max_connections" },
        why: "sessions, of pg_settings_max_connections",
      },
      {
        name: "pg_stat_activity_count",
        capacity: { of: "pg_settings_max_connections" },
        why: "sessions, of pg_settings_max_connections",
      },
    ],
    requests: [
      { name: "pg_stat_database_xact_commit", why: "transactions" },
      { name: "pg_stat_database_xact_commit_total", why: "transactions" },
    ],
    note: "Primary and standby differ: spec.access with a Postgres probe keeps writes to the one that takes them.",
  },
  {
    program: "MySQL (mysqld_exporter)",
    mark: /^mysql_(up|global_status_threads_connected)$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "mysql_global_status_threads_connected", why: "sessions" }],
    load: [
      {
        name: "mysql_global_status_threads_connected",
        capacity: { of: "mysql_global_variables_max_connections" },
        why: "sessions, of mysql_global_variables_max_connections",
      },
    ],
    requests: [
      { name: "mysql_global_status_questions", why: "statements from clients" },
      { name: "mysql_global_status_queries", why: "statements" },
    ],
  },
  {
    program: "Redis (redis_exporter)",
    mark: /^redis_(up|connected_clients)$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "redis_connected_clients", why: "open connections of clients" }],
    load: [
      {
        name: "redis_cpu_user_seconds_total",
        rate: true,
        capacity: "1",
        why: "processor time; one thread runs the commands, so that 1 is full",
      },
    ],
    requests: [{ name: "redis_commands_processed_total", why: "commands" }],
  },
  {
    program: "Memcached (its exporter)",
    mark: /^memcached_(up|current_connections)$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "memcached_current_connections", why: "open connections" }],
    load: [
      {
        name: "memcached_current_connections",
        capacity: { of: "memcached_max_connections" },
        why: "open connections, of memcached_max_connections",
      },
    ],
    requests: [{ name: "memcached_commands_total", why: "commands" }],
  },
  {
    program: "MongoDB (mongodb_exporter)",
    mark: /^mongodb_(up|ss_connections|connections)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "mongodb_ss_connections", matchLabels: { conn_type: "current" }, why: "open connections" },
      { name: "mongodb_connections", matchLabels: { state: "current" }, why: "open connections" },
    ],
  },
  {
    program: "Elasticsearch (its exporter)",
    mark: /^elasticsearch_(cluster_health_up|process_cpu_percent)$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "elasticsearch_http_open_connections", why: "open connections" }],
    load: [
      { name: "elasticsearch_process_cpu_percent", capacity: "100", why: "processor time of Elasticsearch in percent" },
    ],
  },
  {
    program: "RabbitMQ",
    mark: /^rabbitmq_(connections|identity_info)$/,
    isWhole: true,
    connections: [{ name: "rabbitmq_connections", why: "open connections of clients" }],
    requests: [
      { name: "rabbitmq_global_messages_received_total", why: "messages that came in" },
      { name: "rabbitmq_channel_messages_published_total", why: "messages that came in" },
    ],
  },
  {
    program: "NATS (its exporter)",
    mark: /^gnatsd_varz_connections$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "gnatsd_varz_connections", why: "open connections of clients" }],
    load: [
      {
        name: "gnatsd_varz_connections",
        capacity: { of: "gnatsd_varz_max_connections" },
        why: "open connections, of gnatsd_varz_max_connections",
      },
    ],
    requests: [{ name: "gnatsd_varz_in_msgs", why: "messages that came in" }],
  },
  {
    program: "Varnish (its exporter)",
    mark: /^varnish_(up|main_sessions)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      {
        name: "varnish_main_sess_conn",
        minus: "varnish_main_sess_closed",
        why: "sessions accepted less those that have ended",
      },
    ],
    requests: [{ name: "varnish_main_client_req", why: "requests from clients" }],
  },
  {
    program: "NATS",
    mark: /^slow_consumers$/,
    isWhole: true,
    connections: [{ name: "connections", why: "open connections of clients" }],
    load: [{ name: "connections", capacity: { of: "max_connections" }, why: "open connections, of max_connections" }],
    requests: [{ name: "in_msgs", why: "messages that came in" }],
  },
  {
    program: "Prometheus",
    mark: /^prometheus_tsdb_head_series$/,
    connections: [
      {
        name: "net_conntrack_listener_conn_accepted_total",
        minus: "net_conntrack_listener_conn_closed_total",
        why: "connections accepted less those that were closed are open",
      },
    ],
    requests: [{ name: "prometheus_http_requests_total", why: "requests to its API" }],
    responseTime: [{ name: "prometheus_http_request_duration_seconds", why: "of requests to its API" }],
    errors: [
      { name: "prometheus_http_requests_total", match: { code: fiveHundreds }, why: "answers with a status of 5xx" },
    ],
  },
  {
    program: "CoreDNS",
    mark: /^coredns_build_info$/,
    requests: [{ name: "coredns_dns_requests_total", why: "queries" }],
    responseTime: [{ name: "coredns_dns_request_duration_seconds", why: "of queries" }],
    errors: [{ name: "coredns_dns_responses_total", matchLabels: { rcode: "SERVFAIL" }, why: "answers of SERVFAIL" }],
  },
  {
    program: "MinIO",
    mark: /^minio_(s3_requests_inflight_total|node_process_uptime_seconds)$/,
    isWhole: true,
    connections: [{ name: "minio_s3_requests_inflight_total", why: "requests in hand; a gauge in spite of its name" }],
    requests: [{ name: "minio_s3_requests_total", why: "requests from clients" }],
    errors: [{ name: "minio_s3_requests_5xx_errors_total", why: "answers with a status of 5xx" }],
  },
  {
    program: "CockroachDB",
    mark: /^sql_conns$/,
    isWhole: true,
    connections: [{ name: "sql_conns", why: "open SQL connections" }],
    load: [{ name: "sys_cpu_combined_percent_normalized", capacity: "1", why: "share of the processors in use" }],
    requests: [{ name: "sql_query_count", why: "SQL statements" }],
  },
  {
    program: "Linkerd's proxy",
    mark: /^(tcp_open_connections|response_latency_ms_count)$/,
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
        why: "of requests from clients",
      },
    ],
    errors: [
      {
        name: "response_total",
        matchLabels: { direction: "inbound", classification: "failure" },
        why: "answers that failed",
      },
    ],
  },
  {
    program: "etcd",
    mark: /^etcd_server_has_leader$/,
    load: [],
  },
];

/** Frameworks and client libraries: all that are on the page, the first that tells a figure. */
const libraries: readonly Program[] = [
  {
    program: "gRPC (its Prometheus interceptors)",
    mark: /^grpc_server_started_total$/,
    connections: [
      {
        name: "grpc_server_started_total",
        minus: "grpc_server_handled_total",
        why: "calls that were started less those that have ended are in hand",
      },
    ],
    requests: [{ name: "grpc_server_handled_total", why: "calls that have ended" }],
    responseTime: [{ name: "grpc_server_handling_seconds", why: "of calls" }],
    errors: [
      {
        name: "grpc_server_handled_total",
        match: { grpc_code: grpcFaults },
        why: "calls that ended with a code that is the server's fault",
      },
    ],
  },
  {
    program: "gRPC (Micrometer)",
    mark: /^grpc_server_processing_duration_seconds_count$/,
    responseTime: [{ name: "grpc_server_processing_duration_seconds", why: "of calls" }],
    errors: [
      {
        name: "grpc_server_processing_duration_seconds_count",
        match: { statusCode: grpcFaults },
        why: "calls that ended with a code that is the server's fault",
      },
    ],
  },
  {
    program: "Java (Micrometer, Spring Boot)",
    mark: /^(http_server_requests_seconds_count|tomcat_threads_busy_threads|jvm_threads_live_threads|jvm_gc_pause_seconds_count)$/,
    connections: [
      { name: "tomcat_threads_busy_threads", why: "threads with a request in hand" },
      { name: "jetty_threads_busy", why: "threads with a request in hand" },
      { name: "http_server_requests_active_seconds_active_count", why: "requests in hand" },
      { name: "http_server_requests_active_seconds_gcount", why: "requests in hand" },
      { name: "http_server_requests_active_seconds_count", why: "requests in hand" },
      { name: "reactor_netty_http_server_connections_active", why: "connections with a request in hand" },
      { name: "tomcat_connections_current_connections", why: "open connections" },
      { name: "jetty_connections_current_connections", why: "open connections" },
    ],
    load: [
      {
        name: "tomcat_threads_busy_threads",
        capacity: { of: "tomcat_threads_config_max_threads" },
        why: "busy threads, of tomcat_threads_config_max_threads",
      },
      {
        name: "jetty_threads_busy",
        capacity: { of: "jetty_threads_config_max" },
        why: "busy threads, of jetty_threads_config_max",
      },
      { name: "process_cpu_usage", capacity: "1", why: "share of the processors that the JVM may use" },
    ],
    responseTime: [{ name: "http_server_requests_seconds", why: "of requests" }],
    errors: [
      {
        name: "http_server_requests_seconds_count",
        matchLabels: { outcome: "SERVER_ERROR" },
        why: "answers with a status of 5xx",
      },
      {
        name: "http_server_requests_seconds_count",
        match: { status: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "ASP.NET Core",
    mark: /^(kestrel|microsoft_aspnetcore|aspnetcore|dotnet)_/,
    connections: [
      { name: "http_server_active_requests", why: "requests in hand" },
      { name: "http_requests_in_progress", why: "requests in hand" },
      { name: "microsoft_aspnetcore_hosting_current_requests", why: "requests in hand" },
      { name: "kestrel_active_connections", why: "open connections" },
    ],
    load: [{ name: "dotnet_process_cpu_time_seconds_total", rate: true, why: "processor time" }],
    responseTime: [
      { name: "http_server_request_duration_seconds", why: "of requests" },
      { name: "http_request_duration_seconds", why: "of requests" },
    ],
    errors: [
      {
        name: "http_server_request_duration_seconds_count",
        match: { http_response_status_code: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "OpenTelemetry (HTTP server)",
    mark: /^(http_server_request_duration_seconds_count|http_server_duration_milliseconds_count|http_server_active_requests)$/,
    connections: [{ name: "http_server_active_requests", why: "requests in hand" }],
    responseTime: [
      { name: "http_server_request_duration_seconds", why: "of requests" },
      { name: "http_server_duration_milliseconds", unit: "Milliseconds", why: "of requests" },
    ],
    errors: [
      {
        name: "http_server_request_duration_seconds_count",
        match: { http_response_status_code: fiveHundreds },
        why: "answers with a status of 5xx",
      },
      {
        name: "http_server_duration_milliseconds_count",
        match: { http_status_code: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "Django (django-prometheus)",
    mark: /^django_http_requests_before_middlewares_total$/,
    connections: [
      {
        name: "django_http_requests_before_middlewares_total",
        minus: "django_http_responses_before_middlewares_total",
        why: "requests that came less answers that went are in hand",
      },
    ],
    responseTime: [
      { name: "django_http_requests_latency_including_middlewares_seconds", why: "of requests, middleware included" },
    ],
    errors: [
      {
        name: "django_http_responses_total_by_status_total",
        match: { status: fiveHundreds },
        why: "answers with a status of 5xx",
      },
    ],
  },
  {
    program: "Python (Starlette)",
    mark: /^starlette_requests_(in_progress|total)$/,
    connections: [
      { name: "starlette_requests_in_progress", why: "requests in hand" },
      { name: "starlette_requests_processing", why: "requests in hand" },
    ],
    responseTime: [
      { name: "starlette_request_duration_seconds", why: "of requests" },
      { name: "starlette_requests_processing_time_seconds", why: "of requests" },
    ],
  },
  {
    program: "Ruby (Puma)",
    mark: /^(ruby_)?puma_(max_threads|pool_capacity|busy_threads)/,
    connections: [
      { name: "puma_busy_threads", why: "threads with a request in hand" },
      { name: "ruby_puma_busy_threads", why: "threads with a request in hand" },
    ],
    load: [
      { name: "puma_busy_threads", capacity: { of: "puma_max_threads" }, why: "busy threads, of puma_max_threads" },
      {
        name: "ruby_puma_busy_threads",
        capacity: { of: "ruby_puma_max_threads" },
        why: "busy threads, of ruby_puma_max_threads",
      },
    ],
  },
];

/** Processes of any kind, by the name that client libraries give their processor time. */
const processes: readonly Program[] = [
  { program: "Node.js", mark: /^nodejs_version_info$/ },
  { program: "Go", mark: /^go_info$/ },
  { program: "Python", mark: /^python_info$/ },
  { program: "Java", mark: /^(jvm_info|jvm_runtime_info)$/ },
  { program: ".NET", mark: /^dotnet_/ },
  { program: "Ruby", mark: /^ruby_/ },
  { program: "Rust", mark: /^(tokio|axum)_/ },
  { program: "Erlang", mark: /^erlang_vm_/ },
];

/** Programs, libraries and what runs them, whose marks a page of these metrics has. */
export function recognise(names: readonly string[]): {
  readonly programs: readonly Program[];
  readonly runtime?: string;
} {
  const has = ({ mark }: Program): boolean => names.some((name) => mark.test(name));
  const server = servers.find(has);
  const programs = [...(server ? [server] : []), ...(server?.isWhole ? [] : libraries.filter(has))];
  const runtime = server?.isExporter ? undefined : processes.find(has)?.program;
  return { programs, ...(runtime !== undefined && { runtime }) };
}
