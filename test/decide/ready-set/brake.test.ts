import { describe, expect, test } from "vitest";
import { type BrakeMemory, countChanges } from "../../../src/decide/ready-set/brake.ts";

const begin = 1_000_000;
/** Ten connections come in a period of ten seconds, one in the interval between two samples. */
const expected = { periodMs: 10_000, intervalMs: 1_000, arrivals: 10, closing: 0 };
/** What chance explains of one: four standard deviations, and five. */
const most = 1 + 4 + 5;

/** Two looks an interval apart; connections of each pod, undefined where it was not read. */
function look(
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
  changes: Partial<typeof expected & { readonly afterMs: number }> = {},
) {
  const { afterMs = 1_000, ...rest } = changes;
  const read = (now: number, counts: readonly (number | undefined)[]) =>
    counts.map((connections, place) => ({
      uid: `uid-${place}`,
      ...(connections !== undefined && { connections, sampledAt: now }),
    }));
  const first = countChanges(undefined, read(begin, before), { ...expected, ...rest, now: begin });
  const now = begin + afterMs;
  return countChanges(first.memory, read(now, after), { ...expected, ...rest, now });
}

describe("a crowd", () => {
  test("is more than chance explains of what is expected", () => {
    expect(look([5, 5], [5 + most, 5])).toMatchObject({ isCrowd: false, isLoss: false });
    expect(look([5, 5], [5 + most, 6])).toMatchObject({ isCrowd: true, isLoss: false });
  });

  test("is counted over all pods, and what others lose is no part of it", () => {
    expect(look([20, 5, 5], [14, 11, 11]).isCrowd).toBe(true);
    expect(look([20, 5, 5], [0, 10, 10]).isCrowd).toBe(false);
  });

  test("is judged beside what is expected: many may come where many do", () => {
    // A hundred in the interval, and forty and five beside.
    expect(look([5, 5], [5 + 145, 5], { arrivals: 1_000 }).isCrowd).toBe(false);
    expect(look([5, 5], [5 + 146, 5], { arrivals: 1_000 }).isCrowd).toBe(true);
  });

  test("is not what pods were asked to close, which comes back", () => {
    expect(look([50, 5], [40, 5 + most + 10], { closing: 10 }).isCrowd).toBe(false);
    expect(look([50, 5], [40, 5 + most + 11], { closing: 10 }).isCrowd).toBe(true);
  });

  test("is none while nobody knows how many are to be expected", () => {
    expect(look([0], [9_999], { arrivals: Number.POSITIVE_INFINITY })).toMatchObject({ isCrowd: false, isLoss: false });
  });
});

test("connections that end by the dozen are a loss", () => {
  expect(look([30, 30], [30 - most, 30]).isLoss).toBe(false);
  expect(look([30, 30], [30 - most, 29])).toMatchObject({ isLoss: true, isCrowd: false });
});

describe("a pod", () => {
  test("that is seen for the first time has gained nothing", () => {
    expect(look([undefined, 5], [90, 5])).toMatchObject({ isCrowd: false, gained: 0 });
  });

  test("that was not read for a while gained its share of an interval", () => {
    expect(look([0], [80], { afterMs: 8_000 })).toMatchObject({ gained: 10 / 8 });
  });

  test("whose sample is still the same counts once", () => {
    const pods = [{ uid: "uid-0", connections: 5, sampledAt: begin }];
    let memory: BrakeMemory | undefined;
    for (const afterMs of [0, 300, 600]) {
      const counted = countChanges(memory, pods, { ...expected, now: begin + afterMs });
      expect(counted.gained).toBe(0);
      memory = counted.memory;
    }
    const newer = [{ uid: "uid-0", connections: 8, sampledAt: begin + 900 }];
    const first = countChanges(memory, newer, { ...expected, now: begin + 900 });
    expect(first.gained).toBeCloseTo(3, 9);
    expect(countChanges(first.memory, newer, { ...expected, now: begin + 950 }).gained).toBeCloseTo(3, 9);
  });
});

test("a clock that is set back begins to count anew", () => {
  const pods = (connections: number, sampledAt: number) => [{ uid: "uid-0", connections, sampledAt }];
  const first = countChanges(undefined, pods(5, begin), { ...expected, now: begin });
  const back = countChanges(first.memory, pods(90, begin - 60_000), { ...expected, now: begin - 60_000 });
  expect(back).toMatchObject({ isCrowd: false, gained: 0, memory: { since: begin - 60_000 } });
});
