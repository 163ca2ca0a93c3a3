import { describe, expect, test } from "vitest";
import { type SetMemory, type SetPod, type SteppedSet, stepReadySet } from "../../../src/decide/ready-set/ready-set.ts";

const periodMs = 10_000;
const intervalMs = 1_000;
describe("in a crowd a step", () => {
  const begin = 1_000_000;
  const known = { xx: 1e9, xy: 0.97e9 };
  /** Half of 10 pods are out, after a period that taught how long connections live. */
  function chosen(): SteppedSet {
    const first = stepAt(undefined, begin, Array(10).fill(20));
    return stepAt({ ...first.memory, keep: known }, begin + periodMs, [30, 30, 30, 30, 30, 10, 10, 10, 10, 10], first);
  }
  function stepAt(
    memory: SetMemory | undefined,
    now: number,
    connections: readonly number[],
    last?: SteppedSet,
  ): SteppedSet {
    const pods = connections.map(
      (open, place): SetPod => ({
        uid: `uid-${place}`,
        capacity: 1,
        lot: place,
        isIn: last?.isIn[place] ?? true,
        connections: open,
        sampledAt: now,
      }),
    );
    return stepReadySet(memory, pods, {
      now,
      periodMs,
      intervalMs,
      offsetMs: 0,
      floor: 5,
      isAwaited: false,
      isBlind: false,
    });
  }
  const sizeOf = ({ isIn }: SteppedSet): number => isIn.filter(Boolean).length;

  const even = [30, 30, 30, 30, 30, 10, 10, 10, 10, 10];
  const gone = Array(10).fill(1);
  const crowded = [30, 30, 30, 30, 30, 20, 20, 20, 20, 20];

  test("lets everybody in as soon as connections end by the dozen", () => {
    const set = chosen();
    expect(sizeOf(set)).toBe(5);
    const quiet = stepAt(set.memory, begin + 11_000, even, set);
    expect(sizeOf(quiet)).toBe(5);
    const braked = stepAt(quiet.memory, begin + 12_000, gone, quiet);
    expect([sizeOf(braked), braked.memory.state]).toEqual([10, "braked"]);
    expect(sizeOf(stepAt(braked.memory, begin + 19_000, gone, braked))).toBe(10);
  });

  test("does not hold against a set what came before it was in force", () => {
    const set = chosen();
    const before = stepAt(set.memory, begin + 11_000, crowded, set);
    expect([sizeOf(before), before.memory.state]).toEqual([5, "chosen"]);
    const more = crowded.map((open, place) => open + (place < 5 ? 0 : 10));
    const braked = stepAt(before.memory, begin + 12_000, more, before);
    expect([sizeOf(braked), braked.memory.state]).toEqual([10, "braked"]);
  });

  test("chooses for as many as come until the brake has counted them", () => {
    const set = chosen();
    const late = stepAt(set.memory, begin + 19_000, even, set);
    const crowd = even.map((open, place) => open + (place < 5 ? 0 : 60));
    const next = stepAt(late.memory, begin + 20_000, crowd, late);
    expect(next.memory.decision?.arrivals).toBe(600);
    expect(sizeOf(next)).toBe(10);
  });
});
