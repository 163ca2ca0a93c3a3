import { describe, expect, test } from "vitest";
import { givenMetrics } from "../../src/api/metrics.ts";
import { translateScaledObject } from "../../src/propose/translate-keda.ts";
import { poolOf } from "../builders/pages/translated-pool.ts";

const scaledObject = (spec: object) =>
  translateScaledObject({ metadata: { name: "web" }, spec: { scaleTargetRef: { name: "web" }, ...spec } } as never);

describe("a ScaledObject", () => {
  const prometheus = (query: string) => [{ type: "prometheus", metadata: { query, threshold: "40" } }];

  test.each([
    [
      "sum(rate(app_request_duration_seconds_count[2m]))",
      { name: "app_request_duration_seconds_count", rate: true, capacity: "40" },
    ],
    ["rate(app_requests_total[1m30s])", { name: "app_requests_total", rate: true, capacity: "40" }],
    ["sum( queue_depth )", { name: "queue_depth", capacity: "40" }],
    ['queue_depth{namespace="shop"}', { name: "queue_depth", capacity: "40" }],
    [
      'sum(rate(app_answers_total{job="web", code="500"}[2m]))',
      { name: "app_answers_total", rate: true, matchLabels: { code: "500" }, capacity: "40" },
    ],
    [
      String.raw`sum(rate(app_answers_total{code=~"5\\d\\d",}[2m]))`,
      { name: "app_answers_total", rate: true, match: { code: String.raw`5\d\d` }, capacity: "40" },
    ],
  ])("by %s reads just that of the pods", (query, load) => {
    const { metrics } = poolOf(scaledObject({ triggers: prometheus(query) }));
    expect((metrics as { source: { http: { load: object } } }).source.http.load).toEqual(load);
  });

  test.each([
    "sum(rate(app_request_duration_seconds_sum[2m])) / sum(rate(app_request_duration_seconds_count[2m]))",
    "sum(rate(app_requests_total[2m])) * 60",
    "1000 * increase(app_requests_total[5m])",
    "sum(increase(app_requests_total[5m]))",
    "queue_depth / app_active_connections * 100",
    "avg(queue_depth)",
    "sum(queue_depth) by (pod)",
    "sum(queue_depth) + sum(app_active_connections)",
    "queue_depth offset 5m",
    "max_over_time(queue_depth[5m])",
    'sum(rate(app_answers_total{code!="200"}[2m]))',
    'sum(rate(app_answers_total{code=~"5(?=0)."}[2m]))',
    "rate(queue_depth[2m])",
    "sum(app_requests_total)",
  ])("by %s asks Prometheus, as it did", (query) => {
    expect(poolOf(scaledObject({ triggers: prometheus(query) })).metrics).toMatchObject({
      source: { query: { load: { expr: query, capacity: "40" } } },
    });
  });

  const behavior = { scaleUp: { stabilizationWindowSeconds: 60 } };
  const advanced = { horizontalPodAutoscalerConfig: { behavior } };

  test.each([
    ["its pollingInterval for a source that is late", "elsewhere", { pollingInterval: 20 }, "20s", 4],
    ["what the source can do at least", "elsewhere", { pollingInterval: 1 }, "5s", 10],
    ["15 s where it has none", "elsewhere", {}, "15s", 5],
    ["the pool's own, of a page", "queue_depth", { pollingInterval: 20 }, undefined, 10],
  ])("is sampled at %s, by which its window counts", (_, query, spec, interval, polls) => {
    const { metrics, scaling } = poolOf(scaledObject({ triggers: prometheus(query), advanced, ...spec }));
    expect((metrics as { interval?: string }).interval).toBe(interval);
    expect(scaling).toMatchObject({ up: { polls } });
  });

  test("on a page counts a short window by the interval that a pool has by default", () => {
    const short = { horizontalPodAutoscalerConfig: { behavior: { scaleUp: { stabilizationWindowSeconds: 5 } } } };
    const triggers = prometheus("queue_depth");
    const { metrics, scaling } = poolOf(scaledObject({ triggers, advanced: short, pollingInterval: 30 }));
    expect(givenMetrics.parse(metrics).interval).toBe(1_000);
    expect(scaling).toMatchObject({ up: { polls: 6 } });
  });

  test("by PromQL of a metric on the pods' page reads it from them", () => {
    const triggers = [
      {
        type: "prometheus",
        metadata: {
          serverAddress: "http://prometheus:9090",
          query: 'sum(rate(app_requests_total{app="web"}[2m]))',
          threshold: "40",
        },
      },
    ];
    const { metrics, scaling, targetRef } = poolOf(scaledObject({ minReplicaCount: 2, maxReplicaCount: 7, triggers }));
    expect(targetRef).toEqual({ name: "web" });
    expect(metrics).toMatchObject({
      source: {
        http: {
          load: { name: "app_requests_total", rate: true, capacity: "40" },
          connections: { name: "app_active_connections" },
        },
      },
    });
    expect(scaling).toMatchObject({ minReplicas: 2, maxReplicas: 7, maxAverageLoad: 100 });
  });

  test("by PromQL of anything else asks Prometheus, as it did", () => {
    const query = "sum by (pod) (elsewhere)";
    const triggers = [{ type: "prometheus", metadata: { query, threshold: "40" } }];
    expect(poolOf(scaledObject({ triggers }), false).metrics).toMatchObject({
      source: { query: { load: { expr: query, capacity: "40" } } },
    });
  });

  test("by CPU, and with KEDA's own defaults", () => {
    const triggers = [{ type: "cpu", metricType: "Utilization", metadata: { value: "65", containerName: "app" } }];
    const translated = scaledObject({ triggers });
    expect(poolOf(translated)).toMatchObject({
      metrics: { source: { resource: { name: "cpu", container: "app" } } },
      scaling: { minReplicas: 1, maxReplicas: 100, maxAverageLoad: 65 },
    });
    expect(translated.lost.join()).toContain("minReplicaCount 0 (KEDA's default)");
  });

  test("says what has no counterpart", () => {
    const { lost } = scaledObject({
      triggers: [
        { type: "cron", metadata: {} },
        { type: "kafka", metadata: {} },
        { type: "datadog", metadata: {} },
      ],
      minReplicaCount: 1,
      idleReplicaCount: 0,
      cooldownPeriod: 60,
      fallback: { failureThreshold: 3, replicas: 6 },
      advanced: { scalingModifiers: { formula: "a" }, restoreToOriginalReplicaCount: true },
    });
    for (const word of [
      "cron",
      "kafka",
      "datadog",
      "idleReplicaCount",
      "cooldownPeriod",
      "fallback",
      "scalingModifiers",
      "restoreToOriginal",
    ])
      expect(lost.filter((text) => text.includes(word))).toHaveLength(1);
  });
});
