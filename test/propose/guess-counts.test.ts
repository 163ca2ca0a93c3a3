import { describe, expect, test } from "vitest";
import { page, recognised, toldOf } from "../builders/pages/told.ts";

describe("the unit of a response time that its name does not tell", () => {
  const times = (name: string, sum: number, ...bounds: readonly string[]): string =>
    [
      `# TYPE ${name} histogram`,
      ...bounds.map((bound) => `${name}_bucket{le="${bound}"} 1`),
      `${name}_sum ${sum}`,
      `${name}_count 4`,
      "",
    ].join("\n");
  const told = (body: string) => toldOf(body).responseTime;

  test("is that of its bounds", () => {
    expect(told(times("app_request_latency", 0.5, "0.005", "1", "10", "+Inf"))).toBe("app_request_latency");
    expect(told(times("app_request_latency", 500, "5", "100", "10000", "+Inf"))).toBe(
      "app_request_latency Milliseconds",
    );
  });

  test("is milliseconds in go-metrics, as Consul and Vault have it", () => {
    expect(told(`${times("consul_api_http", 9)}consul_runtime_num_goroutines 9\n`)).toBe(
      "consul_api_http Milliseconds",
    );
  });

  test("is unknown where the times may be anything", () => {
    expect(told(times("handler_latency_sql_SelectStmt", 0))).toBeUndefined();
    expect(told(times("handler_latency_sql_SelectStmt", 4000))).toBeUndefined();
  });

  test("is seconds where the times would be too short otherwise", () => {
    expect(told(times("app_request_latency", 0.02))).toBe("app_request_latency");
  });

  test("is seconds in OpenTelemetry's conventions, though its default bounds fit milliseconds", () => {
    expect(told(times("http_server_request_duration", 0.5, "0", "5", "10000", "+Inf"))).toBe(
      "http_server_request_duration",
    );
  });

  test("does not matter before the first request", () => {
    expect(recognised("# TYPE app_request_latency summary\nfoo 1\n").notes).toEqual([
      expect.stringContaining("app_request_latency has no samples yet"),
    ]);
  });
});

describe("the unit of a response time in its name", () => {
  test.each([
    ["http_requestDurationSeconds", ""],
    ["http_requestDurationMs", " Milliseconds"],
    ["order_ms_http_request_duration_seconds", ""],
    ["http_request_duration_ms_by_route", " Milliseconds"],
  ])("%s", (name, unit) => {
    expect(toldOf(page(`histogram ${name} 3`)).responseTime).toBe(`${name}${unit}`);
  });

  test("may stand behind a dot", () => {
    const name = "http.server.duration.milliseconds";
    expect(toldOf(`{"${name}_sum"} 300\n{"${name}_count"} 3\n`).responseTime).toBe(`${name} Milliseconds`);
  });

  test("may be finer than a pool knows", () => {
    expect(toldOf(page("histogram http_requestDurationMicros 3"))).toEqual({});
  });
});

describe("what a program is called", () => {
  test.each(["authz", "batch"])("%s, is no part that asks for another", (name) => {
    const times = page(`histogram ${name}_request_duration_seconds 3`, `gauge ${name}_rules 3`);
    expect(toldOf(times).responseTime).toBe(`${name}_request_duration_seconds`);
    expect(toldOf(page(`counter ${name}_requests_total 3`, `gauge ${name}_rules 3`)).requests).toBe(
      `${name}_requests_total`,
    );
  });

  test.each(["python", "dotnet", "nodejs", "go"])("%s, as its language is, makes no runtime of it", (name) => {
    expect(toldOf(page(`histogram ${name}_request_duration_seconds 3`)).responseTime).toBe(
      `${name}_request_duration_seconds`,
    );
  });
});

test("messages that came in are no better a number than requests", () => {
  expect(toldOf(page("counter app_messages_received_total 30", "counter app_requests_total 5")).requests).toBe(
    "app_requests_total",
  );
});
