import { describe, expect, test } from "vitest";
import { page, recognised, toldOf } from "../builders/pages/told.ts";

const cpu = "counter process_cpu_seconds_total 3";

/** Pages with the names and types of real programs, the traps on them included. */
describe("pages of programs that were not recorded", () => {
  test.each([
    [
      "Centrifugo, which asks others through a proxy of its own",
      page(
        "gauge centrifugo_node_num_clients 5",
        "gauge centrifugo_node_num_users 4",
        "gauge centrifugo_proxy_inflight_requests 1",
      ),
      "centrifugo_node_num_clients",
    ],
    [
      "Grafana, which counts its users",
      page(
        "gauge grafana_http_request_in_flight 2",
        "gauge grafana_live_node_num_clients 3",
        "gauge grafana_stat_active_users 3",
        "gauge grafana_database_conn_in_use 1",
      ),
      "grafana_http_request_in_flight",
    ],
    [
      "oauth2-proxy, whose name is no hint of a backend",
      page("gauge oauth2_proxy_requests_in_flight 2", "counter oauth2_proxy_requests_total 9"),
      "oauth2_proxy_requests_in_flight",
    ],
    [
      "Loki, whose parts connect to each other",
      page("gauge loki_query_scheduler_connected_querier_clients 2", "gauge loki_tcp_connections 5"),
      "loki_tcp_connections",
    ],
    [
      "HiveMQ, which keeps sessions of clients that are gone",
      page(
        "gauge com_hivemq_networking_connections_current 3",
        "gauge com_hivemq_sessions_overall_current 7",
        "gauge com_hivemq_sessions_persistent_active 4",
      ),
      "com_hivemq_networking_connections_current",
    ],
    [
      "Kafka, whose brokers connect to each other",
      page(
        'gauge kafka_server_socket_server_metrics_connection_count{listener="PLAIN-9092"} 4',
        'gauge kafka_server_socket_server_metrics_connection_count{listener="REPLICATION-9091"} 2',
        "gauge kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent 99",
      ),
      "kafka_server_socket_server_metrics_connection_count{listener=PLAIN-9092}",
    ],
    [
      "VerneMQ, which counts sockets that open and close",
      page("counter socket_open 9", "counter socket_close 3", "counter socket_close_timeout 1"),
      "socket_open - socket_close",
    ],
    [
      "socket.io",
      page(
        "gauge socket_io_connected 5",
        "counter socket_io_connect_total 50",
        "counter socket_io_disconnect_total 45",
        "gauge nodejs_active_handles_total 9",
      ),
      "socket_io_connected",
    ],
    [
      "ProxySQL, whose servers are those behind it",
      page(
        "gauge proxysql_client_connections_connected 5",
        "gauge proxysql_server_connections_connected 3",
        'gauge proxysql_connpool_conns{status="used"} 1',
        'gauge proxysql_connpool_conns{status="free"} 4',
      ),
      "proxysql_client_connections_connected",
    ],
    [
      "Redpanda",
      page(
        'gauge redpanda_rpc_active_connections{redpanda_server="kafka"} 5',
        'gauge redpanda_rpc_active_connections{redpanda_server="internal"} 2',
      ),
      "redpanda_rpc_active_connections{redpanda_server=kafka}",
    ],
    [
      "coturn",
      page('gauge turn_total_allocations{type="UDP"} 3', "counter turn_traffic_rcvp 300"),
      "turn_total_allocations",
    ],
    [
      "LiveKit",
      page("gauge livekit_participant_total 7", "gauge livekit_room_total 2", "counter livekit_node_messages 9"),
      "livekit_participant_total",
    ],
    [
      "Kubernetes' API server",
      page(
        'gauge apiserver_current_inflight_requests{request_kind="readOnly"} 2',
        'gauge apiserver_current_inqueue_requests{request_kind="readOnly"} 0',
      ),
      "apiserver_current_inflight_requests",
    ],
    [
      "MediaMTX, of whose protocols one has all connections",
      'rtsp_conns{id="1"} 1\nrtsp_conns{id="2"} 1\nrtmp_conns 0\nsrt_conns 0\nwebrtc_sessions 0\n',
      "rtsp_conns",
    ],
    [
      "a resolver whose servers are those that it asks",
      page(
        'gauge ask_server_tcpcurrentconnections{server="a"} 1',
        'gauge ask_frontend_tcpcurrentconnections{frontend="a"} 3',
      ),
      "ask_frontend_tcpcurrentconnections",
    ],
    [
      "Temporal, which calls pending what is in progress",
      page("gauge service_pending_requests 2", "counter service_requests 9", "counter client_requests 9"),
      "service_pending_requests",
    ],
    [
      "PowerDNS Recursor",
      page(
        "gauge pdns_recursor_concurrent_queries 2",
        "gauge pdns_recursor_tcp_clients 1",
        "counter pdns_recursor_questions 9",
      ),
      "pdns_recursor_concurrent_queries",
    ],
    [
      "Realtime, which counts connections of the whole cluster as well",
      page("gauge rt_connections_global_connected 40", "gauge rt_connections_connected 12"),
      "rt_connections_connected",
    ],
    [
      "a gauge in flight, of what its HELP says",
      "# HELP engine_inflight Requests that run.\n# TYPE engine_inflight gauge\nengine_inflight 2\nengine_defrag_inflight 1\n",
      "engine_inflight",
    ],
    ["a chat", page("gauge chat_ws_open 2", "gauge chat_rooms 1"), "chat_ws_open"],
    [
      "Open Liberty, which keeps sessions and pools of connections",
      page(
        "gauge vendor_session_activeSessions 30",
        "gauge vendor_connectionpool_managedConnections 4",
        'gauge vendor_threadpool_activeThreads{pool="Default_Executor"} 2',
      ),
      "vendor_threadpool_activeThreads{pool=Default_Executor}",
    ],
    [
      "Traefik, whose entry point for readiness is its own",
      page(
        'gauge traefik_open_connections{entrypoint="readiness"} 1',
        'gauge traefik_open_connections{entrypoint="traefik"} 1',
        'gauge traefik_open_connections{entrypoint="web"} 3',
      ),
      "traefik_open_connections{entrypoint=web}",
    ],
    [
      "Rocket.Chat, which counts accounts",
      page("gauge rc_users_active 80", "gauge rc_ddp_sessions_open 9"),
      "rc_ddp_sessions_open",
    ],
    [
      "a telephone exchange, by its HELP",
      "# HELP pbx_calls_count Current call count.\n# TYPE pbx_calls_count gauge\npbx_calls_count 2\n",
      "pbx_calls_count",
    ],
    [
      "Prosody, which has pages of its own",
      page("gauge prosody_server_http__active_connections 1", "gauge prosody_mod_c2s__connections 7"),
      "prosody_mod_c2s__connections",
    ],
    [
      "uWSGI",
      page(
        "gauge uwsgi_workers 4",
        'gauge uwsgi_worker_busy{worker_id="1"} 1',
        'gauge uwsgi_worker_cores{worker_id="1"} 1',
      ),
      "uwsgi_worker_busy",
    ],
    [
      "VictoriaMetrics",
      page(
        "gauge vm_concurrent_insert_current 3",
        "gauge vm_concurrent_select_current 2",
        "gauge vm_concurrent_select_capacity 8",
      ),
      "vm_concurrent_select_current",
    ],
    ["Jitsi", '{"participants":3,"largest_conference":3,"total_participants":30,"stress_level":0.1}', "/participants"],
  ])("%s", (_, body, expected) => {
    expect(toldOf(body).connections).toBe(expected);
  });

  test("Tomcat through the JMX exporter, in the spellings of its usual rules", () => {
    for (const [busy, max] of [
      ["tomcat_threadpool_currentthreadsbusy", "tomcat_threadpool_maxthreads"],
      ["Catalina_ThreadPool_currentThreadsBusy", "Catalina_ThreadPool_maxThreads"],
    ])
      expect(
        toldOf(page(`untyped ${busy} 3`, `untyped ${max} 200`, "untyped tomcat_session_activesessions 30")),
      ).toEqual({
        connections: busy,
        load: `${busy} of 200`,
      });
  });

  test("Sidekiq beside Rails' pool of connections to its database", () => {
    const body = page(
      "gauge ruby_active_record_connection_pool_busy 2",
      "gauge ruby_active_record_connection_pool_connections 5",
      "gauge ruby_sidekiq_process_busy 2",
      "gauge ruby_sidekiq_process_concurrency 10",
    );
    expect(toldOf(body)).toEqual({
      connections: "ruby_sidekiq_process_busy",
      load: "ruby_sidekiq_process_busy of 10",
    });
  });

  test("Puma that counts its free threads", () => {
    expect(toldOf(page("gauge puma_max_threads 5", "gauge puma_pool_capacity 3", "gauge puma_running 5"))).toEqual({
      connections: "puma_max_threads - puma_pool_capacity",
      load: "puma_max_threads - puma_pool_capacity of 5",
    });
  });

  test("NVIDIA NIM, whose per cent are a share", () => {
    const body = page(
      "gauge num_requests_running 1",
      "gauge num_requests_waiting 0",
      "gauge num_request_max 64",
      "gauge gpu_cache_usage_perc 0.5",
      "histogram e2e_request_latency_seconds 3",
      "histogram time_to_first_token_seconds 3",
    );
    expect(toldOf(body)).toEqual({
      connections: "num_requests_running",
      load: "gpu_cache_usage_perc of 1",
      responseTime: "e2e_request_latency_seconds",
    });
  });

  test("Kong with its plugin of metrics in full", () => {
    const body = page(
      'gauge kong_nginx_connections_total{state="active"} 9',
      'gauge kong_nginx_connections_total{state="accepted"} 296',
      'counter kong_http_requests_total{code="200"} 3',
      "histogram kong_request_latency_ms 3",
      "histogram kong_upstream_latency_ms 3",
    );
    expect(toldOf(body)).toEqual({
      connections: "kong_nginx_connections_total{state=active}",
      requests: "kong_http_requests_total",
      responseTime: "kong_request_latency_ms Milliseconds",
      errors: "kong_http_requests_total{code~5..}",
    });
  });

  test("a program on the page of its sidecar", () => {
    const body = page(
      'gauge envoy_cluster_upstream_rq_active{cluster_name="xds-grpc"} 1',
      'counter istio_requests_total{reporter="destination",response_code="200"} 40',
      'counter istio_requests_total{reporter="source",response_code="200"} 40',
      "gauge istio_agent_num_outgoing_requests 1",
      "gauge app_requests_in_flight 3",
      cpu,
    );
    expect(toldOf(body)).toEqual({
      connections: "app_requests_in_flight",
      load: "process_cpu_seconds_total /s of CPU",
      requests: "istio_requests_total{reporter=destination}",
      errors: "istio_requests_total{reporter=destination,response_code~5..}",
    });
  });

  test("Envoy whose listeners face both sides, and whose only HTTP is its own page", () => {
    const body = page(
      'gauge envoy_http_downstream_rq_active{envoy_http_conn_manager_prefix="envoy_prometheus_metrics"} 1',
      'gauge envoy_listener_downstream_cx_active{envoy_listener_address="10.0.0.6_20000"} 3',
      'gauge envoy_listener_downstream_cx_active{envoy_listener_address="127.0.0.1_15001"} 4',
    );
    expect(toldOf(body)).toEqual({});
  });

  test("Celery's exporter tells of all workers, and so of no pod", () => {
    const { found, notes } = recognised(page('gauge celery_worker_tasks_active{hostname="a"} 2', cpu));
    expect(found).toEqual({});
    expect(notes.join()).toContain("every Celery worker");
  });
});
