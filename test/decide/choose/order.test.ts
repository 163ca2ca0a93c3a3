import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Generation, generationOf, spread } from "../../../src/decide/choose/order.ts";

interface Weighted {
  readonly uid: string;
  readonly weight: number;
}

const weighing = (...weights: readonly number[]): Weighted[] =>
  weights.map((weight, index) => ({ uid: `0f3c${index}-uid`, weight }));

const uids = (endpoints: readonly Weighted[]): string[] => endpoints.map(({ uid }) => uid);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Pearson's statistic of counts against what was to be expected. */
const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  sum(counts.map((count, index) => (count - expected[index]!) ** 2 / expected[index]!));

/** What chance exceeds once in a million times, by the degrees of freedom (Wilson and Hilferty's approximation). */
const limit = (freedom: number): number => {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + 4.753 * Math.sqrt(part)) ** 3;
};

/** Positions of the endpoints in the lists of many clients, or of one client over many generations. */
function draw(endpoints: readonly Weighted[], draws: number, by: "client" | "generation"): number[][] {
  const index = new Map(endpoints.map(({ uid }, at) => [uid, at]));
  const fixed = generationOf(undefined, endpoints, 0);
  return Array.from({ length: draws }, (_, number) => {
    const list =
      by === "client"
        ? spread(endpoints, fixed, `client-${number}`)
        : spread(endpoints, generationOf(undefined, endpoints, number * 60_000), "client");
    return list.map(({ uid }) => index.get(uid)!);
  });
}

const fleets: [name: string, weights: readonly number[]][] = [
  ["equal", [1_000, 1_000, 1_000, 1_000, 1_000]],
  ["unequal", [250, 500, 1_000, 1_500, 1_750]],
  ["one in its slow start", [1_080, 1_080, 1_080, 1_080, 1_080, 1_080, 1_080, 1_080, 1_080, 108]],
  ["two", [1_900, 100]],
];

describe.each(["client", "generation"] as const)("over every %s", (by) => {
  test.each(fleets)("the first is drawn by weight, and so is the second among the rest: %s", (_, weights) => {
    const draws = 20_000;
    const total = sum(weights);
    const lists = draw(weighing(...weights), draws, by);
    const firsts = weights.map((_, i) => lists.filter(([first]) => first === i).length);
    const expected = weights.map((weight) => (draws * weight) / total);
    expect(chiSquare(firsts, expected)).toBeLessThan(limit(weights.length - 1));

    // P(j second) is the sum over i of w_i / W * w_j / (W - w_i).
    const seconds = weights.map((_, j) => lists.filter(([, second]) => second === j).length);
    const expectedSeconds = weights.map((second, j) =>
      sum(weights.map((first, i) => (i === j ? 0 : ((draws * first) / total) * (second / (total - first))))),
    );
    expect(chiSquare(seconds, expectedSeconds)).toBeLessThan(limit(weights.length - 1));

    const afterFirst = lists.filter(([first]) => first === 0);
    if (afterFirst.length < 200 || weights.length < 3) return;
    const rest = weights.slice(1);
    const counts = rest.map((_, at) => afterFirst.filter(([, second]) => second === at + 1).length);
    const shares = rest.map((weight) => (afterFirst.length * weight) / sum(rest));
    expect(chiSquare(counts, shares)).toBeLessThan(limit(rest.length - 1));
  });
});

test("the check itself tells a biased draw from a fair one", () => {
  expect(chiSquare([5_300, 4_700], [5_000, 5_000])).toBeGreaterThan(limit(1));
  expect(chiSquare([5_060, 4_940], [5_000, 5_000])).toBeLessThan(limit(1));
});

const anyEndpoints = fc
  .uniqueArray(fc.record({ uid: fc.uuid(), weight: fc.nat(3_000) }), { selector: ({ uid }) => uid, maxLength: 30 })
  .map((list) => list as readonly Weighted[]);

describe("a list", () => {
  test("holds every endpoint once, and depends on nothing but weights, generation and client", () => {
    fc.assert(
      fc.property(anyEndpoints, fc.string(), fc.nat(), (endpoints, client, now) => {
        const list = spread(endpoints, generationOf(undefined, endpoints, now), client);
        expect(uids(list).sort()).toEqual(uids(endpoints).sort());
        const shuffled = endpoints.toReversed();
        expect(spread(shuffled, generationOf(undefined, shuffled, now), client)).toEqual(list);
      }),
    );
  });

  test("puts those without weight last", () => {
    const endpoints = weighing(0, 10, 0, 5);
    for (let client = 0; client < 50; client += 1) {
      const list = spread(endpoints, generationOf(undefined, endpoints, 0), `${client}`);
      expect(list.slice(2).map(({ weight }) => weight)).toEqual([0, 0]);
    }
  });
});

describe("a generation", () => {
  const endpoints = weighing(800, 1_000, 1_200);
  const begun = generationOf(undefined, endpoints, 0);
  const next = (list: readonly Weighted[], now = 0, before: Generation = begun) => generationOf(before, list, now);

  test("lasts through samples that hardly move a weight, however often, and keeps everyone's list", () => {
    let current = begun;
    for (let sample = 1; sample < 50; sample += 1) {
      const jittering = weighing(800 + (sample % 7), 1_000 - (sample % 5), 1_200);
      current = next(jittering, sample * 1_000, current);
      expect(current).toBe(begun);
      expect(uids(spread(jittering, current, "me"))).toEqual(uids(spread(endpoints, begun, "me")));
    }
  });

  test("ends when weights add up to a move, not only when they jump", () => {
    let current = begun;
    let renewals = 0;
    for (let step = 1; step <= 20; step += 1) {
      const before = current;
      current = next(weighing(800 + step * 10, 1_000, 1_200), step, current);
      if (current !== before) renewals += 1;
    }
    expect(renewals).toBeGreaterThanOrEqual(3);
    expect(renewals).toBeLessThanOrEqual(5);
  });

  test("ends when a pod comes, goes or takes another's place", () => {
    for (const changed of [
      weighing(800, 1_000, 1_200, 1_000),
      weighing(800, 1_000),
      [...weighing(800, 1_000), { uid: "another", weight: 1_200 }],
    ]) {
      expect(next(changed).seed).not.toBe(begun.seed);
    }
  });

  test("ends after a minute, so that no client stays with one pod for ever", () => {
    expect(next(endpoints, 59_999)).toBe(begun);
    expect(next(endpoints, 60_000).seed).not.toBe(begun.seed);
  });

  test("is the same for replicas that see the same weights", () => {
    expect(generationOf(undefined, endpoints.toReversed(), 30_000)).toEqual(begun);
  });
});
