import { describe, expect, test } from "vitest";
import { readPage } from "../../src/propose/page.ts";
import { type Found, readingOf, recognise } from "../../src/propose/recognise.ts";
import { bodyOf, type PageName } from "../builders/pages/pages.ts";

const recognised = (body: Buffer | string) => recognise(readPage(Buffer.from(body))!);

/** A figure as `name{label="value"} - minus /s of capacity`. */
function told(found: Found | undefined): string | undefined {
  if (!found) return undefined;
  const { at, matchLabels = {}, match = {}, capacity, known, isProcessorTime } = found;
  const labels = [
    ...Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`),
    ...Object.entries(match).map(([name, value]) => `${name}~${value.length > 20 ? "…" : value}`),
  ].join();
  return [
    `${at.name}${labels && `{${labels}}`}`,
    at.minus && `- ${at.minus}`,
    known.rate && "/s",
    known.unit,
    isProcessorTime && "of CPU",
    capacity && `of ${capacity.value}`,
  ]
    .filter(Boolean)
    .join(" ");
}

const toldOf = (body: Buffer | string) =>
  Object.fromEntries(Object.entries(recognised(body).found).map(([figure, found]) => [figure, told(found)]));

const cpu = "process_cpu_seconds_total /s of CPU";

describe("recorded pages of real programs", () => {
  test.each([
    [
      "caddy",
      {
        connections: "caddy_http_requests_in_flight",
        load: cpu,
        responseTime: "caddy_http_request_duration_seconds",
        errors: "caddy_http_request_duration_seconds_count{code~5..}",
      },
    ],
    [
      "envoy",
      {
        connections: "envoy_http_downstream_rq_active",
        requests: "envoy_http_downstream_rq_completed",
        errors: "envoy_http_downstream_rq_xx{envoy_response_code_class=5}",
      },
    ],
    [
      "fastApi",
      {
        connections: "http_requests_inprogress",
        load: cpu,
        requests: "http_requests_total",
        responseTime: "http_request_duration_seconds",
        errors: "http_requests_total{status=5xx}",
      },
    ],
    [
      "grpcGo",
      {
        connections: "grpc_server_started_total - grpc_server_handled_total",
        load: cpu,
        requests: "grpc_server_handled_total",
        responseTime: "grpc_server_handling_seconds",
        errors: "grpc_server_handled_total{grpc_code~…}",
      },
    ],
    ["grpcGoStreams", { connections: "grpc_server_started_total - grpc_server_handled_total", load: cpu }],
    [
      "haproxy",
      {
        connections: "haproxy_frontend_current_sessions{proxy=web}",
        load: "haproxy_process_current_connections of 2000",
        requests: "haproxy_frontend_http_requests_total{proxy=web}",
        errors: "haproxy_frontend_http_responses_total{code=5xx,proxy=web}",
      },
    ],
    ["natsVarz", { connections: "/connections", load: "/connections of 65536", requests: "/in_msgs" }],
    // The processor time on an exporter's page is the exporter's own.
    ["nginxExporter", { connections: "nginx_connections_active", requests: "nginx_http_requests_total" }],
    [
      "node",
      {
        connections: "http_open_connections",
        load: cpu,
        responseTime: "http_request_duration_seconds",
        errors: "http_request_duration_seconds_count{code~5..}",
      },
    ],
    [
      "otelEscaped",
      {
        connections: "http_server_active_requests",
        requests: "http_server_requests_total",
        errors: "http_server_requests_total{http_response_status_code~5..}",
      },
    ],
    ["phpFpm", { connections: "/active processes", requests: "/accepted conn" }],
    ["phpFpmOpenMetrics", { connections: "phpfpm_active_processes", requests: "phpfpm_accepted_connections" }],
    [
      "postgres",
      {
        connections: "pg_stat_database_numbackends",
        load: "pg_stat_database_numbackends of 100",
        requests: "pg_stat_database_xact_commit",
      },
    ],
    ["postgresDown", {}],
    ["rabbitmq", { connections: "rabbitmq_connections", requests: "rabbitmq_global_messages_received_total" }],
    [
      "redis",
      {
        connections: "redis_connected_clients",
        load: "redis_cpu_user_seconds_total /s of 1",
        requests: "redis_commands_processed_total",
      },
    ],
    [
      "spring",
      {
        connections: "tomcat_threads_busy_threads",
        load: "tomcat_threads_busy_threads of 200",
        responseTime: "http_server_requests_seconds",
        errors: "http_server_requests_seconds_count{outcome=SERVER_ERROR}",
      },
    ],
  ] as const)("%s", (name, expected) => {
    expect(toldOf(bodyOf(name))).toEqual(expected);
  });

  test("the connections of a page are those that were open when it was recorded", () => {
    const reading = (name: PageName) => {
      const page = readPage(bodyOf(name))!;
      return readingOf(recognise(page).found.connections!, page);
    };
    expect(reading("grpcGo")).toBe(4);
    expect(reading("grpcGoStreams")).toBe(4);
    expect(reading("spring")).toBe(3);
    expect(reading("envoy")).toBe(1);
    expect(reading("natsVarz")).toBe(2);
  });

  test("says that an exporter does not reach its program", () => {
    expect(recognised(bodyOf("postgresDown")).notes.join()).toContain("pg_up is 0");
  });

  test("stub_status is no page", () => {
    expect(readPage(bodyOf("nginxStubStatus"))).toBeUndefined();
  });
});

/** `TYPE name value` lines, with labels behind the name where there are any. */
const page = (...lines: readonly string[]): string =>
  lines
    .map((line) => {
      const [type, series, value] = line.split(/ (?=[^ {]*(?:\{.*\})? ?)/);
      const name = series!.replace(/\{.*/, "");
      if (type === "histogram") return `# TYPE ${name} histogram\n${name}_sum 1.5\n${name}_count ${value}\n`;
      return `# TYPE ${name} ${type}\n${series} ${value}\n`;
    })
    .join("");

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
      ),
    ],
    [
      "what a program asks of others",
      page("gauge http_client_active_requests 3", "gauge upstream_active_connections 3"),
    ],
    ["what serves the page itself", page("gauge promhttp_metric_handler_requests_in_flight 1")],
    ["a limit", page("gauge app_max_connections 100", "gauge app_connections_limit 3")],
    ["files and threads", page("gauge process_open_fds 12", "gauge jvm_threads_live 30", "gauge go_goroutines 40")],
  ] as const)("takes no connections from %s", (_, body) => {
    expect(toldOf(body).connections).toBeUndefined();
  });

  test("takes no load from open files, and no response time from work that nobody asked for", () => {
    const body = page(
      "gauge os_fd_used 30",
      "gauge os_fd_limit 20000",
      "histogram shop_server_apply_duration_seconds 3",
    );
    expect(toldOf(body)).toEqual({});
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

test("an answer that is neither exposition nor JSON is no page", () => {
  for (const body of ["<html>", "hello world", "", "[1, 2]", '{"a": "b"}'])
    expect(readPage(Buffer.from(body))).toBeUndefined();
});
