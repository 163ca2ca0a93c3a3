import { describe, expect, test } from "vitest";
import type { StrategyType } from "../../../src/api/pool.ts";
import type { ObservedPod, Sample } from "../../../src/decide/world.ts";
import { observedAt, pod, reading } from "../../builders/builders.ts";
import { createPlanSeries, type PlanNext, readings } from "../../builders/plan-series.ts";

type Figures = Omit<Sample, "takenAt">;

const seriesOf = (type: StrategyType): PlanNext => createPlanSeries({ strategy: { type }, metrics: readings });

/** From this second on the newcomer is ready; it was not before. */
const readyAtS = 5;
const readyFrom = (name: string, second: number): ObservedPod["pod"] =>
  pod(name, { ready: second >= readyAtS, readyChangedAt: observedAt + 1_000 * readyAtS });

/** Two pods that serve, and one that begins to: what it tells, by the second, its newest samples first. */
function follow(type: StrategyType, seconds: number, newcomer: (second: number) => Figures) {
  const series = seriesOf(type);
  const told = (second: number, figures: Figures): Sample => ({
    takenAt: observedAt + 1_000 * second - 50,
    ...figures,
  });
  const calm = (second: number): Figures => ({
    connections: 5,
    load: 40,
    requests: 100 * second,
    responseMs: 10,
    errorShare: 0,
  });
  const plans = Array.from({ length: seconds }, (_, index) => {
    const second = index + 1;
    const known = (figures: (at: number) => Figures) =>
      reading(told(second, figures(second)), told(second - 1, figures(second - 1)));
    return series(1_000 * second, [
      { pod: pod("web-0"), reading: known(calm) },
      { pod: pod("web-1"), reading: known(calm) },
      { pod: readyFrom("web-2", second), reading: known(newcomer) },
    ]);
  });
  return plans.at(-1)!;
}

/** What it tells from then on: its counter begins with what it asked itself. */
const calmStart = (second: number): Figures => ({
  connections: 5,
  load: 40,
  requests: second <= readyAtS ? 9_900 : 10_000 + 100 * (second - readyAtS),
  responseMs: 10,
  errorShare: 0,
});
/** A start that is all work and slow answers, to nobody but itself; the last of it is told when it is ready. */
const hotStart = (second: number): Figures =>
  second <= readyAtS
    ? { connections: 50, load: 200, requests: 30 * second, responseMs: 4_000, errorShare: 1 }
    : calmStart(second);

describe("what a pod told before it served", () => {
  test("is no part of what it is known to serve", () => {
    const root = (newcomer: (second: number) => Figures) =>
      follow("LeastConnections", 20, newcomer).memory.learned.root.pods.find(({ id }) => id === "uid-web-2")!;
    expect(root(hotStart)).toEqual(root(calmStart));
    expect(root(hotStart).long.completions).toBeGreaterThan(0);
  });

  test.each(["FastestResponse", "Prequal"] as const)("is no part of how it responds: %s", (type) => {
    const traits = follow(type, 12, hotStart).memory.learned.traits.get("uid-web-2")!;
    expect(traits.responseMs).toBe(10);
    expect(traits.score ?? 1).toBe(1);
  });

  test("is no noise, and no load to even out", () => {
    const { memory } = follow("LeastLoad", 12, hotStart);
    expect(memory.learned.noise).toBe(0);
    expect(memory.weights.computed.get("uid-web-2")).toBeCloseTo(
      follow("LeastLoad", 12, calmStart).memory.weights.computed.get("uid-web-2")!,
      6,
    );
  });
});
