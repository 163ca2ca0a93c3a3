import { describe, expect, test } from "vitest";
import { toldOf } from "../builders/pages/told.ts";

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
});
