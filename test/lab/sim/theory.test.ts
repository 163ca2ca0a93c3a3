import { describe, expect, it } from "vitest";
import { anyService, bestSplit, equalSplit, roundRobin, sharedQueue, singleServer, supermarket } from "./theory.ts";

const half = (low: number, high: number): number[] => [...Array<number>(10).fill(low), ...Array<number>(10).fill(high)];

// Values of the literature's formulas, computed elsewhere: load, M/M/1, d = 2, 3, 10, M/M/10, M/M/100, round robin.
const table = [
  [0.5, 2, 1.2657, 1.1252, 1.001, 1.0072, 1, 1.3246, 1.2619],
  [0.7, 3.3333, 1.6145, 1.3568, 1.0282, 1.0739, 1, 2.0198, 1.8905],
  [0.8, 5, 1.9474, 1.5809, 1.1074, 1.2046, 1.001, 2.9223, 2.7157],
  [0.9, 10, 2.6141, 2.0279, 1.3487, 1.6687, 1.0217, 5.6603, 5.2268],
  [0.95, 20, 3.383, 2.5351, 1.6023, 2.6512, 1.1013, 11.155, 10.271],
] as const;

describe("closed forms", () => {
  it.each(table)("give the known values at load %d", (load, ...known) => {
    const computed = [
      singleServer(load),
      ...[2, 3, 10].map((d) => supermarket(d, load)),
      ...[10, 100].map((servers) => sharedQueue(servers, load)),
      ...[10, 100].map((servers) => roundRobin(servers, load)),
    ];
    for (const [index, value] of computed.entries()) expect(value / known[index]!).toBeCloseTo(1, 3);
  });

  it("give the known values of splits and of other service times", () => {
    expect(equalSplit(half(0.75, 1.25), 0.7)).toBeCloseTo(10.9091, 4);
    expect(bestSplit(half(0.75, 1.25), 0.7)).toBeCloseTo(3.2577, 4);
    expect(bestSplit(half(0.5, 1.5), 0.9)).toBeCloseTo(9.2557, 4);
    expect([0, 1, 4].map((cv2) => anyService(0.9, cv2))).toEqual([5.5, 10, 23.5].map((v) => expect.closeTo(v, 9)));
  });
});
