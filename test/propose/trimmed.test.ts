import { describe, expect, test } from "vitest";
import { page, recognised, toldOf } from "../builders/pages/told.ts";

const cpu = "counter process_cpu_seconds_total 3";
const ofCpu = "process_cpu_seconds_total /s of CPU";

/** Pages of real programs, trimmed to what tells a figure and to what seems to. */
describe("pages of real programs in parts", () => {
  test.each([
    [
      "Aerospike, whose members connect to each other",
      page(
        "gauge aerospike_node_stats_client_connections 3",
        "gauge aerospike_node_stats_fabric_connections 16",
        "gauge aerospike_node_stats_heartbeat_connections 2",
        "gauge aerospike_namespace_cache_read_pct 12",
        "counter aerospike_node_stats_client_connections_opened 9",
      ),
      { connections: "aerospike_node_stats_client_connections" },
    ],
    [
      "Kubernetes' controller manager, which asks whether callers may",
      page(
        "histogram apiserver_delegated_authn_request_duration_seconds 3",
        "counter apiserver_delegated_authn_request_total 3",
        "gauge apiserver_envelope_encryption_dek_cache_fill_percent 0",
        "counter go_cgo_go_to_c_calls_calls_total 9",
        cpu,
      ),
      { load: ofCpu },
    ],
    [
      "kube-proxy, which counts the requests for its page alone",
      page('counter http_requests_total{code="200",handler="prometheus",method="get"} 378', cpu),
      { load: ofCpu },
    ],
    [
      "an operator, whose calls nobody asked for",
      page(
        "counter externalsecret_sync_calls_total 3",
        "counter externalsecret_sync_calls_error 1",
        "gauge controller_runtime_active_workers 1",
        "gauge controller_runtime_max_concurrent_reconciles 1",
      ),
      {},
    ],
    [
      "HikariCP alone, whose name is on all of its page",
      page("gauge hikaricp_connections_active 3", "gauge hikaricp_connections_idle 7", "gauge hikaricp_connections 10"),
      {},
    ],
    [
      "Resilience4j, which guards calls to others",
      page(
        "histogram resilience4j_circuitbreaker_calls_seconds 3",
        "counter resilience4j_circuitbreaker_calls_total 3",
        "gauge resilience4j_bulkhead_max_allowed_concurrent_calls 25",
      ),
      {},
    ],
    [
      "a node of Ethereum",
      page("gauge les_connection_server 2", "gauge les_client_serverPool_connected 1", "gauge p2p_peers 25"),
      {},
    ],
    [
      "EMQX, whose most so far is no limit",
      page(
        "gauge emqx_connections_count 9",
        "gauge emqx_connections_max 12",
        "gauge emqx_live_connections_count 8",
        "gauge emqx_sessions_count 30",
        "counter emqx_messages_received 99",
        "counter emqx_bytes_received 999",
      ),
      { connections: "emqx_live_connections_count", requests: "emqx_messages_received" },
    ],
    [
      "Redis Enterprise, whose proxy connects to its shards",
      page('gauge bdb_conns{bdb="1"} 6', "gauge redis_connected_clients 40", "counter listener_total_req_total 9"),
      { connections: "bdb_conns" },
    ],
    [
      "Redis Enterprise's later page",
      page(
        "counter endpoint_client_connections 9",
        "counter endpoint_client_disconnections 3",
        "counter endpoint_internal_client_connections 40",
        "gauge redis_server_connected_clients 40",
      ),
      { connections: "endpoint_client_connections - endpoint_client_disconnections" },
    ],
    [
      "Neo4j, which has all that were opened as a gauge",
      page(
        "gauge neo4j_bolt_connections_opened 90",
        "gauge neo4j_bolt_connections_closed 85",
        "gauge neo4j_bolt_connections_running 2",
        "gauge neo4j_bolt_connections_idle 3",
        "counter neo4j_bolt_messages_received_total 99",
      ),
      { connections: "neo4j_bolt_connections_running", requests: "neo4j_bolt_messages_received_total" },
    ],
    [
      "a driver of Spark",
      page(
        "gauge metrics_driver_StreamingQuerySource_streaming_active_streams 1",
        "gauge metrics_driver_jvm_direct_used 296771",
        "gauge metrics_driver_jvm_direct_capacity 296772",
        "histogram metrics_driver_StreamingQuerySource_streaming_batch_duration_ms 3",
      ),
      {},
    ],
    [
      "a server of tools, whose calls are invocations",
      page(
        "gauge mcp_sessions_active 2",
        "counter mcp_sessions_started_total 9",
        "counter mcp_tool_invocations_total 9",
      ),
      { connections: "mcp_sessions_active", requests: "mcp_tool_invocations_total" },
    ],
    [
      "a program that flags some of its clients",
      "# HELP links_suspicious_clients_total Number of currently flagged client IPs\n# TYPE links_suspicious_clients_total gauge\nlinks_suspicious_clients_total 3\n",
      {},
    ],
    [
      "an HTTP server with a version in its name",
      page("histogram httpserverv3_execution_latency_seconds 3"),
      { responseTime: "httpserverv3_execution_latency_seconds" },
    ],
    [
      "Teleport for Kubernetes, whose sessions of one kind are a part of its requests",
      page(
        "gauge teleport_kubernetes_client_in_flight_requests 9",
        "gauge teleport_kubernetes_server_exec_in_flight_sessions 1",
        "gauge teleport_kubernetes_server_in_flight_requests 4",
        "histogram teleport_kubernetes_client_request_duration_seconds 3",
        "histogram teleport_kubernetes_server_request_duration_seconds 3",
      ),
      {
        connections: "teleport_kubernetes_server_in_flight_requests",
        responseTime: "teleport_kubernetes_server_request_duration_seconds",
      },
    ],
    [
      "Weaviate, which works on queries and on itself",
      page(
        "gauge async_operations_running 2",
        "gauge concurrent_queries_count 1",
        "histogram queries_durations_ms 3",
        "histogram batch_durations_ms 3",
      ),
      { connections: "concurrent_queries_count", responseTime: "queries_durations_ms Milliseconds" },
    ],
    [
      "Argo CD's repository server, which asks Git and Redis",
      page(
        "histogram argocd_git_request_duration_seconds 3",
        "histogram argocd_redis_request_duration_seconds 3",
        "counter argocd_git_request_total 3",
        "gauge argocd_repo_pending_request_total 1",
      ),
      {},
    ],
    [
      "Kong before version 3",
      page(
        'gauge kong_nginx_http_current_connections{state="active"} 3',
        'gauge kong_nginx_http_current_connections{state="total"} 900',
        'counter kong_http_status{code="200",service="a"} 9',
        "counter kong_nginx_metric_errors_total 0",
      ) +
        ["request", "kong", "upstream"]
          .map((type) => `kong_latency_sum{type="${type}"} 30\nkong_latency_count{type="${type}"} 9\n`)
          .join(""),
      {
        connections: "kong_nginx_http_current_connections{state=active}",
        requests: "kong_http_status",
        responseTime: "kong_latency{type=request} Milliseconds",
        errors: "kong_http_status{code~5..}",
      },
    ],
    [
      "Ray Serve on a node that runs other work of Ray too",
      page(
        "gauge ray_component_cpu_percentage 30",
        "gauge ray_pull_manager_active_bundles 1",
        "gauge ray_serve_num_ongoing_http_requests 4",
        "gauge ray_serve_replica_processing_queries 3",
        "histogram ray_serve_http_request_latency_ms 3",
        "counter ray_serve_num_http_requests_total 9",
        cpu,
      ),
      {
        connections: "ray_serve_replica_processing_queries",
        requests: "ray_serve_num_http_requests_total",
        responseTime: "ray_serve_http_request_latency_ms Milliseconds",
      },
    ],
    [
      "Milvus, whose parts ask each other",
      page(
        "histogram milvus_meta_request_latency 3",
        "histogram milvus_msgstream_request_latency 3",
        "histogram milvus_proxy_req_latency 3",
        "gauge milvus_cgo_running_cgo_call_total 1",
      ),
      { responseTime: "milvus_proxy_req_latency Milliseconds" },
    ],
    [
      "Vault, whose times are milliseconds",
      page(
        "histogram vault_core_handle_request 3",
        "histogram vault_audit_log_request 3",
        "gauge vault_core_in_flight_requests 1",
        "gauge vault_expire_num_leases 9",
      ),
      { connections: "vault_core_in_flight_requests", responseTime: "vault_core_handle_request Milliseconds" },
    ],
    [
      "Redpanda that has no label for its parts",
      page("gauge redpanda_rpc_active_connections 3", "counter redpanda_rpc_received_bytes 9"),
      { connections: "redpanda_rpc_active_connections" },
    ],
    [
      "an older Micrometer",
      page(
        'gauge tomcat_threads_busy{name="http-nio-8080"} 3',
        'gauge tomcat_threads_config_max{name="http-nio-8080"} 200',
        "gauge tomcat_sessions_active_current 30",
        "histogram http_server_requests_seconds 3",
      ),
      {
        connections: "tomcat_threads_busy",
        load: "tomcat_threads_busy of 200",
        responseTime: "http_server_requests_seconds",
      },
    ],
    [
      "Open Liberty without scopes in its names",
      page(
        "gauge cpu_processCpuLoad_percent 0.00006",
        "gauge cpu_processCpuUtilization_percent 0.00004",
        "gauge memory_heapUtilization_percent 0.4",
      ),
      { load: "cpu_processCpuLoad_percent of 1" },
    ],
    [
      "Cassandra with the JMX exporter in its JVM",
      page(
        'gauge jmx_exporter_build_info{version="0.17.2",name="jmx_prometheus_javaagent"} 1',
        'untyped org_apache_cassandra_metrics_clientrequest_count{scope="Read",name="Latency"} 333316',
        'untyped org_apache_cassandra_metrics_clientrequest_count{scope="Read",name="Timeouts"} 2',
        cpu,
      ),
      { load: ofCpu, requests: "org_apache_cassandra_metrics_clientrequest_count{name=Latency}" },
    ],
    [
      "Cassandra with the JMX exporter, which leaves its names as they are",
      page(
        'untyped org_apache_cassandra_metrics_ClientRequest_Count{scope="Read",name="Latency"} 333316',
        'untyped org_apache_cassandra_metrics_Client_Value{name="connectedNativeClients"} 12',
      ),
      {
        connections: "org_apache_cassandra_metrics_Client_Value{name=connectedNativeClients}",
        requests: "org_apache_cassandra_metrics_ClientRequest_Count{name=Latency}",
      },
    ],
  ])("%s", (_, body, expected) => {
    expect(toldOf(body)).toEqual(expected);
  });

  test("a name that other programs may have makes no Redis Enterprise of them", () => {
    expect(recognised(page("gauge endpoint_client_connections 3", cpu)).programs).toEqual([]);
  });

  test("node_exporter is about the machine", () => {
    const { found, notes } = recognised(
      page(
        "gauge node_exporter_build_info 1",
        "gauge node_sockstat_sockets_used 300",
        "gauge node_procs_running 2",
        cpu,
      ),
    );
    expect(found).toEqual({});
    expect(notes.join()).toContain("about the machine");
  });

  test("node_exporter on a program's page hides nothing of the program", () => {
    const both = page(
      "gauge node_uname_info 1",
      "gauge node_sockstat_sockets_used 300",
      "gauge app_active_connections 3",
    );
    expect(toldOf(both)).toEqual({ connections: "app_active_connections" });
  });
});
