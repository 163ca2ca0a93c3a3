import fc from "fast-check";
import { expect, test } from "vitest";
import { busy, ScaleSeries } from "../builders/scale-series.ts";

const hourMs = 3_600_000;
const jumps = fc.array(
  fc.record({ afterS: fc.integer({ min: 1, max: 40 }), byMs: fc.integer({ min: -hourMs, max: hourMs }) }),
  { maxLength: 6 },
);
/** Of a drain. */
const longestS = 20;
/**
 * For all that takes a moment, until the drain is given up: 30 s from the drain or from its scale, whichever is later. A
 * scale that a clock set back has put into the future counts once it is past, up to 30 s after the drain began anew.
 */
const patienceS = 45;

test("a drain ends in its time after the last of whatever jumps the clock makes", () => {
  fc.assert(
    fc.property(jumps, fc.boolean(), (made, isRemoved) => {
      const down = { window: "0s", drain: `${longestS}s`, period: "0s" };
      const given = new ScaleSeries({ minReplicas: 2, down }, 3);
      const pods = busy(4, 1, 3);
      const there = () => (isRemoved && given.replicas === 2 ? pods.filter(({ name }) => name !== "web-2") : pods);
      given.look(1_000, pods);
      for (const { afterS, byMs } of made) {
        given.wait(1_000 * afterS, there());
        given.now += byMs;
      }
      for (let seconds = 0; seconds < longestS + patienceS && given.drain; seconds += 1) given.look(1_000, there());
      expect(given.drain).toBeUndefined();
    }),
    { numRuns: 150 },
  );
});
