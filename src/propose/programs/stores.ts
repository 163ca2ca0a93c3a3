import { type KnownProgram, serverErrors } from "../known.ts";

/** Databases, caches and the like. */
export const stores: readonly KnownProgram[] = [
  {
    program: "PgBouncer (its exporter)",
    mark: /^pgbouncer_pools_client_active_connections$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "pgbouncer_pools_client_active_connections", why: "clients that are served" }],
    requests: [{ name: "pgbouncer_stats_queries_pooled_total", why: "queries" }],
  },
  {
    program: "ProxySQL",
    mark: /^proxysql_(mysql_status_)?client_connections_connected$/,
    isWhole: true,
    connections: [
      { name: "proxysql_client_connections_connected", why: "open connections from clients" },
      { name: "proxysql_mysql_status_client_connections_connected", why: "open connections from clients" },
    ],
    load: [
      {
        name: "proxysql_client_connections_connected",
        capacity: { of: "proxysql_mysql_max_connections" },
        why: "open connections, of proxysql_mysql_max_connections",
      },
    ],
    requests: [{ name: "proxysql_questions_total", why: "statements from clients" }],
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
        why: "sessions out of pg_settings_max_connections",
      },
      {
        name: "pg_stat_activity_count",
        capacity: { of: "pg_settings_max_connections" },
        why: "sessions out of pg_settings_max_connections",
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
        why: "sessions out of mysql_global_variables_max_connections",
      },
    ],
    requests: [
      { name: "mysql_global_status_questions", why: "statements from clients" },
      { name: "mysql_global_status_queries", why: "statements" },
    ],
  },
  {
    program: "Redis Enterprise",
    // The connections of its shards are those of its own proxy.
    mark: /^(bdb_conns|endpoint_client_connection_expired|endpoint_internal_client_connections)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "bdb_conns", why: "open connections of clients, of all databases of the cluster" },
      {
        name: "endpoint_client_connections",
        minus: "endpoint_client_disconnections",
        why: "open connections of clients: those that began, less those that have ended",
      },
    ],
    note: "Its page is about the databases of a cluster, and not about the pod that serves it.",
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
        capacity: {
          ask: "What is 100 %? One thread runs the commands. At full load this counter and its system time (redis_cpu_sys_seconds_total) grow by 1 a second together, so that this one alone stays below 1: enter what it is then",
          example: "0.8",
        },
        why: "CPU time in user mode",
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
        why: "open connections out of memcached_max_connections",
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
    program: "Cassandra (JMX exporter)",
    mark: /^org_apache_cassandra_metrics_clientrequest_count$/i,
    // The JMX exporter leaves names as they are, unless it is told to write them in lower case.
    connections: ["client_value", "Client_Value"].map((name) => ({
      name: `org_apache_cassandra_metrics_${name}`,
      matchLabels: { name: "connectedNativeClients" },
      why: "open connections of clients",
    })),
    requests: ["clientrequest_count", "ClientRequest_Count"].map((name) => ({
      name: `org_apache_cassandra_metrics_${name}`,
      matchLabels: { name: "Latency" },
      why: "requests that this node coordinated",
    })),
  },
  {
    program: "Elasticsearch (its exporter)",
    mark: /^elasticsearch_(cluster_health_up|process_cpu_percent)$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "elasticsearch_http_open_connections", why: "open connections" }],
    load: [{ name: "elasticsearch_process_cpu_percent", capacity: "100", why: "CPU time of Elasticsearch in percent" }],
  },
  {
    program: "Prometheus",
    mark: /^prometheus_tsdb_head_series$/,
    connections: [
      {
        name: "net_conntrack_listener_conn_accepted_total",
        minus: "net_conntrack_listener_conn_closed_total",
        why: "open connections: those accepted, less those that were closed",
      },
    ],
    requests: [{ name: "prometheus_http_requests_total", why: "requests to its API" }],
    responseTime: [{ name: "prometheus_http_request_duration_seconds", why: "response time of requests to its API" }],
    errors: [
      { name: "prometheus_http_requests_total", match: { code: serverErrors }, why: "responses with a status of 5xx" },
    ],
  },
  {
    program: "VictoriaMetrics",
    mark: /^vm_concurrent_select_capacity$/,
    connections: [{ name: "vm_concurrent_select_current", why: "queries that run" }],
    load: [
      {
        name: "vm_concurrent_select_current",
        capacity: { of: "vm_concurrent_select_capacity" },
        why: "queries that run, of vm_concurrent_select_capacity",
      },
    ],
  },
  {
    program: "CoreDNS",
    mark: /^coredns_build_info$/,
    requests: [{ name: "coredns_dns_requests_total", why: "queries" }],
    responseTime: [{ name: "coredns_dns_request_duration_seconds", why: "response time of queries" }],
    errors: [{ name: "coredns_dns_responses_total", matchLabels: { rcode: "SERVFAIL" }, why: "responses of SERVFAIL" }],
  },
  {
    program: "ClickHouse",
    mark: /^ClickHouseMetrics_/,
    isWhole: true,
    connections: [{ name: "ClickHouseMetrics_Query", why: "queries that run" }],
    requests: [{ name: "ClickHouseProfileEvents_Query", why: "queries" }],
    errors: [{ name: "ClickHouseProfileEvents_FailedQuery", why: "queries that failed" }],
  },
  {
    program: "Milvus",
    mark: /^milvus_(build_info|proxy_req_latency_count)$/,
    isWhole: true,
    requests: [{ name: "milvus_proxy_req_count", matchLabels: { status: "total" }, why: "requests from clients" }],
    responseTime: [
      { name: "milvus_proxy_req_latency", unit: "Milliseconds", why: "response time of requests at its proxy" },
    ],
    errors: [{ name: "milvus_proxy_req_count", matchLabels: { status: "fail" }, why: "requests that failed" }],
  },
  {
    program: "Vault",
    mark: /^vault_core_handle_request_count$/,
    connections: [{ name: "vault_core_in_flight_requests", why: "requests in progress" }],
    responseTime: [
      { name: "vault_core_handle_request", unit: "Milliseconds", why: "response time of requests, logins apart" },
    ],
  },
  {
    program: "MinIO",
    mark: /^minio_(s3_requests_inflight_total|node_process_uptime_seconds)$/,
    isWhole: true,
    connections: [
      { name: "minio_s3_requests_inflight_total", why: "requests in progress; a gauge in spite of its name" },
    ],
    requests: [{ name: "minio_s3_requests_total", why: "requests from clients" }],
    errors: [{ name: "minio_s3_requests_5xx_errors_total", why: "responses with a status of 5xx" }],
  },
  {
    program: "CockroachDB",
    mark: /^sql_conns$/,
    isWhole: true,
    connections: [{ name: "sql_conns", why: "open SQL connections" }],
    load: [{ name: "sys_cpu_combined_percent_normalized", capacity: "1", why: "share of the processors in use" }],
    requests: [{ name: "sql_query_count", why: "SQL statements" }],
  },
];
