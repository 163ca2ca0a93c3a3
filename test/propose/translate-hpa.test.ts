import { describe, expect, test } from "vitest";
import { translateHpa } from "../../src/propose/translate-hpa.ts";
import { poolOf } from "../builders/pages/translated-pool.ts";

const hpa = (spec: object) =>
  translateHpa({
    metadata: { name: "web" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 9, ...spec },
  } as never);
const resource = (name: string, target: object) => ({ type: "Resource", resource: { name, target } });

describe("a HorizontalPodAutoscaler", () => {
  test("by CPU keeps its bounds and its target", () => {
    const { metrics, scaling } = poolOf(
      hpa({ minReplicas: 2, metrics: [resource("cpu", { type: "Utilization", averageUtilization: 70 })] }),
    );
    expect(metrics).toEqual({ interval: "15s", source: { resource: { name: "cpu" } } });
    expect(scaling).toMatchObject({ mode: "Recommend", minReplicas: 2, maxReplicas: 9, maxAverageLoad: 70 });
  });

  test.each([
    [
      "an average value of memory",
      [resource("memory", { type: "AverageValue", averageValue: "512Mi" })],
      { name: "memory", capacity: "512Mi" },
      100,
    ],
    [
      "one container",
      [
        {
          type: "ContainerResource",
          containerResource: { name: "cpu", container: "app", target: { type: "Utilization", averageUtilization: 60 } },
        },
      ],
      { name: "cpu", container: "app" },
      60,
    ],
    ["nothing, which means 80 % of the CPU", undefined, { name: "cpu" }, 80],
  ])("by %s", (_, metrics, expected, limit) => {
    const spec = poolOf(hpa({ metrics }));
    expect(spec.metrics).toEqual({ interval: "15s", source: { resource: expected } });
    expect(spec.scaling).toMatchObject({ maxAverageLoad: limit });
  });

  const pods = (name: string, averageValue: string) => ({
    type: "Pods",
    pods: { metric: { name }, target: { type: "AverageValue", averageValue } },
  });

  test("by a metric of the pods reads it from them", () => {
    expect(poolOf(hpa({ metrics: [pods("queue_depth", "500m")] }))).toMatchObject({
      metrics: { source: { http: { load: { name: "queue_depth", capacity: "0.5" } } } },
      scaling: { maxAverageLoad: 100 },
    });
    expect(poolOf(hpa({ metrics: [pods("app_requests_per_second", "1k")] }))).toMatchObject({
      metrics: { source: { http: { load: { name: "app_requests_total", rate: true, capacity: "1000" } } } },
    });
  });

  test("by what a histogram counts reads its rate", () => {
    const name = "app_request_duration_seconds_count";
    expect(poolOf(hpa({ metrics: [pods(name, "5")] }))).toMatchObject({
      metrics: { source: { http: { load: { name, rate: true, capacity: "5" } } } },
    });
  });

  test("by the adapter's name of a counter, without its suffix, reads the rate of the counter", () => {
    const name = "app_requests_total";
    expect(poolOf(hpa({ metrics: [pods(name.replace(/_total$/, ""), "5")] }))).toMatchObject({
      metrics: { source: { http: { load: { name, rate: true, capacity: "5" } } } },
    });
  });

  test("by a rate takes no gauge for it", () => {
    expect(poolOf(hpa({ metrics: [pods("queue_depth_rate", "5")] }))).toMatchObject({
      metrics: { source: { query: { load: { expr: "sum by (pod) (queue_depth_rate)" } } } },
    });
  });

  test("by a metric that the pods do not tell asks Prometheus", () => {
    expect(poolOf(hpa({ metrics: [pods("elsewhere", "5")] }))).toMatchObject({
      metrics: { source: { query: { load: { expr: "sum by (pod) (elsewhere)", capacity: "5" } } } },
    });
  });

  test("keeps its behavior, and what it did not allow", () => {
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: 30, policies: [{ type: "Pods", value: 3, periodSeconds: 60 }] },
      scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: "Percent", value: 10, periodSeconds: 120 }] },
    };
    expect(poolOf(hpa({ behavior })).scaling).toMatchObject({
      up: { polls: 3, maxStepPercent: 1, maxStepPods: 3, period: "60s" },
      down: { window: "600s", maxStepPercent: 10, maxStepPods: 1, period: "120s" },
    });
    const disabled = { scaleDown: { selectPolicy: "Disabled" } };
    expect(poolOf(hpa({ behavior: disabled })).scaling).toMatchObject({ down: { enabled: false } });
  });

  test.each([
    ["several metrics", { metrics: [resource("cpu", { averageUtilization: 70 }), pods("a", "1")] }, /2 metrics/],
    [
      "Object",
      { metrics: [{ type: "Object", object: { metric: { name: "hits" }, target: { value: "1" } } }] },
      /hits of type Object/,
    ],
    [
      "External",
      { metrics: [{ type: "External", external: { metric: { name: "hits" }, target: { value: "1" } } }] },
      /hits of type External/,
    ],
    ["no pods at all", { minReplicas: 0 }, /minReplicas 0/],
    [
      "Min of two",
      {
        behavior: {
          scaleUp: {
            selectPolicy: "Min",
            policies: [
              { type: "Pods", value: 3, periodSeconds: 60 },
              { type: "Percent", value: 3, periodSeconds: 60 },
            ],
          },
        },
      },
      /selectPolicy Min/,
    ],
    [
      "more than half at once",
      { behavior: { scaleDown: { policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] } } },
      /at most 50 %/,
    ],
    ["a tolerance", { behavior: { scaleUp: { tolerance: "0.05" } } }, /tolerance/],
  ])("says that %s has no counterpart", (_, spec, message) => {
    const translated = hpa(spec);
    expect(translated.lost.join("\n")).toMatch(message);
    poolOf(translated);
  });
});
