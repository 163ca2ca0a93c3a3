import { describe, expect, test } from "vitest";
import { readPage } from "../../src/propose/page.ts";
import { readingOf, recognise } from "../../src/propose/recognise.ts";
import { bodyOf, type PageName } from "../builders/pages/pages.ts";
import { page, recognised, told, toldOf } from "../builders/pages/told.ts";

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
    [
      "puma",
      {
        connections: "/worker_status/*/last_status/max_threads - /worker_status/*/last_status/pool_capacity",
        load: "/worker_status/*/last_status/max_threads - /worker_status/*/last_status/pool_capacity of 8",
        requests: "/worker_status/*/last_status/requests_count",
      },
    ],
    ["rabbitmq", { connections: "rabbitmq_connections", requests: "rabbitmq_global_messages_received_total" }],
    [
      "redis",
      {
        connections: "redis_connected_clients",
        // How much of a full thread is in user mode, nobody says.
        load: "redis_cpu_user_seconds_total /s",
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
    [
      "uwsgi",
      {
        connections: "/workers/*/cores/*/in_request",
        load: "/workers/*/cores/*/in_request of 3",
        requests: "/workers/*/requests",
        errors: "/workers/*/exceptions",
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
    expect(reading("puma")).toBe(0);
    expect(reading("uwsgi")).toBe(2);
  });

  test("says that an exporter does not reach its program", () => {
    expect(recognised(bodyOf("postgresDown")).notes.join()).toContain("pg_up is 0");
  });

  test("stub_status is no page", () => {
    expect(readPage(bodyOf("nginxStubStatus"))).toBeUndefined();
  });
});

describe("lists in a JSON document", () => {
  const json = (document: unknown) => JSON.stringify(document);
  const workers = (...all: readonly object[]) => toldOf(json({ workers: all }));

  test("are read element by element, as * does", () => {
    expect(workers({ activeConnections: 3 }, { activeConnections: 4 })).toMatchObject({
      connections: "/workers/*/activeConnections",
    });
    const page = readPage(Buffer.from(json([{ active_connections: 3 }, { active_connections: 4 }, {}])))!;
    const { connections } = recognise(page).found;
    expect([told(connections), readingOf(connections!, page)]).toEqual(["/*/active_connections", 7]);
  });

  test("have one limit for all of their elements", () => {
    expect(workers({ busy_threads: 1, max_threads: 4 }, { busy_threads: 2, max_threads: 6 }).load).toBe(
      "/workers/*/busy_threads of 10",
    );
  });

  test.each([
    [
      "are not added up where an element has no number",
      { workers: [{ active_connections: 3 }, { active_connections: "n/a" }] },
    ],
    ["of numbers are no sum", { active_connections: [3, 4] }],
    ["of shares are no share", { workers: [{ cpu_utilization: 0.5 }] }],
  ])("%s", (_, document) => {
    expect(toldOf(json({ port: 1, ...document }))).toEqual({});
  });
});

describe("a share that a program tells of each of its parts", () => {
  test.each([
    [
      "GPUs",
      page(
        "counter nv_inference_request_success 3",
        'gauge nv_gpu_utilization{gpu_uuid="a"} 0.9',
        'gauge nv_gpu_utilization{gpu_uuid="b"} 0.8',
      ),
      "nv_gpu_utilization of 2",
    ],
    [
      "engines",
      page(
        "gauge vllm:num_requests_running 3",
        ...[0, 1, 2, 3].map((engine) => `gauge vllm:kv_cache_usage_perc{engine="${engine}"} 0.5`),
      ),
      "vllm:kv_cache_usage_perc of 4",
    ],
    [
      "ranks",
      page(
        "gauge sglang:num_running_reqs 3",
        'gauge sglang:token_usage{dp_rank="0"} 0.5',
        'gauge sglang:token_usage{dp_rank="1"} 0.5',
      ),
      "sglang:token_usage of 2",
    ],
    [
      "nodes, in percent",
      page(
        'gauge elasticsearch_process_cpu_percent{name="a"} 50',
        'gauge elasticsearch_process_cpu_percent{name="b"} 50',
      ),
      "elasticsearch_process_cpu_percent of 200",
    ],
  ])("is full when all of its %s are", (_, body, expected) => {
    const { load } = recognised(body).found;
    expect(told(load)).toBe(expected);
    expect(load?.capacity?.why).toMatch(/^\d+ for each of the [24] series/);
  });

  test("of one part says no more than its definition", () => {
    const body = page("counter nv_inference_request_success 3", 'gauge nv_gpu_utilization{gpu_uuid="a"} 0.9');
    expect(recognised(body).found.load?.capacity).toEqual({ value: "1" });
  });
});

test("an answer that is neither exposition nor JSON is no page", () => {
  for (const body of ["<html>", "hello world", "", "[1, 2]", '{"a": "b"}'])
    expect(readPage(Buffer.from(body))).toBeUndefined();
});
