import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fill } from "../../../../src/decide/weights/root-rule/fill.ts";
import { inherit } from "../../../../src/decide/weights/root-rule/inherit.ts";
import type { KnownPod } from "../../../../src/decide/weights/root-rule/interval.ts";
import { rootWeights } from "../../../../src/decide/weights/root-rule/root-weights.ts";
import { type BusyTally, createRootState, nothing } from "../../../../src/decide/weights/root-rule/state.ts";
import { interval } from "./history.ts";

const intervalS = 10;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Pods with what they did in an interval, at the best fixed shares for these capacities. */
function settled(capacities: readonly number[], utilisation: number, queue = 1) {
  const lambda = utilisation * sum(capacities);
  const { rates, weights } = fill(
    capacities.map((capacity) => ({ capacity, queue: 0 })),
    lambda,
    1e9,
  );
  const pods = capacities.map(
    (capacity, index): KnownPod => ({
      id: `p${index}`,
      completions: rates[index]! * intervalS,
      busy: rates[index]! / capacity,
      queue,
      intervalS,
      share: rates[index]! / lambda,
      memory: { id: `p${index}`, long: nothing, recent: nothing },
    }),
  );
  return { pods, weights: new Map(weights.map((weight, index) => [`p${index}`, weight])) };
}

const untold = (pods: readonly KnownPod[]) => pods.map(({ id }) => ({ id, long: nothing, recent: nothing }));
const perSecond = ({ completions, busyS }: BusyTally): number => completions / busyS;

describe("weights of a life before", () => {
  test("tell the capacities that they were the best fixed shares for", () => {
    const anyCapacities = fc.array(fc.double({ min: 10, max: 25, noNaN: true }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(anyCapacities, fc.double({ min: 0.4, max: 0.99, noNaN: true }), (capacities, utilisation) => {
        const { pods, weights } = settled(capacities, utilisation);
        // A share beyond these bounds is not believed.
        fc.pre([...weights.values()].every((weight) => weight > 0.26 && weight < 3.9));
        const told = inherit(untold(pods), pods, weights, intervalS);
        for (const [index, { long }] of told.entries()) {
          expect(perSecond(long) / capacities[index]!).toBeGreaterThan(0.999);
          expect(perSecond(long) / capacities[index]!).toBeLessThan(1.001);
        }
      }),
    );
  });

  test("count for little where queues are long against an interval, for a thousand requests at most", () => {
    const worthOf = (queue: number): number => {
      const { pods, weights } = settled([10, 20], 0.8, queue);
      return inherit(untold(pods), pods, weights, intervalS)[1]!.long.completions;
    };
    expect(worthOf(0)).toBeGreaterThan(1_000);
    expect(worthOf(0)).toBeLessThan(1_500);
    expect(worthOf(30)).toBeLessThan(50);
  });

  test("tell nothing once there are tallies, while nobody was busy, or of pods that they do not name", () => {
    const { pods, weights } = settled([10, 20, 30], 0.8);
    const tallied = untold(pods);
    const known = pods.map((pod) => ({ ...pod, memory: { ...pod.memory, long: { completions: 1, busyS: 1 } } }));
    expect(inherit(tallied, known, weights, intervalS)).toBe(tallied);
    const idle = pods.map((pod) => ({ ...pod, busy: 0, completions: 0 }));
    expect(inherit(tallied, idle, weights, intervalS)).toBe(tallied);
    const named = new Map([...weights].slice(0, 2));
    expect(inherit(tallied, pods, named, intervalS)[2]!.long).toEqual(nothing);
  });

  test("bring the root rule to them in the first interval that it counts", () => {
    const { pods, weights } = settled([10, 10, 25, 25], 0.8);
    const told = interval(
      pods.map(({ id, completions, busy, queue }) => ({ id, completions: completions!, busy: busy!, queue: queue! })),
      { intervalS, shares: weights },
    );
    const offOf = (result: ReturnType<typeof rootWeights>) =>
      Math.max(...[...weights].map(([id, weight]) => Math.abs(result.lasting.get(id)! / weight - 1)));
    expect(offOf(rootWeights(createRootState(), { ...told, inherited: weights }))).toBeLessThan(0.01);
    expect(offOf(rootWeights(createRootState(), told))).toBeGreaterThan(0.02);
  });
});
