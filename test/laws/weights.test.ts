import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import { median } from "../../src/decide/basics/median.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { ObservedPod, Pod, Sample } from "../../src/decide/world.ts";
import { observedAt, unmeasured } from "../builders/builders.ts";
import { createPlanSeries, sampledAt, weightsOf } from "../builders/plan-series.ts";

type Figures = Omit<Sample, "takenAt">;

const anyCount = fc.oneof(fc.nat(5), fc.nat(100_000_000));
const anyTotal = fc.double({ min: 0, max: 1e300, noNaN: true });
const anyFigures: fc.Arbitrary<Figures> = fc.record(
  {
    connections: anyCount,
    load: fc.oneof(fc.nat(100), fc.double({ min: 0, max: 1e6, noNaN: true })),
    requests: anyTotal,
  },
  { requiredKeys: [] },
);
const anyType = fc.constantFrom<StrategyType>(...strategyTypes);

/** What is known of one pod in one plan; undefined of a pod that is not there. */
type Row = readonly (Figures | "not measured" | undefined)[];

interface History {
  readonly type: StrategyType;
  /** Milliseconds between plans, and the pods in them. */
  readonly turns: readonly { readonly waitMs: number; readonly row: Row }[];
  /** How long each pod has been ready at the start. */
  readonly readyForMs: readonly number[];
}

const maxPods = 8;
const anyHistory: fc.Arbitrary<History> = fc.record({
  type: anyType,
  turns: fc.array(
    fc.record({
      waitMs: fc.oneof(fc.nat(2_000), fc.nat(100_000), fc.integer({ min: -100_000, max: 0 })),
      row: fc.array(
        fc.oneof(
          { weight: 6, arbitrary: anyFigures },
          { weight: 1, arbitrary: fc.constant("not measured" as const) },
          { weight: 1, arbitrary: fc.constant(undefined) },
        ),
        { minLength: 1, maxLength: maxPods },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  readyForMs: fc.array(fc.integer({ min: -5_000, max: 60_000 }), { minLength: maxPods, maxLength: maxPods }),
});

function podsOf(row: Row, nowMs: number, readyForMs: readonly number[]): ObservedPod[] {
  return row.flatMap((figures, index) => {
    if (figures === undefined) return [];
    const name = `web-${index}`;
    const changes: Partial<Pod> = { readyChangedAt: observedAt - readyForMs[index]! };
    return [figures === "not measured" ? unmeasured(name, changes) : sampledAt(nowMs, name, figures, changes)];
  });
}

function play({ type, turns, readyForMs }: History): Plan[] {
  const next = createPlanSeries({ strategy: { type } });
  let nowMs = 0;
  return turns.map(({ waitMs, row }) => {
    nowMs += waitMs;
    return next(nowMs, podsOf(row, nowMs, readyForMs));
  });
}

describe("published weights", () => {
  test("are whole, above zero and of mean 1000, whatever pods report, come and go, and clocks do", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const { endpoints } of play(history)) {
          const weights = endpoints.map(({ weight }) => weight);
          expect(weights.filter((weight) => !Number.isInteger(weight) || weight < 1)).toEqual([]);
          const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
          // Those that would round to 0 get 1.
          if (weights.length > 0) expect(Math.abs(mean - 1_000)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("follow from what was seen, in any order of the pods", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const plans = play(history);
        const next = createPlanSeries({ strategy: { type: history.type } });
        let nowMs = 0;
        for (const [index, { waitMs, row }] of history.turns.entries()) {
          nowMs += waitMs;
          const reversed = podsOf(row, nowMs, history.readyForMs).reverse();
          expect(weightsOf(next(nowMs, reversed))).toEqual(weightsOf(plans[index]!));
        }
      }),
      { numRuns: 200 },
    );
  });

  // Packing lets one of two equal pods run empty.
  const spreading = anyType.filter((type) => type !== "Packing");

  test("are exactly equal for pods that report the same", () => {
    fc.assert(
      fc.property(spreading, fc.array(anyFigures, { minLength: 1, maxLength: 6 }), (type, turns) => {
        const next = createPlanSeries({ strategy: { type } });
        for (const [turn, figures] of turns.entries()) {
          const pods = Array.from({ length: 3 }, (_, index) => sampledAt(turn * 1_000, `web-${index}`, figures));
          expect(Object.values(weightsOf(next(turn * 1_000, pods)))).toEqual([1_000, 1_000, 1_000]);
        }
      }),
    );
  });
});

describe("a busier pod", () => {
  const laws = [
    ["LeastLoad", (value: number): Figures => ({ load: value })],
    ["LeastConnections", (value: number): Figures => ({ connections: value })],
  ] as const;

  test.each(laws)("never has more weight with %s, when that is all that is known", (type, figuresOf) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5), fc.nat(1_000_000)), { minLength: 2, maxLength: 12 }), (values) => {
        const pods = values.map((value, index) => sampledAt(0, `web-${index}`, figuresOf(value)));
        const { endpoints } = createPlanSeries({ strategy: { type } })(0, pods);
        // Ranked by the figure, least first.
        const weights = endpoints.map(({ weight }) => weight);
        expect(weights).toEqual(weights.toSorted((a, b) => b - a));
      }),
    );
  });

  test("has at least a quarter of another's weight with LeastLoad", () => {
    fc.assert(
      fc.property(fc.array(anyFigures, { minLength: 1, maxLength: 12 }), (figures) => {
        const pods = figures.map((row, index) => sampledAt(0, `web-${index}`, row));
        const weights = Object.values(weightsOf(createPlanSeries({ strategy: { type: "LeastLoad" } })(0, pods)));
        expect(Math.max(...weights)).toBeLessThanOrEqual(4 * Math.min(...weights) + 4);
      }),
    );
  });
});

test("pods that are not measured have the median weight with LeastLoad", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 3 }),
      (loads, blind) => {
        const measured = loads.map((load, index) => sampledAt(0, `web-${index}`, { load }));
        const others = Array.from({ length: blind }, (_, index) => unmeasured(`new-${index}`));
        const weights = weightsOf(createPlanSeries({ strategy: { type: "LeastLoad" } })(0, [...measured, ...others]));
        const middle = median(measured.map(({ pod }) => weights[pod.name]!));
        for (const { pod } of others) expect(Math.abs(weights[pod.name]! - middle)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test("between two intervals the weights of LeastConnections do not move, whatever is sampled", () => {
  fc.assert(
    fc.property(
      fc.array(anyFigures, { minLength: 4, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(899), fc.array(anyFigures, { minLength: 4, maxLength: 4 })), { maxLength: 5 }),
      (first, later) => {
        const next = createPlanSeries();
        const podsAt = (ms: number, rows: readonly Figures[]) =>
          rows.map((figures, index) => sampledAt(ms, `web-${index}`, figures));
        const before = next(0, podsAt(0, first));
        for (const [ms, rows] of later.toSorted(([a], [b]) => a - b)) {
          const { endpoints, memory } = next(ms, podsAt(ms, rows));
          expect(weightsOf({ ...before, endpoints })).toEqual(weightsOf(before));
          expect(memory.learned.root).toBe(before.memory.learned.root);
        }
      },
    ),
  );
});

test("a slow start takes nothing from pods in their turn: shares of all others stay in proportion", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { minLength: 2, maxLength: 8 }), fc.nat(60_000), (loads, readyForMs) => {
      const weigh = (agoMs: number) => {
        const old = loads.map((load, index) => sampledAt(0, `web-${index}`, { load }));
        const fresh = sampledAt(0, "fresh", { load: 50 }, { readyChangedAt: observedAt - agoMs });
        return weightsOf(createPlanSeries({ strategy: { type: "LeastLoad" } })(0, [...old, fresh]));
      };
      const [slow, full] = [weigh(readyForMs), weigh(3_600_000)];
      const part = Math.min(1, Math.max(0.1, readyForMs / 30_000));
      for (const name of loads.map((_, index) => `web-${index}`)) {
        const [share, fullShare] = [slow.fresh! / slow[name]!, full.fresh! / full[name]!];
        expect(Math.abs(share / fullShare - part)).toBeLessThanOrEqual(0.02);
      }
    }),
  );
});
