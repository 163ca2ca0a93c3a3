import { describe, expect, test } from "vitest";
import { type LagMemory, learnLag } from "../../../src/decide/ready-set/lag.ts";
import { planReadySet } from "../../../src/decide/ready-set/planned-set.ts";
import { type SetPod, stepReadySet } from "../../../src/decide/ready-set/ready-set.ts";
import { tellReadySet } from "../../../src/decide/ready-set/tell-set.ts";

const periodMs = 1_000;
const begin = 1_000_000;
const keep = { xx: 1e9, xy: 0.95e9 };
const even = Float64Array.of(1 / 2, 1 / 2);
const places = learnLag(undefined, [], keep, [even], 1).inPeriod.length;
const sure = (place: number): LagMemory =>
  Array.from({ length: places }, (_, other) => (other === (place + places) % places ? 1 : 0));

/** What is decided of pods of which half have far more than the others, where so much is believed of the lag. */
function decidedWith(lag: LagMemory) {
  const at = (now: number) => ({
    now,
    periodMs,
    intervalMs: 1_000,
    offsetMs: 0,
    floor: 3,
    isAwaited: false,
    isBlind: false,
  });
  const pods = Array.from(
    { length: 6 },
    (_, place): SetPod => ({
      uid: `uid-${place}`,
      capacity: 1,
      lot: place,
      isIn: true,
      connections: place < 3 ? 60 : 10,
      sampledAt: begin + periodMs,
    }),
  );
  const first = stepReadySet(undefined, pods, at(begin));
  // Of a period within which pods came and went nothing is learned.
  const stepped = stepReadySet({ ...first.memory, keep, lag, begin: new Map() }, pods, at(begin + periodMs));
  const plan = planReadySet(pods, stepped, at(begin + periodMs));
  return { size: plan.size, message: tellReadySet(plan) };
}

describe("of pods that are far from even", () => {
  test("the fuller ones are left out where sets are heeded at once", () => {
    expect(decidedWith(sure(0)).size).toBe(3);
  });

  test("nobody is where most connections have ended when a set is heeded, and it says so", () => {
    expect(decidedWith(sure(-2))).toEqual({
      size: 6,
      message:
        "Everybody is published: new connections heed a set about 135s late, when most of those that are open now have ended.",
    });
  });

  test("nobody is where sets show no effect, and it says so", () => {
    expect(decidedWith(sure(-1))).toEqual({
      size: 6,
      message: "Everybody is published: pods fill up as if nobody heeded their sets, or more than 135 periods late.",
    });
  });
});
