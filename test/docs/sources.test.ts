import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Metrics, reads } from "../../src/api/metrics.ts";
import type { Sample } from "../../src/decide/world.ts";
import { rated, withSample } from "../../src/observe/sampling/reading.ts";
import { measureHttp, measureJson } from "../../src/observe/sources/measure.ts";
import type { MeasuredAnswer } from "../../src/observe/sources/measured.ts";
import { metricsFrom, specIn } from "../builders/metrics.ts";
import { bodyOf, type PageName, recordedPages } from "../builders/pages/pages.ts";
import { blocksOf } from "../tools/documents/pages.ts";

const recipes = new Map(
  blocksOf("docs/sources.md").flatMap(({ mark, text }): [string, Metrics][] =>
    mark?.runner === "recipe" ? [[mark.name, metricsFrom(parse(text).metrics)]] : [],
  ),
);

const isText = ({ source }: Metrics): boolean => source?.type === "http";

/** What a recipe reads of a page, as the operator does. */
function read(metrics: Metrics, page: PageName): MeasuredAnswer {
  const measure = isText(metrics) ? measureHttp(specIn(metrics, "http"), 60_000) : measureJson(specIn(metrics, "json"));
  const openMetrics = recordedPages[page].contentType.startsWith("application/openmetrics-text");
  return measure({ kind: "answered", body: bodyOf(page), openMetrics }, Date.UTC(2026, 10, 29, 13, 45));
}

const cpu = (seconds: number, capacity: number, metric = "process_cpu_seconds_total") => ({
  counter: { metric, total: expect.closeTo((100 * seconds) / capacity, 6) },
});
const calls = { grpc: cpu(0, 0.5) };

/** By recipe, the pages that it is for, each with what went on when it was recorded. */
const readings: Readonly<Record<string, readonly [PageName, object][]>> = {
  node: [
    [
      "node",
      {
        ...cpu(0.031524, 1),
        connections: 2,
        requests: 8,
        errors: 1,
        responses: { totalMs: expect.closeTo(161.87, 2), count: 8 },
      },
    ],
  ],
  fastApi: [
    [
      "fastApi",
      {
        ...cpu(0.33, 0.5),
        connections: 1,
        requests: 4,
        errors: 1,
        responses: { totalMs: expect.closeTo(26.71, 2), count: 4 },
      },
    ],
  ],
  uwsgi: [["uwsgi", { connections: 2, load: 50, requests: 5, errors: 0 }]],
  spring: [
    [
      "spring",
      {
        connections: 4,
        load: 1.5,
        requests: 7,
        errors: 1,
        responses: { totalMs: expect.closeTo(157.68, 2), count: 7 },
      },
    ],
  ],
  springCpu: [["spring", cpu(6.27, 0.5, "process_cpu_time_ns_total")]],
  springJson: [["springJson", { load: 1.5 }]],
  grpc: [
    ["grpcGo", { ...calls.grpc, connections: 4, requests: 8, errors: 0 }],
    ["grpcPython", { ...cpu(0.11, 0.5), connections: 4, requests: 5, errors: 0 }],
    ["grpcPythonStreams", { ...cpu(0.11, 0.5), connections: 3, errors: 0 }],
    ["grpcPythonIdle", { ...cpu(0.09, 0.5), connections: 0, errors: 0 }],
  ],
  prometheus: [["prometheus", { ...cpu(0.02, 2), connections: 1 }]],
  otel: [
    ["otel", { connections: 5, requests: 43, errors: 3 }],
    ["otelText", { connections: 5, requests: 43, errors: 3 }],
  ],
  nginxExporter: [["nginxExporter", { connections: 5, load: expect.closeTo(300 / 512, 6), requests: 26 }]],
  phpFpm: [["phpFpm", { load: 37.5, requests: 3 }]],
  phpFpmOpenMetrics: [["phpFpmOpenMetrics", { load: 37.5, requests: 4 }]],
  puma: [["puma", { load: 0, requests: 0 }]],
  envoy: [["envoy", { connections: 1, load: 1, requests: 7, errors: 0 }]],
  haproxy: [["haproxy", { connections: 1, load: 0.1, requests: 15, errors: 0 }]],
  caddy: [["caddy", { connections: 0, requests: 22, responses: { totalMs: expect.closeTo(0.35, 2), count: 22 } }]],
  postgres: [["postgres", { connections: 5, load: 25, requests: 884 }]],
  redis: [["redis", { ...cpu(0.006787, 0.8, "redis_cpu_user_seconds_total"), connections: 2, requests: 2 }]],
  rabbitmq: [["rabbitmq", { connections: 3, load: expect.closeTo(0.084, 6) }]],
  natsVarz: [["natsVarz", { connections: 2, load: 0 }]],
};

test("every recipe is read, and nothing is read that is no recipe", () =>
  expect([...recipes.keys()].sort()).toEqual(Object.keys(readings).sort()));

describe.each(Object.entries(readings))("the recipe %s", (name, pages) => {
  test.each(pages)("reads %s", (page, figures) =>
    expect(read(recipes.get(name)!, page)).toEqual({ kind: "measured", ...figures }),
  );

  test("has a load, once a rate has two values, where it asks for one", () => {
    const metrics = recipes.get(name)!;
    const measured = read(metrics, pages[0]![0]);
    if (measured.kind === "failed") throw new Error(measured.failure);
    const { kind: _, counter, ...values } = measured;
    const at = (takenAt: number): Sample & { counter?: Sample["counter"] } => ({
      takenAt,
      ...values,
      ...(counter && { counter: { ...counter, at: takenAt } }),
    });
    const [first, second] = [at(0), at(1_000)];
    const reading = withSample(undefined, first, 1, 0);
    const { counter: told } = second;
    const sample = told ? rated(reading, { ...second, counter: told }, 5_000) : second;
    expect(sample?.load !== undefined).toBe(reads(metrics, "load"));
  });
});

describe("what programs serve at other times", () => {
  const missing = { kind: "failed", failure: "MetricMissing" };

  test("a gRPC server in Go that nobody has called yet tells nothing of calls", () =>
    expect(read(recipes.get("grpc")!, "grpcGoIdle")).toEqual(missing));

  test("one whose first call has not ended is read once another pod has told the counter of those that have", () => {
    const measure = measureHttp(specIn(recipes.get("grpc")!, "http"), 60_000);
    const answer = (page: PageName) => ({ kind: "answered", body: bodyOf(page), openMetrics: true }) as const;
    expect(measure(answer("grpcGoStreams"), 0)).toEqual(missing);
    expect(measure(answer("grpcGo"), 0)).toMatchObject({ connections: 4, requests: 8 });
    expect(measure(answer("grpcGoStreams"), 0)).toMatchObject({ connections: 4 });
  });

  test("a database that is down has no sessions, rather than none", () =>
    expect(read(recipes.get("postgres")!, "postgresDown")).toEqual(missing));

  test("names of OpenTelemetry come with underscores to who does not ask for them", () =>
    expect(read(recipes.get("otel")!, "otelEscaped")).toEqual(missing));

  test("stub_status is neither text of Prometheus nor JSON", () => {
    const malformed = { kind: "failed", failure: "Malformed" };
    expect(read(recipes.get("nginxExporter")!, "nginxStubStatus")).toEqual(malformed);
    expect(read(recipes.get("natsVarz")!, "nginxStubStatus")).toEqual(malformed);
  });
});

test.each(Object.entries(recordedPages).filter(([, { contentType }]) => !contentType.includes("json")))(
  "every line of %s is read",
  (name) => {
    if (name === "nginxStubStatus") return;
    const metrics = metricsFrom({ source: { http: { connections: { name: "no_such_metric" } } } });
    expect(read(metrics, name as PageName)).toEqual({ kind: "failed", failure: "MetricMissing" });
  },
);
