import { describe, expect, test } from "vitest";
import { page, recognised, toldOf } from "../builders/pages/told.ts";

describe("pages of programs that nobody told us of", () => {
  test.each([
    [
      "an in-flight gauge",
      page("gauge myapp_inflight_requests 3", "gauge myapp_max_requests 100"),
      "connections",
      "myapp_inflight_requests",
    ],
    [
      "websockets",
      page("gauge chat_websocket_connections_active 3", "gauge chat_rooms 2"),
      "connections",
      "chat_websocket_connections_active",
    ],
    [
      "connections as they are called in a broker",
      page("gauge emqx_connections_count 3"),
      "connections",
      "emqx_connections_count",
    ],
    [
      "a gauge that says that it is one",
      page("gauge websocket_connection_gauge 3"),
      "connections",
      "websocket_connection_gauge",
    ],
    [
      "requests of a server, which are no kind of sessions",
      `# HELP app_http_server_active_requests Number of active HTTP server requests.\n${page("gauge app_http_server_active_requests 3", "gauge app_active_sessions 40")}`,
      "connections",
      "app_http_server_active_requests",
    ],
    [
      "connections, of which players are no whole",
      `# HELP chat_room_active_connections Currently open\n${page("gauge chat_room_active_connections 3", "gauge chat_active_players 9")}`,
      "connections",
      "chat_room_active_connections",
    ],
    ["connections that are alive", page("gauge num_alive_connections 3"), "connections", "num_alive_connections"],
    [
      "requests that go on",
      page("gauge serve_num_ongoing_http_requests 3"),
      "connections",
      "serve_num_ongoing_http_requests",
    ],
    [
      "a state among those of a gauge",
      page(
        'gauge gate_http_current_connections{state="waiting"} 3',
        'gauge gate_http_current_connections{state="active"} 1',
      ),
      "connections",
      "gate_http_current_connections{state=active}",
    ],
    ["sessions", page("gauge game_active_sessions 3"), "connections", "game_active_sessions"],
    [
      "the server's side of two",
      page("gauge app_client_active_connections 9", "gauge app_server_active_connections 3"),
      "connections",
      "app_server_active_connections",
    ],
    [
      "a gauge by state",
      page('gauge srv_connections{state="idle"} 9', 'gauge srv_connections{state="active"} 3'),
      "connections",
      "srv_connections{state=active}",
    ],
    [
      "opened less closed",
      page("counter srv_connections_opened_total 9", "counter srv_connections_closed_total 3"),
      "connections",
      "srv_connections_opened_total - srv_connections_closed_total",
    ],
    ["busy of max", page("gauge pool_busy_workers 3", "gauge pool_max_workers 16"), "load", "pool_busy_workers of 16"],
    ["a share", page("gauge engine_utilization_ratio 0.3"), "load", "engine_utilization_ratio of 1"],
    ["per cent", page("gauge engine_load_percent 30"), "load", "engine_load_percent of 100"],
    [
      "times of requests",
      page(
        "histogram db_query_duration_seconds 3",
        "histogram shop_http_request_duration_seconds 3",
        "histogram go_gc_duration_seconds 3",
      ),
      "responseTime",
      "shop_http_request_duration_seconds",
    ],
    [
      "milliseconds",
      page("histogram shop_request_latency_ms 3"),
      "responseTime",
      "shop_request_latency_ms Milliseconds",
    ],
    ["requests", page("counter shop_requests_total 3"), "requests", "shop_requests_total"],
    [
      "errors among them",
      page("counter shop_requests_total 3", "counter shop_errors_total 1", "counter shop_config_reload_errors_total 1"),
      "errors",
      "shop_errors_total",
    ],
  ] as const)("%s", (_, body, figure, expected) => {
    expect(toldOf(body)[figure]).toBe(expected);
  });

  test.each([
    [
      "a pool of connections to a database",
      page(
        "gauge hikaricp_connections_active 3",
        "gauge db_pool_connections 3",
        "gauge redis_client_connections_open 1",
        "gauge pgxpool_acquired_conns 3",
        "gauge sqlalchemy_connections_active 3",
        "gauge agroal_active_connections 3",
        "gauge r2dbc_connections_open 3",
        "gauge prisma_connections_busy 3",
        "gauge npgsql_busy_connections 3",
      ),
    ],
    [
      "sessions that outlive connections",
      page(
        "gauge tomcat_sessions_active_current_sessions 30",
        "gauge undertow_active_sessions 30",
        "gauge http_sessions_active 30",
        "gauge session_store_open_sessions 3",
        "counter tomcat_sessions_opened_total 9",
        "counter tomcat_sessions_closed_total 3",
      ),
    ],
    [
      "what a program asks of others",
      page("gauge http_client_active_requests 3", "gauge upstream_active_connections 3"),
    ],
    ["what serves the page itself", page("gauge promhttp_metric_handler_requests_in_flight 1")],
    [
      "work of the program's own",
      page("gauge app_jobs_active 3", "gauge task_executor_workers_busy 2", "gauge app_tasks_running 1"),
    ],
    [
      "accounts that were used of late",
      page('gauge hub_active_users{period="24h"} 30', "gauge hub_stat_active_users 9"),
    ],
    ["parts of a program that connect to each other", page("gauge store_query_frontend_connected_clients 4")],
    ["numbers of a document that may only grow", '{"counters":{"sess_conn":{"value":40}},"port":1}'],
    ["a limit", page("gauge app_max_connections 100", "gauge app_connections_limit 3")],
    [
      "a limit that HELP or another word tells of",
      `# HELP app_connections Maximum number of open connections allowed.\n${page("gauge app_connections 100")}`,
    ],
    [
      "a limit on what is so now",
      `# HELP app_concurrent_connections_allowed Concurrent connections.\n${page("gauge app_concurrent_connections_allowed 100")}`,
    ],
    ["what is left", page("gauge app_active_connections_available 100", "gauge app_concurrent_requests_capacity 30")],
    [
      "all since the start",
      `# HELP app_connections Total number of connections accepted since the start.\n${page("gauge app_connections 12345")}`,
    ],
    [
      "clients in the program",
      page(
        "gauge reactor_netty_http_client_connections_active 3",
        "gauge reactor_netty_connection_provider_active_connections 3",
        'gauge okhttp_pool_connection_count{state="active"} 3',
        'gauge okhttp_pool_connection_count{state="idle"} 3',
        "gauge app_nats_connections_active 3",
        "gauge aiohttp_client_requests_in_progress 3",
      ),
    ],
    [
      "a pool to a database whose HELP says that they are active",
      `# HELP hikaricp_connections_active Active connections\n${page('gauge hikaricp_connections_active{pool="a"} 3')}# HELP shop_upstream_connections_active Currently open connections\n${page("gauge shop_upstream_connections_active 3")}`,
    ],
    [
      "what is asked of others by HELP",
      `# HELP gw_requests_in_flight Current requests that are sent to backend servers.\n${page("gauge gw_requests_in_flight 3")}`,
    ],
    [
      "what is open to others by HELP",
      `# HELP gw_active_connections Open connections to external services.\n${page("gauge gw_active_connections 3")}`,
    ],
    [
      "clients of a program that this one asks",
      page("gauge app_vault_client_connections 3", "gauge shop_billing_client_active_connections 3"),
    ],
    ["files and threads", page("gauge process_open_fds 12", "gauge jvm_threads_live 30", "gauge go_goroutines 40")],
  ] as const)("takes no connections from %s", (_, body) => {
    expect(toldOf(body).connections).toBeUndefined();
  });

  test.each([
    ["blanks in a HELP text", `# HELP a${" ".repeat(80_000)}\rx\na 1\n`],
    ["a long word", page(`gauge connections_${"a".repeat(40_000)}1 3`)],
    [
      "a long name beside many",
      page(
        `gauge active_connections_open_${"of_".repeat(40_000)}it 9`,
        ...Array.from({ length: 3_000 }, (_, index) => `gauge active_connections_${index} 1`),
      ),
    ],
    ["a long number in a document", JSON.stringify({ a: 1, ["1".repeat(100_000)]: 1 })],
  ])("does not take long over %s", (_, body) => {
    const startedAt = performance.now();
    toldOf(body);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("takes no load from open files, and no response time from work that nobody asked for", () => {
    const body = page(
      "gauge os_fd_used 30",
      "gauge os_fd_limit 20000",
      "histogram shop_server_apply_duration_seconds 3",
    );
    expect(toldOf(body)).toEqual({});
  });

  test("takes no load from sessions of the most that there were, and none from pools to databases", () => {
    const body = page(
      "gauge tomcat_sessions_active_current_sessions 30",
      "gauge tomcat_sessions_active_max_sessions 90",
      "gauge pgxpool_acquired_conns 3",
      "gauge pgxpool_max_conns 10",
      "gauge sqlalchemy_connections_active 3",
      "gauge sqlalchemy_connections_max 10",
    );
    expect(toldOf(body)).toEqual({});
  });

  test("takes a client of RabbitMQ for none", () => {
    const { programs, found } = recognised(
      page("gauge rabbitmq_connections 1", "gauge tomcat_threads_busy_threads 3", "gauge jvm_threads_live_threads 40"),
    );
    expect(programs).toEqual(["Java (Micrometer, Spring Boot)"]);
    expect(found.connections?.at.name).toBe("tomcat_threads_busy_threads");
    expect(toldOf(page("gauge rabbitmq_connections 1", "gauge shop_info 1"))).toEqual({});
  });

  test("takes a program for Linkerd's proxy by what that alone counts", () => {
    const own = page("gauge shop_active_connections 3", "histogram response_latency_ms 3");
    expect(toldOf(own)).toMatchObject({ connections: "shop_active_connections" });
    const proxy = page(
      'counter tcp_open_total{direction="inbound",peer="src"} 9',
      'gauge tcp_open_connections{direction="inbound",peer="src"} 3',
      'gauge tcp_open_connections{direction="outbound",peer="dst"} 3',
    );
    expect(toldOf(proxy).connections).toBe("tcp_open_connections{direction=inbound,peer=src}");
  });

  test("takes the codes of gRPC by the label that a server gives them", () => {
    const body = page('counter grpc_server_handled_total{code="OK"} 3', "counter grpc_server_started_total 3");
    expect(toldOf(body).errors).toBe("grpc_server_handled_total{code~…}");
  });

  test("takes no load from processor time on an exporter's page", () => {
    const body = page("gauge thing_up 1", "gauge thing_connections_active 3", "counter process_cpu_seconds_total 3");
    expect(toldOf(body)).toEqual({ connections: "thing_connections_active" });
  });

  test("chooses one of two and names the other", () => {
    const { connections } = recognised(page("gauge a_active_connections 3", "gauge a_active_requests 2")).found;
    expect(connections).toMatchObject({ at: { name: "a_active_connections" }, others: ["a_active_requests"] });
  });
});
