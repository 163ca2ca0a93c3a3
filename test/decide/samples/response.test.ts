import { describe, expect, test } from "vitest";
import { responsesBetween } from "../../../src/decide/samples/response.ts";
import type { ObservedPod, Sample } from "../../../src/decide/world.ts";
import { eligibilityOf, observation, observedAt, pod, pool, probing } from "../../builders/builders.ts";

const sample = (figures: Omit<Sample, "takenAt">, takenAt = 2_000): Sample => ({ takenAt, ...figures });
const answeredIn = (totalMs: number, count: number) => ({ responses: { totalMs, count } });

describe("between two samples", () => {
  const between = (before: Omit<Sample, "takenAt">, after: Omit<Sample, "takenAt">) =>
    responsesBetween(sample(before, 1_000), sample(after));

  test("the mean is what the sum grew by, through what the count grew by", () =>
    expect(between(answeredIn(1_000, 10), answeredIn(1_600, 14))).toEqual({ responseMs: 150 }));

  test("without an answer nothing is known", () => {
    expect(between(answeredIn(1_000, 10), answeredIn(1_000, 10))).toEqual({});
    expect(between({}, answeredIn(1_000, 10))).toEqual({});
    expect(between(answeredIn(1_000, 10), {})).toEqual({});
  });

  test("counters that begin anew tell nothing", () => {
    expect(between(answeredIn(1_000, 10), answeredIn(50, 1))).toEqual({});
    expect(between(answeredIn(1_000, 10), answeredIn(50, 11))).toEqual({});
  });

  test("a time is at most an hour, or there is none, and this is told", () => {
    const refused = [{ of: "responseTime", metric: "the mean", fault: "Absurd" }];
    expect(between(answeredIn(0, 0), answeredIn(3_600_000, 1))).toEqual({ responseMs: 3_600_000 });
    expect(between(answeredIn(0, 0), answeredIn(3_600_001, 1))).toEqual({ refused });
    expect(between(answeredIn(1, 10), answeredIn(1e306, 20))).toEqual({ refused });
    const before = { of: "requests", metric: "served", fault: "NaN" } as const;
    expect(between(answeredIn(0, 0), { ...answeredIn(1e18, 1), refused: [before] })).toEqual({
      refused: [before, ...refused],
    });
  });

  test.each([5e-324, 1e-300, 0.5])("a count that grew by %d is no answer", (count) => {
    expect(between(answeredIn(0, 0), answeredIn(2, count))).toEqual({});
    expect(between({ requests: 0, errors: 0 }, { requests: count, errors: 1 })).toEqual({});
  });

  test("the share of errors is that of the requests, or of the responses, and at most all", () => {
    const errors = (count: number, total: number) => ({ requests: total, errors: count });
    expect(between(errors(1, 100), errors(6, 120))).toEqual({ errorShare: 0.25 });
    expect(between(errors(0, 0), errors(9, 3))).toEqual({ errorShare: 1 });
    expect(between({ ...answeredIn(0, 0), errors: 0 }, { ...answeredIn(40, 8), errors: 2 })).toEqual({
      responseMs: 5,
      errorShare: 0.25,
    });
    expect(between(errors(3, 100), errors(1, 120))).toEqual({});
  });
});

describe("the response time of a pod", () => {
  const metrics = {
    source: { http: { responseTime: { name: "latency" } } },
    probe: { type: "TCP", interval: "5s", timeout: "1s" },
  };
  const told = (observed: Omit<ObservedPod, "pod">, parts: object = metrics) => {
    const spec = pool({ strategy: { type: "RoundRobin" }, metrics: parts });
    const { candidates } = eligibilityOf(observation({ pool: spec, pods: [{ pod: pod("web-1"), ...observed }] }));
    return candidates[0]!.response;
  };
  const at = (ageMs: number) => observedAt - ageMs;
  const counted = (...samples: readonly [ageMs: number, figures: Pick<Sample, "responseMs" | "errorShare">][]) => ({
    reading: { samples: samples.map(([ageMs, figures]) => sample(figures, at(ageMs))), failures: 0 },
  });
  const probed = (ageMs: number, responseMs: number) => ({
    probe: probing({ at: at(ageMs), responseMs, times: [responseMs], successes: 1 }),
  });

  test("is that of its own requests, with its share of errors, where these are fresh", () => {
    const requests = counted([3_800, { responseMs: 40, errorShare: 0.1 }]);
    expect(told(requests)).toEqual({ ms: 40, errorShare: 0.1, at: at(3_800) });
    expect(told({ ...requests, ...probed(10, 3) })).toEqual({ ms: 40, errorShare: 0.1, at: at(3_800) });
  });

  test("is that of the newest interval in which it answered anything", () => {
    const idle = counted([100, {}], [1_100, {}], [2_100, { responseMs: 7 }], [3_100, { responseMs: 9 }]);
    expect(told(idle)).toEqual({ ms: 7, at: at(2_100) });
  });

  test("is that of the probe where the source tells no response time, and the errors stay", () => {
    const untimed = { ...metrics, source: { http: { connections: { name: "open" } } } };
    expect(told(probed(16_000, 3), untimed)).toEqual({ ms: 3, at: at(16_000) });
    expect(told({ ...counted([10, { errorShare: 0.5 }]), ...probed(10, 3) }, untimed)).toEqual({
      ms: 3,
      errorShare: 0.5,
      at: at(10),
    });
    expect(told(probed(10, 3), { probe: metrics.probe })).toEqual({ ms: 3, at: at(10) });
  });

  test("is not that of the probe for a pod that is just quiet: it would pass for the fastest", () => {
    expect(told({ ...counted([3_801, { responseMs: 40 }]), ...probed(10, 3) })).toBeUndefined();
  });

  test("is not known where both are old, the probe failed, or is not asked for any more", () => {
    expect(told({ ...counted([3_801, { responseMs: 40 }]), ...probed(16_001, 3) })).toBeUndefined();
    const failing = probing({ at: observedAt, responseMs: 3, times: [3], failures: 1, failure: "TimedOut" });
    expect(told({ probe: failing })).toBeUndefined();
    expect(told(probed(10, 3), { source: metrics.source })).toBeUndefined();
    expect(told({})).toBeUndefined();
  });
});
