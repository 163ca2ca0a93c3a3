import { describe, expect, test } from "vitest";
import { addJumps, dispersionOf, leastDispersion } from "../../../../src/decide/weights/root-rule/dispersion.ts";
import { type KnownPod, recall } from "../../../../src/decide/weights/root-rule/interval.ts";
import { type Jumps, nothing } from "../../../../src/decide/weights/root-rule/state.ts";
import { interval } from "./history.ts";

const none: Jumps = { squares: 0, expected: 0 };

/** A pod that completed this many in so much busy time, a second ago and now. */
function pods(...rows: readonly (readonly [before: readonly [number, number], now: readonly [number, number]])[]) {
  const told = rows.map(([, [completions, busy]], index) => ({ id: `p${index}`, completions, busy }));
  const memories = rows.map(([[completions, busyS]], index) => ({
    id: `p${index}`,
    long: nothing,
    recent: nothing,
    last: { completions, busyS },
  }));
  const misfit = { chiSquare: 0, degrees: 0, busyS: 0 };
  return recall({ pods: memories, misfit, jumps: none }, interval(told));
}

const seen = (jumps: Jumps): number => jumps.squares / jumps.expected;

describe("dispersion by jumps", () => {
  test("by hand: 100 and 80 completions in the same busy time", () => {
    const jumps = addJumps(
      none,
      pods([
        [100, 0.5],
        [80, 0.5],
      ]),
    );
    expect(jumps.squares).toBeCloseTo((100 * 0.5 - 80 * 0.5) ** 2, 12);
    expect(jumps.expected).toBeCloseTo(180 * 0.25, 12);
    expect(seen(jumps)).toBeCloseTo(20 ** 2 / 180, 12);
  });

  test("as many completions as the busy time lets expect are no jump, be the pod slow or fast", () => {
    expect(
      seen(
        addJumps(
          none,
          pods(
            [
              [100, 0.5],
              [50, 0.25],
            ],
            [
              [10, 0.5],
              [20, 1],
            ],
          ),
        ),
      ),
    ).toBe(0);
  });

  test("a pod that seemed idle while it worked tells that the busy time is told badly", () => {
    const known = pods(
      [
        [300, 0],
        [300, 0.875],
      ],
      [
        [300, 0.75],
        [300, 0.5],
      ],
    );
    expect(dispersionOf(addJumps(none, known))).toBeGreaterThan(20);
  });

  test("is at least what was taken for granted, and that while nothing is known", () => {
    expect(dispersionOf(none)).toBe(leastDispersion);
    expect(
      dispersionOf(
        addJumps(
          none,
          pods([
            [100, 0.5],
            [100, 0.5],
          ]),
        ),
      ),
    ).toBe(leastDispersion);
  });

  test("what was seen fades with the intervals, and stays while nobody is counted twice", () => {
    const before: Jumps = { squares: 300, expected: 30 };
    const quiet = addJumps(
      before,
      pods([
        [100, 0.5],
        [100, 0.5],
      ]),
    );
    expect(quiet.squares).toBeCloseTo(300 * Math.exp(-1 / 30), 9);
    expect(quiet.expected).toBeCloseTo(30 * Math.exp(-1 / 30) + 200 * 0.25, 9);
    const uncounted = pods([
      [100, 0.5],
      [80, 0.5],
    ]).map((pod): KnownPod => ({ ...pod, completions: undefined }));
    expect(addJumps(before, uncounted)).toBe(before);
  });
});
