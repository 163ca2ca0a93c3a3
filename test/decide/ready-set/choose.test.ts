import { describe, expect, test } from "vitest";
import { type Contender, chooseSet, mendSet } from "../../../src/decide/ready-set/choose.ts";

/** Pods 0, 1 … with these connections, all in, each with its number as its lot. */
const pods = (
  connections: readonly (number | undefined)[],
  changes: (place: number) => Partial<Contender> = () => ({}),
) =>
  connections.map(
    (count, place): Contender => ({
      uid: `uid-${place}`,
      capacity: 1,
      isIn: true,
      lot: place,
      ...(count !== undefined && { connections: count }),
      ...changes(place),
    }),
  );

/** Nothing comes, and nothing ends. */
const still = { keep: 1, arrivals: 0 };

const placesIn = ({ isIn }: { readonly isIn: readonly boolean[] }): number[] =>
  isIn.flatMap((is, place) => (is ? [place] : []));

describe("the set that is chosen", () => {
  test("is the least busy, as few as the floor allows where nothing ends", () => {
    const chosen = chooseSet(pods([4, 9, 1, 7, 3, 8]), still, 3);
    expect(placesIn(chosen)).toEqual([0, 2, 4]);
    // Twice 8 connections of three pods; of all six it would be twice 32.
    expect(chosen).toMatchObject({ size: 3, cost: 16 / 3, costInForce: 64 / 6, costOfAll: 64 / 6 });
  });

  test("is as large as the new connections make it: k is where 2 * keep * mean + arrivals / k is least", () => {
    const given = pods([10, 10, 10, 10, 10, 40]);
    // Five: 18 + 9 / 5; all six: 27 + 9 / 6.
    expect(chooseSet(given, { keep: 0.9, arrivals: 9 }, 3)).toMatchObject({ size: 5, cost: 19.8, costOfAll: 28.5 });
    // Half of the connections end: five cost 10 + 9; four 10 + 11.25; all six 15 + 7.5.
    expect(chooseSet(given, { keep: 0.5, arrivals: 45 }, 3)).toMatchObject({ size: 5, cost: 19, costOfAll: 22.5 });
    // Four of five end: five cost 4 + 14.4, all six 6 + 12.
    expect(chooseSet(given, { keep: 0.2, arrivals: 72 }, 3)).toMatchObject({ size: 6, cost: 18 });
  });

  test("is everybody where connections do not outlast a period, however they are spread", () => {
    expect(chooseSet(pods([0, 0, 0, 0, 0, 900]), { keep: 0, arrivals: 900 }, 3).size).toBe(6);
  });

  test("is everybody where there are no connections", () => {
    expect(chooseSet(pods([0, 0, 0, 0]), still, 2).size).toBe(4);
  });

  test("is everybody where all carry the same", () => {
    expect(chooseSet(pods([7, 7, 7, 7]), still, 2).size).toBe(4);
  });

  test("goes by what pods can carry: four connections at a pod of half the size weigh as much as eight", () => {
    const sizes = [0.5, 1.5, 0.5, 1.5];
    const given = pods([6, 12, 2, 4], (place) => ({ capacity: sizes[place]! }));
    expect(placesIn(chooseSet(given, still, 2))).toEqual([2, 3]);
  });

  test("leaves out small pods that carry hardly more than their share, as what comes weighs more there", () => {
    const sizes = [0.5, 0.5, 1.5, 1.5];
    const given = pods([6, 6, 15, 15], (place) => ({ capacity: sizes[place]! }));
    expect(placesIn(chooseSet(given, { keep: 0.5, arrivals: 20 }, 2))).toEqual([2, 3]);
  });

  test("has of equal pods those that the lots choose", () => {
    const equal = [5, 5, 5, 5, 50, 50];
    const few = { keep: 1, arrivals: 0 };
    const byLot = (lots: readonly number[]) =>
      placesIn(
        chooseSet(
          pods([...equal.slice(0, 4), 5, 50], (place) => ({ lot: lots[place]! })),
          few,
          5,
        ),
      );
    expect(byLot([0, 1, 2, 3, 4, 5])).toEqual([0, 1, 2, 3, 4]);
    // Of 20, 20, 20 and 20 at a floor of two the largest set is as good as any.
    expect(chooseSet(pods([20, 20, 20, 20]), few, 2).size).toBe(4);
  });

  test("leaves another of equally full pods out when the lots say so", () => {
    const out = (lots: readonly number[]) => {
      const given = pods([1, 30, 30, 30], (place) => ({ lot: lots[place]!, isIn: place !== 0 }));
      return placesIn(chooseSet(given, still, 2));
    };
    expect(out([0, 1, 2, 3])).toEqual([0, 1]);
    expect(out([0, 3, 1, 2])).toEqual([0, 2]);
    expect(out([3, 2, 1, 0])).toEqual([0, 3]);
  });
});

describe("the set in force", () => {
  const without =
    (...out: readonly number[]) =>
    (place: number) => ({ isIn: !out.includes(place) });

  test("is kept while a better one gains less than a connection", () => {
    // The best set of two costs 20, that in force 20.8.
    const chosen = chooseSet(pods([10, 10.8, 10, 99], without(2, 3)), still, 2);
    expect(chosen).toMatchObject({ size: 2, cost: 20, costInForce: 20.8 });
    expect(placesIn(chosen)).toEqual([0, 1]);
    expect(placesIn({ isIn: chosen.best })).toEqual([0, 2]);
  });

  test("gives way to one that gains a connection", () => {
    const chosen = chooseSet(pods([10, 11, 10, 99], without(2, 3)), still, 2);
    expect(placesIn(chosen)).toEqual([0, 2]);
  });

  test("is not kept below the floor", () => {
    const chosen = chooseSet(pods([10, 10, 10, 11], without(1, 2, 3)), still, 3);
    expect(placesIn(chosen)).toEqual([0, 1, 2]);
    expect(chosen.isSound).toBe(false);
  });

  test("gives way to everybody without a gain", () => {
    const chosen = chooseSet(pods([10, 10, 10, 10], without(3)), { keep: 0.5, arrivals: 1 }, 2);
    expect(chosen.size).toBe(4);
    expect(chosen.costInForce - chosen.cost).toBeLessThan(1);
  });
});

describe("slices", () => {
  test("are left alone where that costs less than a connection", () => {
    // The sixth pod is far too full; the third, in another slice, hardly fuller than the others.
    const slices = ["a", "a", "a", "b", "b", "b"];
    const given = pods([10, 10, 10.5, 10, 10, 90], (place) => ({ slice: slices[place]! }));
    const chosen = chooseSet(given, still, 4);
    expect(placesIn({ isIn: chosen.best })).toEqual([0, 1, 3, 4]);
    expect(placesIn(chosen)).toEqual([0, 1, 2, 3, 4]);
  });

  test("are touched where it gains more", () => {
    const slices = ["a", "a", "a", "b", "b", "b"];
    const given = pods([10, 10, 30, 10, 10, 90], (place) => ({ slice: slices[place]! }));
    expect(placesIn(chooseSet(given, still, 4))).toEqual([0, 1, 3, 4]);
  });
});

describe("a pod that is not measured", () => {
  const isIn = (place: number) => ({ isIn: place !== 1 });

  test("stays where it is, in or out", () => {
    expect(placesIn(chooseSet(pods([undefined, undefined, 1, 2, 90, 95], isIn), still, 3))).toEqual([0, 2, 3]);
  });

  test("stays out where a new connection would cost less with it than with all others that are measured", () => {
    const capacities = [1, 1.5, 1.5, 0.25, 1];
    const given = pods([undefined, 0, 0, undefined, 0], (place) => ({ isIn: false, capacity: capacities[place]! }));
    expect(placesIn(chooseSet(given, { keep: 0, arrivals: 1 }, 1))).toEqual([1, 2, 4]);
  });

  test("comes in where the floor asks for it", () => {
    expect(placesIn(chooseSet(pods([undefined, undefined, 1, 90], isIn), still, 4))).toEqual([0, 1, 2, 3]);
    expect(placesIn(chooseSet(pods([undefined, undefined, undefined, undefined], isIn), still, 4))).toHaveLength(4);
  });
});

describe("a group", () => {
  test("keeps the least busy of its pods in", () => {
    const groups = [["zone a"], ["zone a"], ["zone b"], ["zone b"]];
    const given = pods([1, 2, 80, 90], (place) => ({ groups: groups[place]! }));
    // With the second the mean is less than with the two that must be in.
    expect(placesIn(chooseSet(given, still, 2))).toEqual([0, 1, 2]);
  });

  test("keeps one in for each of several kinds", () => {
    const groups = [
      ["node 1", "zone a"],
      ["node 2", "zone a"],
      ["node 3", "zone b"],
      ["node 3", "zone b"],
    ];
    const given = pods([1, 80, 70, 90], (place) => ({ groups: groups[place]! }));
    expect(placesIn(chooseSet(given, still, 2))).toEqual([0, 1, 2]);
  });
});

describe("a set that pods have left", () => {
  const mended = (given: readonly Contender[], floor: number): readonly number[] | undefined => {
    const isIn = mendSet(
      given,
      given.map((pod) => pod.isIn),
      floor,
    );
    return isIn && placesIn({ isIn });
  };

  test("stays while it keeps to the floor", () => {
    expect(
      mended(
        pods([1, 2, 3], (place) => ({ isIn: place > 0 })),
        2,
      ),
    ).toBeUndefined();
  });

  test("takes in those with the least to do, by what they can carry, and lets nobody go", () => {
    const given = pods([30, 9, 8, 90], (place) => ({ isIn: place === 3, capacity: place === 1 ? 1.5 : 1 }));
    expect(mended(given, 2)).toEqual([1, 3]);
    expect(mended(given, 3)).toEqual([1, 2, 3]);
  });

  test("takes in a pod that is not measured last, as where it is chosen", () => {
    const given = pods([undefined, 10, 20, 95], (place) => ({ isIn: place === 2 }));
    expect(mended(given, 2)).toEqual([1, 2]);
    expect(placesIn(chooseSet(given, still, 2))).toEqual([1, 2]);
    expect(mended(given, 4)).toEqual([0, 1, 2, 3]);
  });

  test("takes in one of a group that has none, a measured one where there is one", () => {
    const zones = [["zone a"], ["zone b"], ["zone b"], ["zone c"], ["zone a"]];
    const given = pods([1, undefined, 70, undefined, 90], (place) => ({ isIn: place === 0, groups: zones[place]! }));
    expect(mended(given, 1)).toEqual([0, 2, 3]);
    expect(placesIn(chooseSet(given, still, 1))).toEqual([0, 2, 3]);
  });
});

test("a decision on a thousand pods reads each of them a few times only, whatever its size", () => {
  let reads = 0;
  const counting = (count: number): Contender[] =>
    pods(Array.from({ length: count }, (_, place) => (place * 7919) % 60)).map(
      (pod, place) =>
        new Proxy(
          { ...pod, groups: [`node ${place % 20}`] },
          {
            get(target, name) {
              reads += 1;
              return target[name as keyof typeof target];
            },
          },
        ),
    );
  const readsPerPod = (count: number): number => {
    const given = counting(count);
    reads = 0;
    expect(chooseSet(given, { keep: 0.97, arrivals: count }, Math.ceil(count / 2)).size).toBeLessThan(count);
    return reads / count;
  };
  const small = readsPerPod(100);
  // Sorting takes a few more.
  expect(readsPerPod(1_000)).toBeLessThan(2 * small);
});
