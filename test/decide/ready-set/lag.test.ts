import { describe, expect, test } from "vitest";
import { describeLag, type LagMemory, learnLag, lookAhead } from "../../../src/decide/ready-set/lag.ts";

const pods = 9;
const keep = 0.8;
const arrivals = 90;
const learned = { xx: 1e6, xy: keep * 1e6 };

/** Three of nine out, others each period. */
const setOf = (period: number): Float64Array =>
  Float64Array.from({ length: pods }, (_, pod) => ((pod + 3 * period) % pods < 3 ? 0 : 1 / (pods - 3)));

const everybody = new Float64Array(pods).fill(1 / pods);

/** What is believed after periods in which new connections heed each set so many periods late. */
function after(periods: number, lagIn: (period: number) => number): LagMemory {
  let belief: LagMemory | undefined;
  let counts = Array<number>(pods).fill(50);
  for (let period = 0; period < periods; period += 1) {
    const lag = lagIn(period);
    const whole = Math.floor(lag);
    const [newer, older] = [setOf(period - whole), setOf(period - whole - 1)];
    const now = counts.map((count, pod) => {
      const share = (1 - lag + whole) * newer[pod]! + (lag - whole) * older[pod]!;
      return keep * count + arrivals * share;
    });
    const rows = counts.map((before, pod) => ({ before, now: now[pod]! }));
    const shares = Array.from({ length: 13 }, (_, back) => setOf(period - back));
    belief = learnLag(belief, rows, learned, shares, 15).lag!;
    counts = now;
  }
  return belief!;
}

describe("how late sets are heeded", () => {
  test.each([0, 0.3, 1, 2.5])("is found to be %d periods", (lag) => {
    const { mean, deviation } = describeLag(after(40, () => lag));
    expect(Math.abs(mean - lag)).toBeLessThan(0.25);
    expect(deviation).toBeLessThan(0.8);
  });

  test("is none as long as everybody has been published", () => {
    const rows = Array.from({ length: pods }, () => ({ before: 50, now: 50 }));
    expect(learnLag(undefined, rows, learned, [everybody], 15).lag).toBeUndefined();
    expect(describeLag(undefined)).toEqual({ mean: 0, deviation: 0, unseen: 0 });
  });

  test("is known the less the more it varies", () => {
    const steady = describeLag(after(60, () => 1));
    const varying = describeLag(after(60, (period) => period % 3));
    expect(Math.abs(varying.mean - 1)).toBeLessThan(0.4);
    expect(varying.deviation).toBeGreaterThan(1.5 * steady.deviation);
  });

  test("shows in nothing while everybody is published, and is slowly forgotten then", () => {
    let belief = after(40, () => 2.5);
    const rows = Array.from({ length: pods }, () => ({ before: 50, now: 50 }));
    const shares = Array<Float64Array>(5).fill(everybody);
    const once = learnLag(belief, rows, learned, shares, 15).lag!;
    expect(describeLag(once).mean).toBeGreaterThan(0.98 * describeLag(belief).mean);
    for (let period = 0; period < 10_000; period += 1) belief = learnLag(belief, rows, learned, shares, 15).lag!;
    expect(describeLag(belief).mean).toBeLessThan(0.5);
  });

  test("is beyond telling where pods fill up evenly, whatever the sets are", () => {
    let belief = after(40, () => 0.3);
    expect(describeLag(belief).unseen).toBeLessThan(0.01);
    for (let period = 40; period < 240; period += 1) {
      const rows = Array.from({ length: pods }, (_, pod) => ({ before: 50 + (pod % 3), now: 50 + keep * (pod % 3) }));
      const shares = Array.from({ length: 13 }, (_, back) => setOf(Math.floor((period - back) / 10)));
      belief = learnLag(belief, rows, learned, shares, 15).lag!;
    }
    expect(describeLag(belief).unseen).toBeGreaterThan(0.9);
  });

  test("is slowly forgotten once everybody has been published for a while, though sets before could still show", () => {
    const rows = Array.from({ length: pods }, () => ({ before: 50, now: 50 }));
    const [saysNothing, periods] = [1e9, 70];
    const unseenAfter = (quiet: number) => {
      let belief: LagMemory = after(1, () => 0).map((_, place, { length }) => (place === length - 1 ? 1 : 0));
      const shares = Array.from({ length: 136 }, (_, back) => (back < quiet ? everybody : setOf(-back)));
      for (let period = 0; period < periods; period += 1)
        belief = learnLag(belief, rows, learned, shares, saysNothing).lag!;
      return describeLag(belief).unseen;
    };
    expect(unseenAfter(1)).toBeLessThan(0.5);
    expect(unseenAfter(20)).toBeGreaterThan(0.97);
  });

  test("is learned of counts of which only those are known that get nothing", () => {
    const rows = Array.from({ length: pods }, () => ({ before: 50, now: 40 }));
    const { lag } = learnLag(undefined, rows, learned, [new Float64Array(pods), setOf(0)], 15);
    expect(lag!.every((weight) => weight >= 0)).toBe(true);
  });

  test("stays a belief: the sum of it is 1", () => {
    for (const belief of [after(1, () => 0), after(20, () => 3)])
      expect(belief.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });
});

describe("looking ahead", () => {
  test("what is kept and what comes are all that there is", () => {
    for (const belief of [undefined, after(30, () => 2.5)]) {
      const { kept, coming, anywhere } = lookAhead(belief, 0.7, 200);
      expect(kept * 200 + anywhere + coming.reduce((sum, count) => sum + count, 0)).toBeCloseTo(200, 6);
    }
  });

  test("over a lag of two periods most comes by the last two sets, and the last one's is the younger", () => {
    const { coming } = lookAhead(
      after(60, () => 2),
      0.7,
      200,
    );
    expect(coming[0]).toBeGreaterThan(coming[1]!);
    expect(coming[1]).toBeGreaterThan(2 * coming[2]!);
  });

  test("nothing comes where all connections stay", () => {
    const { kept, coming, anywhere } = lookAhead(
      after(30, () => 2.5),
      1,
      200,
    );
    expect(200 * kept + anywhere).toBeCloseTo(200, 6);
    expect(Math.max(...coming)).toBe(0);
  });
});
