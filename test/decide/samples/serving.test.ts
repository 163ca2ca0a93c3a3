import { describe, expect, test } from "vitest";
import { isCounted, noteServings, type Serving, type Servings } from "../../../src/decide/samples/serving.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { observedAt, pod, pool } from "../../builders/builders.ts";

/** Looks at one pod again and again. */
class Looks {
  #servings: Servings | undefined;
  #lookedAt = observedAt;
  serving: Serving = { restarts: 0 };

  /** At so many milliseconds after `observedAt`. */
  look(ms: number, changes: Partial<Pod> = {}, { isAside = false } = {}): this {
    const now = observedAt + ms;
    const seen = pod("web-1", { readyChangedAt: observedAt, ...changes });
    const memory = this.#servings && { servings: this.#servings, weights: { computedAt: this.#lookedAt } };
    const aside = new Set(isAside ? [seen.uid] : []);
    this.#servings = noteServings({ pods: [{ pod: seen }], now }, aside, memory);
    this.#lookedAt = now;
    this.serving = this.#servings.get(seen.uid)!;
    return this;
  }

  /** When it last began to serve, and when it first did since its start, in milliseconds after `observedAt`. */
  get times(): readonly [since: number | undefined, begunAt: number | undefined] {
    const { since, begunAt } = this.serving;
    return [since, begunAt].map((at) => at && at - observedAt) as [number | undefined, number | undefined];
  }
}

const unready = { ready: false } as const;

describe("a pod serves", () => {
  test("since what is told, to the second, where it did when it was first seen", () => {
    expect(new Looks().look(50_000).times).toEqual([1_000, 1_000]);
    expect(new Looks().look(300).times).toEqual([300, 300]);
    expect(new Looks().look(300, { readyChangedAt: observedAt + 3_600_000 }).times).toEqual([300, 300]);
  });

  test("since it was seen to, whatever is told", () => {
    for (const readyChangedAt of [observedAt - 90_000, observedAt + 4_000, observedAt + 90_000]) {
      const seen = new Looks().look(0, unready).look(5_000, { readyChangedAt }).look(9_000, { readyChangedAt });
      expect(seen.times).toEqual([5_000, 5_000]);
    }
  });

  test("anew after it was out for its readiness, and began when it first did", () => {
    const out = { ...unready, readyChangedAt: observedAt + 20_000 };
    const back = { readyChangedAt: observedAt + 30_000 };
    expect(new Looks().look(10_000).look(20_000, out).look(30_400, back).times).toEqual([30_400, 1_000]);
  });

  test("anew after health had set it aside, also before it was first seen", () => {
    const aside = { isAside: true };
    expect(new Looks().look(10_000).look(20_000, {}, aside).look(30_000).times).toEqual([30_000, 1_000]);
    expect(new Looks().look(20_000, {}, aside).look(30_000).times).toEqual([30_000, 1_000]);
  });

  test("for the first time after its containers were started again", () => {
    const again = { restarts: 1, readyChangedAt: observedAt + 30_000 };
    const seen = new Looks()
      .look(10_000)
      .look(20_000, { ...again, ...unready })
      .look(30_500, again);
    expect(seen.times).toEqual([30_500, 30_500]);
  });

  test("for the first time after its containers were started again while it seemed to serve", () => {
    const again = { restarts: 1 };
    const seen = new Looks().look(10_000).look(40_000, again).look(50_000, again);
    expect(seen.times).toEqual([40_000, 40_000]);
    expect(seen.look(90_000, { restarts: 3, readyChangedAt: observedAt + 89_000 }).times).toEqual([90_000, 90_000]);
    // A status that tells of no containers for a moment is no start.
    expect(seen.look(95_000, { readyChangedAt: observedAt + 89_000 }).times).toEqual([90_000, 90_000]);
  });

  test("since its last start where that came after its readiness, and nobody was there to see it", () => {
    const restarted = { restarts: 2, restartedAt: observedAt + 30_000 };
    expect(new Looks().look(50_000, restarted).times).toEqual([31_000, 31_000]);
    expect(new Looks().look(30_500, restarted).times).toEqual([30_500, 30_500]);
  });

  test("anew when another time is told, though nobody saw it end: once", () => {
    const seen = new Looks().look(10_000).look(20_000, { readyChangedAt: observedAt + 15_000 });
    expect(seen.times).toEqual([16_000, 1_000]);
    expect(seen.look(30_000, { readyChangedAt: observedAt + 29_000 }).times).toEqual([16_000, 1_000]);
    const fallen = { ...unready, readyChangedAt: observedAt + 40_000 };
    expect(seen.look(40_000, fallen).look(50_000, { readyChangedAt: observedAt + 50_000 }).times).toEqual([
      50_000, 1_000,
    ]);
  });

  test("for as long as before by a clock that was set back", () => {
    const seen = new Looks().look(0, unready).look(5_000).look(60_000).look(-3_540_000);
    expect(seen.times).toEqual([-3_595_000, -3_595_000]);
  });

  test("not at all before it was ready once", () => {
    expect(new Looks().look(0, unready).look(9_000, unready).times).toEqual([undefined, undefined]);
  });
});

describe("a sample counts", () => {
  const scaled = pool({ scaling: { maxReplicas: 9, warmUp: "30s" } }, { createdAt: observedAt - 60_000 });
  const serving: Serving = { since: observedAt, begunAt: observedAt, restarts: 0 };
  /** Whether one that was taken so many milliseconds after the pod began to serve does. */
  const counts = (ms: number, changes: Partial<Pod> = {}, given: Partial<Serving> = {}, windowMs?: number) => {
    const sample = { takenAt: observedAt + ms, load: 1, ...(windowMs && { windowMs }) };
    return isCounted(sample, pod("web-1", { createdAt: observedAt, ...changes }), { ...serving, ...given }, scaled);
  };

  test("from the end of the warm-up on", () => expect([29_999, 30_000].map((ms) => counts(ms))).toEqual([false, true]));

  test("from the moment that it serves, of a pod that is as old as the pool and was never started again", () => {
    const old = { createdAt: observedAt - 58_000 };
    expect([-1, 0].map((ms) => counts(ms, old))).toEqual([false, true]);
    expect(counts(0, { createdAt: observedAt - 57_000 })).toBe(false);
    expect(counts(0, { ...old, restarts: 1 })).toBe(false);
  });

  test("from the moment that it serves again, of a pod that has warmed up", () => {
    const warm = { begunAt: observedAt - 30_000 };
    expect([-1, 0].map((ms) => counts(ms, {}, warm))).toEqual([false, true]);
    expect(counts(9_999, {}, { begunAt: observedAt - 20_000 })).toBe(false);
    expect(counts(10_000, {}, { begunAt: observedAt - 20_000 })).toBe(true);
  });

  test("when its window began then", () => {
    expect([44_999, 45_000].map((ms) => counts(ms, {}, {}, 15_000))).toEqual([false, true]);
    const resource = {
      ...scaled,
      spec: {
        ...scaled.spec,
        metrics: { ...scaled.spec.metrics!, source: { type: "resource", spec: { name: "cpu" } } as const },
      },
    };
    const untold = (ms: number) =>
      isCounted({ takenAt: observedAt + ms, load: 1 }, pod("web-1", { createdAt: observedAt }), serving, resource);
    expect([59_999, 60_000].map(untold)).toEqual([false, true]);
  });

  test("when its rate began then, however long the answer took", () => {
    const answered = (askedMs: number) => ({
      takenAt: observedAt + 45_800,
      load: 1,
      windowMs: 15_000,
      counter: { metric: "cpu", total: 1, at: observedAt + askedMs },
    });
    const counted = (askedMs: number) =>
      isCounted(answered(askedMs), pod("web-1", { createdAt: observedAt }), serving, scaled);
    expect([44_999, 45_000].map(counted)).toEqual([false, true]);
  });

  test("until the pod served no more", () => {
    const fallen = { until: observedAt + 40_000 };
    expect([40_000, 40_001].map((ms) => counts(ms, {}, fallen))).toEqual([true, false]);
  });

  test("never of a pod that has not served", () => {
    expect(isCounted({ takenAt: observedAt, load: 1 }, pod("web-1"), { restarts: 0 }, scaled)).toBe(false);
  });
});
