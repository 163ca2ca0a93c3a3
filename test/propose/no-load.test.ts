import { describe, expect, test } from "vitest";
import { page, recognised, toldOf } from "../builders/pages/told.ts";

const cpu = "counter process_cpu_seconds_total 3";

describe("what is no load of a pod", () => {
  test.each([
    ["the share of Go's garbage collector", "gauge go_memstats_gc_cpu_fraction 0.00001"],
    ["the processor time of the node", "gauge jvm_system_cpu_utilization_ratio 0.3"],
    ["a run queue", "gauge jvm_system_cpu_load_1m_ratio 1.2"],
    ["idle handlers", "gauge broker_requesthandleravgidle_percent 99"],
  ])("%s", (_, line) => {
    expect(toldOf(page(line, cpu))).toEqual({ load: "process_cpu_seconds_total /s of CPU" });
  });

  test("processor time behind the name of the program", () => {
    expect(toldOf(page("counter n8n_process_cpu_seconds_total 3")).load).toBe(
      "n8n_process_cpu_seconds_total /s of CPU",
    );
    const two = page("counter a_process_cpu_seconds_total 3", "counter b_process_cpu_seconds_total 3");
    expect(toldOf(two).load).toBeUndefined();
  });

  test("a queue of some kind of its work", () => {
    const body = page("gauge app_queueing_busy 1", "gauge app_queueing_max 30", "gauge app_queueing_limit 30");
    expect(toldOf(body).load).toBeUndefined();
  });

  test("a share that its HELP calls one of 1 is none of 100", () => {
    const body =
      "# HELP app_slots_usage Usage of the slots, 1 means 100 percent.\n# TYPE app_slots_usage gauge\napp_slots_usage 0.5\n";
    expect(toldOf(body).load).toBe("app_slots_usage of 1");
  });

  test("a flag, of which 1 means yes", () => {
    const body = `# HELP worker_busy 1 = busy, 0 = idle\n${page("gauge worker_busy 1")}`;
    expect(toldOf(body).load).toBeUndefined();
  });

  test("how full a cache is, though a program that is a cache has a load", () => {
    expect(toldOf(page("gauge cache_usage_ratio 0.5", "gauge cache_keys 3")).load).toBeUndefined();
    const connections = page("gauge cache_connections_active 3", "gauge cache_connections_max 10");
    expect(toldOf(connections).load).toBe("cache_connections_active of 10");
  });

  test("the most requests that there were at once so far", () => {
    const body = page("gauge jetty_requests_active 1", "gauge jetty_requests_active_max 2");
    expect(toldOf(body).load).toBeUndefined();
  });

  test("a library that calls itself exporter makes no exporter's page", () => {
    for (const name of ["flask_exporter_info", "otelcol_exporter_queue_size"])
      expect(toldOf(page(`gauge ${name} 1`, cpu)).load).toBe("process_cpu_seconds_total /s of CPU");
  });
});

describe("response times", () => {
  test.each(["http_request_duration_microseconds", "http_request_duration_us", "http_request_duration_ns"])(
    "in a unit that a pool does not know are left out: %s",
    (name) => {
      expect(toldOf(page(`histogram ${name} 3`))).toEqual({});
    },
  );

  test("of Knative's queue-proxy are milliseconds", () => {
    expect(
      toldOf(
        page('counter revision_request_count{response_code_class="2xx"} 3', "histogram revision_request_latencies 3"),
      ),
    ).toEqual({
      requests: "revision_request_count",
      responseTime: "revision_request_latencies Milliseconds",
      errors: "revision_request_count{response_code_class=5xx}",
    });
    expect(toldOf(page("gauge queue_average_concurrent_requests 1.5")).connections).toBe(
      "queue_average_concurrent_requests",
    );
  });

  test("of a store behind the program are none of its own", () => {
    expect(toldOf(page("histogram up_s3_request_duration_ms 3")).responseTime).toBeUndefined();
  });

  test("of OpenCensus are milliseconds", () => {
    expect(toldOf(page("histogram gw_opencensus_io_http_server_latency 3")).responseTime).toBe(
      "gw_opencensus_io_http_server_latency Milliseconds",
    );
  });

  test("come with those requests that failed, by any label of statuses", () => {
    const body = page(
      'counter svc_request_total{http_response_code="200"} 3',
      'counter svc_request_total{http_response_code="500"} 1',
    );
    expect(toldOf(body).errors).toBe("svc_request_total{http_response_code~5..}");
    expect(toldOf(page("counter svc_requests_total 3", "counter svc_responses_5xx_total 1")).errors).toBe(
      "svc_responses_5xx_total",
    );
  });

  test("of whole requests, where a label tells them from their parts", () => {
    const parts = ["request", "upstream", "gate"].map(
      (type) => `gate_http_latency_seconds_sum{type="${type}"} 1\ngate_http_latency_seconds_count{type="${type}"} 3\n`,
    );
    expect(
      recognised(`# TYPE gate_http_latency_seconds histogram\n${parts.join("")}`).found.responseTime,
    ).toMatchObject({
      at: { name: "gate_http_latency_seconds" },
      matchLabels: { type: "request" },
    });
  });
});

test("a pointer through a name that no other pod has is none", () => {
  const below = { open_connections: 3 };
  for (const key of ["Klg1CjgMTouentQcJlRGuA", "8d1f0c52-91aa-4b2e", "10.0.0.7:8080", "rabbit@web-1"])
    expect(toldOf(JSON.stringify({ uptime: 9, nodes: { [key]: below } }))).toEqual({});
  expect(toldOf(JSON.stringify({ nodes: { local: below } })).connections).toBe("/nodes/local/open_connections");
});

describe("figures without samples before the first request", () => {
  const announce = (...lines: readonly string[]): string => lines.map((line) => `# TYPE ${line}\n`).join("");
  const notesOf = (...lines: readonly string[]): string =>
    recognised(`${announce(...lines)}# TYPE app_info gauge\napp_info 1\n`).notes.join(" ");

  test("are named, so that init is run again", () => {
    const notes = notesOf("http_request_duration_seconds histogram", "http_requests_in_flight gauge");
    expect(notes).toContain("http_request_duration_seconds has no samples yet");
    expect(notes).toContain("http_requests_in_flight has no samples yet");
  });

  test("are not, where others are there, or where they would tell nothing", () => {
    expect(notesOf("db_query_duration_seconds histogram", "db_pool_connections_active gauge")).toBe("");
    const body = `${announce("b_active_connections gauge")}${page("gauge a_active_connections 3")}`;
    expect(recognised(body).notes).toEqual([]);
  });
});
