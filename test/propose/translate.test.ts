import { describe, expect, test } from "vitest";
import { pool as poolSchema } from "../../src/api/pool.ts";
import { compose } from "../../src/propose/compose.ts";
import { readPage } from "../../src/propose/page.ts";
import { recognise } from "../../src/propose/recognise.ts";
import type { Translated } from "../../src/propose/translate.ts";
import { translateHpa } from "../../src/propose/translate-hpa.ts";
import { translateScaledObject } from "../../src/propose/translate-keda.ts";
import { translateLoad } from "../../src/propose/translated-load.ts";
import { printTree, toObject } from "../../src/propose/tree.ts";

const body = `# TYPE app_active_connections gauge
app_active_connections 3
# TYPE app_requests_total counter
app_requests_total 30
# TYPE queue_depth gauge
queue_depth 2
`;

/** The spec of the pool that comes of it, which the API server would take. */
function poolOf(translated: Translated, hasPage = true) {
  const page = readPage(Buffer.from(body))!;
  const read = { page, recognised: recognise(page) };
  const wanted = translated.loads[0];
  const load = wanted && translateLoad(wanted, hasPage ? read : undefined);
  const recognised = load?.kind === "page" ? load.recognised : read.recognised;
  const tree = compose({
    workload: { ...translated.target, namespace: "shop", replicas: 3 },
    ports: [{ name: "http", port: 8080, note: "Declared." }],
    page: hasPage
      ? { type: "http", port: "metrics", scheme: "HTTP", path: "/metrics", pod: "web-1", recognised }
      : undefined,
    fallback: { resource: false, probe: { type: "TCP" }, why: [] },
    observedSeconds: 10,
    head: ["Proposed."],
    translated: { ...translated, load },
  });
  const pool = toObject(tree);
  expect(poolSchema.safeParse(pool).error?.issues ?? []).toEqual([]);
  expect(
    Math.max(
      ...printTree(tree)
        .split("\n")
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(80);
  return pool.spec as { readonly metrics: unknown; readonly scaling: unknown; readonly targetRef: unknown };
}

const hpa = (spec: object) =>
  translateHpa({
    metadata: { name: "web" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 9, ...spec },
  } as never);
const scaledObject = (spec: object) =>
  translateScaledObject({ metadata: { name: "web" }, spec: { scaleTargetRef: { name: "web" }, ...spec } } as never);

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

describe("a ScaledObject", () => {
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
