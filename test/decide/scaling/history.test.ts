import { describe, expect, test } from "vitest";
import { type DemandHistory, demandOf, forgetDemand, noteDemand } from "../../../src/decide/scaling/history.ts";

const windowMs = 60_000;

/** A history of one note a second, with these numbers of replicas that were enough. */
function historyOf(enough: readonly number[], changes: Partial<Parameters<typeof noteDemand>[1]> = {}): DemandHistory {
  let history: DemandHistory | undefined;
  for (const [index, count] of enough.entries())
    history = noteDemand(history, {
      now: 1_000_000 + index * 1_000,
      basis: "same",
      replicas: 9,
      windowMs,
      enough: count,
      ...changes,
    });
  return history!;
}
const next = (history: DemandHistory, afterMs: number, changes: Partial<Parameters<typeof noteDemand>[1]> = {}) =>
  noteDemand(history, { now: history.seenAt + afterMs, basis: "same", replicas: 9, windowMs, enough: 1, ...changes });

describe("the demand over a window", () => {
  test("is the most of what was noted in it, to a sixtieth of the window", () => {
    for (let back = 1; back <= 100; back += 1) {
      const most = demandOf(historyOf([...Array(200).fill(2), 7, ...Array(back).fill(3)])).most;
      if (back <= 60) expect(most).toBe(7);
      if (back > 62) expect(most).toBe(3);
    }
  });

  test("knows how far back it goes", () => {
    expect(demandOf(historyOf([1])).knownMs).toBe(0);
    expect(demandOf(historyOf(Array(31).fill(1))).knownMs).toBe(30_000);
  });

  test("counts what was in force when the window began, however long ago it was noted", () => {
    const sparse = next(next(historyOf([8]), 25_000), 25_000, { windowMs: 10_000 });
    expect(demandOf(sparse).most).toBe(1);
    expect(demandOf(next(historyOf([8]), 25_000, { windowMs: 10_000 })).most).toBe(8);
  });

  test("stays small, however often something is noted", () => {
    expect(historyOf(Array(5_000).fill(4)).slots.length).toBeLessThanOrEqual(62);
    let dense = historyOf([1]);
    for (let count = 0; count < 5_000; count += 1) dense = next(dense, 7, { windowMs: 1_000, enough: count % 3 });
    expect(dense.slots.length).toBeLessThanOrEqual(62);
  });

  test.each([
    ["a gap", 30_001, {}],
    ["a clock that was set back", -1, {}],
    ["another spec", 1_000, { basis: "other" }],
    ["more replicas", 1_000, { replicas: 10 }],
  ])("begins anew after %s", (_, afterMs, changes) => {
    expect(demandOf(next(historyOf([8, 8, 8]), afterMs, changes))).toEqual({ most: 1, knownMs: 0 });
  });

  test("goes on with fewer replicas", () => {
    expect(demandOf(next(historyOf([8, 8, 8]), 1_000, { replicas: 3 }))).toEqual({ most: 8, knownMs: 3_000 });
  });

  test("can be told to begin anew", () => {
    const begun = forgetDemand(historyOf([8, 8, 2]));
    expect(demandOf(begun)).toEqual({ most: 2, knownMs: 0 });
    expect(demandOf(next(begun, 1_000))).toMatchObject({ knownMs: 1_000 });
  });

  test("of no length is what is needed now, or was at the last look", () => {
    const none = next(historyOf([8, 8], { windowMs: 0 }), 1_000, { windowMs: 0 });
    expect(demandOf(next(none, 1_000, { windowMs: 0 })).most).toBe(1);
  });
});
