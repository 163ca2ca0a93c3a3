import { describe, expect, test } from "vitest";
import { learnPeriod, type PodRow, sharesBy } from "../../../src/decide/ready-set/learn.ts";

const uids = ["a", "b", "c", "d"];
const shares = (...sets: (readonly string[])[]) =>
  sharesBy(
    sets.map((out) => new Set(out)),
    uids,
  ).map((each) => [...each]);

describe("what pods get by sets", () => {
  test("is an even share of those that are in", () => {
    expect(shares([], ["b", "d"], ["a", "gone"])).toEqual([
      [0.25, 0.25, 0.25, 0.25],
      [0.5, 0, 0.5, 0],
      [0, 1 / 3, 1 / 3, 1 / 3],
    ]);
  });

  test("is nothing where only pods are in that are not measured", () => {
    expect(shares(uids)).toEqual([[0, 0, 0, 0]]);
  });

  test("is the same array for a set that comes again", () => {
    const [one, other] = [new Set(["a"]), new Set(["b"])];
    const [first, second, third, fourth] = sharesBy([one, one, other, one], uids);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(fourth).toBe(first);
  });
});

test("what is learned stays finite where only pods are in that are not measured", () => {
  const rows: PodRow[] = uids.map((uid, place) => ({ uid, before: 20 + place, now: 15 + place }));
  const sets = [new Set(uids), new Set(["a"]), new Set<string>()];
  let learned = learnPeriod({}, rows, sets.slice(1));
  for (let period = 0; period < 3; period += 1) learned = learnPeriod(learned, rows, sets);
  const { keep, lag, arrivals } = learned;
  for (const figure of [keep!.xx, keep!.xy, ...lag!, ...arrivals!]) expect(figure).toSatisfy(Number.isFinite);
});
