import { describe, expect, test } from "vitest";
import { describe as describePool } from "../../../src/decide/status/describe.ts";
import type { ObservedPod } from "../../../src/decide/world.ts";
import { failing, observation, observedAt, pod, pool, reading, unmeasured } from "../../builders/builders.ts";
import { createPlanSeries, type RememberedPlan, sampledAt, weightsOf } from "../../builders/plan-series.ts";

const readings = {
  source: { http: { connections: { name: "open" }, load: { name: "load" }, requests: { name: "served" } } },
};
const partsOf = (type: string) => ({ strategy: { type }, metrics: readings });

/** What a pod did in a second, by its number. */
type Did = (second: number, number: number) => Parameters<typeof sampledAt>[2];

const count = 4;
const names = Array.from({ length: count }, (_, number) => `web-${number}`);

/** Each pod in turn is the fullest: what a moment tells is right for that moment alone. */
const inTurn: Did = (second, number) => {
  const busy = (second + number) % count;
  return { connections: 1 + 8 * busy, load: 20 + 15 * busy };
};

/** The samples of one second, as they are seen at a later one. */
const seenAt = (second: number, takenIn: number, did: Did): ObservedPod[] =>
  names.map((name, number) => ({
    ...sampledAt(takenIn * 1_000, name, did(takenIn, number)),
    ...(second > takenIn && {
      reading: {
        ...reading({ takenAt: observedAt + takenIn * 1_000 - 50, ...did(takenIn, number) }),
        failures: second - takenIn,
        failure: "TimedOut" as const,
      },
    }),
  }));

/** Plans of every second: numbers come until `lostAt`, then none. */
function playOutage(type: string, lostAt: number, seconds: number, did: Did = inTurn): RememberedPlan[] {
  const series = createPlanSeries(partsOf(type));
  return Array.from({ length: seconds }, (_, second) =>
    series(second * 1_000, seenAt(second, Math.min(second, lostAt), did)),
  );
}

const largestOff = (weights: Readonly<Record<string, number>>): number =>
  Math.max(...names.map((name) => Math.abs(weights[name]! / 1_000 - 1)));

const lost = 61;

describe("in an outage of the metrics", () => {
  // Each pod is the fullest in one second of four: on average all are equal.
  test.each(["LeastConnections", "PowerOfTwoChoices", "Prequal", "Packing"])(
    "the weights of a moment give way to those of the long run, once: %s",
    (type) => {
      const plans = playOutage(type, lost, lost + 120);
      expect(largestOff(weightsOf(plans[lost]!))).toBeGreaterThan(0.2);
      const after = plans.slice(lost + 4);
      expect(largestOff(weightsOf(after[0]!))).toBeLessThan(0.1);
      for (const plan of after) expect(weightsOf(plan)).toEqual(weightsOf(after[0]!));
      const publications = new Set(plans.slice(lost + 2).map(({ memory }) => memory.weights.publishedAt));
      expect(publications.size).toBeLessThanOrEqual(2);
    },
  );

  test.each(["LeastConnections", "PowerOfTwoChoices", "Prequal"])(
    "%s gives what it learned that pods can serve",
    (type) => {
      const did: Did = (second, number) => ({
        ...inTurn(second, number),
        load: 70,
        requests: 7 * second * (number < 2 ? 10 : 20),
      });
      const weights = weightsOf(playOutage(type, lost, lost + 8, did).at(-1)!);
      expect(weights["web-0"]).toBe(weights["web-1"]);
      expect(weights["web-2"]).toBe(weights["web-3"]);
      expect(weights["web-2"]! / weights["web-0"]!).toBeGreaterThan(1.8);
      expect(weights["web-2"]! / weights["web-0"]!).toBeLessThan(2.4);
    },
  );

  test("LeastLoad keeps what it has learned", () => {
    const did: Did = (_, number) => ({ load: number === 0 ? 60 : 40 });
    const plans = playOutage("LeastLoad", lost, lost + 30, did);
    expect(weightsOf(plans[lost]!)["web-0"]).toBeLessThan(900);
    expect(Math.abs(weightsOf(plans.at(-1)!)["web-0"]! - weightsOf(plans[lost]!)["web-0"]!)).toBeLessThan(50);
  });

  test("two intervals and a time-out without an answer move nothing", () => {
    const series = createPlanSeries(partsOf("PowerOfTwoChoices"));
    let last: RememberedPlan | undefined;
    for (let second = 0; second <= lost; second += 1) last = series(second * 1_000, seenAt(second, second, inTurn));
    const before = weightsOf(last!);
    for (const late of [1, 1.5, 2, 2.7]) {
      const pods = seenAt(lost + 1, lost, inTurn);
      expect(weightsOf(series((lost + late) * 1_000, pods))).toEqual(before);
    }
    const next = series((lost + 3) * 1_000, seenAt(lost + 3, lost + 3, inTurn));
    expect(next.memory.weights.working!.pool.publish).toBe(1);
  });

  test("pods that come in a crowd and tell nothing yet do not count as one", () => {
    const series = createPlanSeries(partsOf("PowerOfTwoChoices"));
    for (let second = 0; second < lost; second += 1) series(second * 1_000, seenAt(second, second, inTurn));
    const before = series(lost * 1_000, seenAt(lost, lost, inTurn));
    const crowd = Array.from({ length: 9 }, (_, number) => ({
      pod: pod(`new-${number}`, { readyChangedAt: observedAt + lost * 1_000 }),
      reading: failing("ConnectFailed"),
    }));
    const old = weightsOf(before);
    const now = weightsOf(series((lost + 1) * 1_000, [...seenAt(lost + 1, lost + 1, inTurn), ...crowd]));
    for (const name of names) expect(now[name]! / now["web-0"]!).toBeCloseTo(old[name]! / old["web-0"]!, 2);
  });

  test("a pod that comes gets the median of the usual weights", () => {
    const series = createPlanSeries(partsOf("PowerOfTwoChoices"));
    let last: RememberedPlan | undefined;
    for (let second = 0; second < lost + 10; second += 1) {
      const extra = second > lost + 6 ? [unmeasured("web-9")] : [];
      last = series(second * 1_000, [...seenAt(second, Math.min(second, lost), inTurn), ...extra]);
    }
    expect(Math.abs(weightsOf(last!)["web-9"]! / 1_000 - 1)).toBeLessThan(0.05);
  });

  test("when numbers come again, weights go on from the usual ones", () => {
    const series = createPlanSeries(partsOf("PowerOfTwoChoices"));
    for (let second = 0; second < lost + 30; second += 1)
      series(second * 1_000, seenAt(second, Math.min(second, lost), inTurn));
    const second = lost + 30;
    const { memory } = series(second * 1_000, seenAt(second, second, inTurn));
    // The square root of the shares of two draws among four: 7, 5, 3 and 1 in 4.
    const shares = [1, 2, 3, 4].map((_, number) => (7 - 2 * ((second + number) % count)) / 4);
    for (const [number, share] of shares.entries()) {
      const weight = memory.weights.working!.pods.get(`uid-web-${number}`)!.weight!;
      expect(weight / Math.sqrt(share)).toBeGreaterThan(0.94);
      expect(weight / Math.sqrt(share)).toBeLessThan(1.06);
    }
  });

  test("a restarted operator goes on with the usual weights that status tells", () => {
    const plans = playOutage("PowerOfTwoChoices", lost, lost + 8);
    const planned = pool(partsOf("PowerOfTwoChoices"));
    const pods = seenAt(lost + 8, lost, inTurn);
    const seen = observation({ now: observedAt + (lost + 8) * 1_000, pool: planned, pods });
    const status = describePool(seen, plans.at(-1)!, {});
    expect(status.conditions!.find(({ type }) => type === "MetricsHealthy")).toMatchObject({ status: "False" });
    const restarted = createPlanSeries(partsOf("PowerOfTwoChoices"));
    const blind = names.map((name) => ({ pod: pod(name), reading: failing("TimedOut") }));
    for (const second of [9, 10, 30])
      expect(weightsOf(restarted((lost + second) * 1_000, blind, { status }))).toEqual(weightsOf(plans.at(-1)!));
  });
});
