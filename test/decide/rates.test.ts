import { describe, expect, test } from "vitest";
import { printExplanation } from "../../src/decide/explain/print.ts";
import { plan } from "../../src/decide/plan.ts";
import type { ObservedPod } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, reading, sample } from "../builders/builders.ts";
import { explain } from "../builders/explain.ts";

const cpu = "process_cpu_seconds_total";
const source = { http: { load: { name: cpu, rate: true, capacity: "0.5" } } };
const ofPool = pool({
  metrics: { source },
  strategy: { type: "LeastLoad" },
  scaling: { minReplicas: 1, maxReplicas: 20, maxAverageLoad: 80 },
});

const counter = (ageMs: number) => ({ metric: cpu, total: 5_000, at: observedAt - ageMs });

/** A pod that has told its counter once. */
const first = (name: string): ObservedPod => ({ pod: pod(name), reading: reading(sample({ counter: counter(100) })) });

/** One that has told it twice. */
const rating = (name: string, load: number): ObservedPod => ({
  pod: pod(name),
  reading: reading(
    sample({ load, windowMs: 1_000, counter: counter(100) }),
    sample({ load, windowMs: 1_000, counter: counter(1_100) }, 1_100),
  ),
});

const planOf = (pods: readonly ObservedPod[]) =>
  plan(observation({ pool: ofPool, pods, target: { uid: "uid-target", replicas: pods.length } })).plan;
const metricsHealthy = (pods: readonly ObservedPod[]) =>
  planOf(pods).verdicts.find(({ type }) => type === "MetricsHealthy");
const told = (pods: readonly ObservedPod[]) => {
  const { status, reason, message } = metricsHealthy(pods)!;
  return { status, reason, message };
};

describe("pods of which each has told its counter once, as after a start of the operator", () => {
  const pods = Array.from({ length: 4 }, (_, index) => first(`web-${index}`));

  test("are not measured yet, which is no alarm, and it is said what is waited for", () =>
    expect(told(pods)).toEqual({
      status: "Unknown",
      reason: "NotMeasuredYet",
      message: `No pod has been measured yet; 4 endpoints take traffic. 4 (web-0) told ${cpu} for the first time: its rate comes with the next sample.`,
    }));

  test("are told of by explain", () => {
    const given = observation({ pool: ofPool, pods });
    const told = { namespace: "shop", name: "web", generation: 1, plannedAt: "" };
    const text = printExplanation({ ...told, ...explain(given, plan(given).plan) }).join("\n");
    expect(text).toContain(`No pod is measured. 4 (web-0) told ${cpu} for the first time`);
  });

  test("keep their number", () => {
    const { scale } = planOf(pods);
    expect(scale.kind).toBe("hold");
  });
});

test("a new pod beside others is no alarm either, and they are scaled by what is known", () => {
  const calm = [...["web-1", "web-2", "web-3"].map((name) => rating(name, 50)), first("web-4")];
  expect(told(calm)).toEqual({
    status: "True",
    reason: "AllFresh",
    message: `3 of 3 pods have a fresh sample. 1 (web-4) told ${cpu} for the first time: its rate comes with the next sample.`,
  });
  expect(planOf(calm).scale.kind).toBe("hold");
  const busy = ["web-1", "web-2", "web-3", "web-4"].map((name) => rating(name, 95));
  expect(planOf(busy).scale).toMatchObject({ kind: "scale" });
});

test("a pod that fails to answer after its first value is one that fails", () => {
  const failing: ObservedPod = {
    ...first("web-1"),
    reading: { samples: [sample({ counter: counter(100) })], failure: "TimedOut", failures: 2 },
  };
  expect(planOf([failing]).coverage).toMatchObject({ expected: 1 });
});

describe("a counter that is given as a gauge is told of", () => {
  const aside = (given: object) => {
    const of = pool({ metrics: { source: { http: given } }, strategy: { type: "RoundRobin" } });
    const pods = [{ pod: pod("web-1"), reading: reading(sample({ connections: 3, load: 5 })) }];
    const { verdicts } = plan(observation({ pool: of, pods })).plan;
    return verdicts.find(({ type }) => type === "MetricsHealthy")?.message;
  };

  test("with the field that makes it a rate, or a difference", () => {
    expect(aside({ load: { name: cpu } })).toBe(
      `1 of 1 pods have a fresh sample. Counter given as gauge? ${cpu} only grows: set spec.metrics.source.http.load.rate.`,
    );
    expect(aside({ connections: { name: "grpc_server_started_total" } })).toBe(
      "1 of 1 pods have a fresh sample. Counter given as gauge? grpc_server_started_total only grows: set spec.metrics.source.http.connections.minus to the counter of those that ended.",
    );
  });

  test("not where it is none, or taken as one", () => {
    for (const given of [
      { load: { name: "load" } },
      { load: { name: cpu, rate: true } },
      { connections: { name: "a_total", minus: "b_total" } },
    ])
      expect(aside(given)).not.toContain("gauge");
  });
});
