import { describe, expect, test } from "vitest";
import type { Explanation } from "../../../src/decide/explain/explanation.ts";
import { printExplanation } from "../../../src/decide/explain/print.ts";
import { explain } from "../../builders/explain.ts";
import { createSetSeries, plansOf } from "../../builders/set-series.ts";

type Second = readonly (number | undefined)[];

const steady = (counts: Second, seconds: number): Second[] => Array(seconds).fill(counts);

/** The explanation of the last of these seconds, of a pool that asks its pods. */
function explained(seconds: readonly Second[], parts: object = { rebalance: { port: "http" } }): Explanation {
  const series = createSetSeries({ type: "All" }, { ...parts });
  const made = plansOf(series, seconds).at(-1)!;
  return explain(series.seen!, made);
}

const uneven = [40, 62, 20, 38];

describe("what pods are asked to close is told", () => {
  test("with how many are asked, for how many, and how that comes about for each", () => {
    const { rebalance, pods } = explained(steady(uneven, 14));
    expect(rebalance).toMatchObject({ state: "decided", message: "1 pod is asked to close 3 connections." });
    expect(rebalance!.decidedAgoMs).toBeLessThan(10_000);
    const surplus = Object.fromEntries(pods.map((one) => [one.pod, one.rebalance!.surplus]));
    expect(surplus).toEqual({ "web-0": 0, "web-1": 3, "web-2": 0, "web-3": 0 });
    const { lines } = pods.find(({ pod }) => pod === "web-1")!.rebalance!;
    expect(Object.fromEntries(lines.map(({ name, result }) => [name, result]))).toMatchObject({
      connections: 62,
      even: 40,
      above: 22,
      surplus: 3,
    });
  });

  test("as nobody where all are near their share, or have too few to close one", () => {
    expect(explained(steady([40, 41, 39, 40], 14)).rebalance!.message).toBe(
      "Nobody is asked: no pod has more than 5 % above its share.",
    );
    expect(explained(steady([4, 9, 3, 4], 14)).rebalance!.message).toBe(
      "Nobody is asked: 1 pod has more than 5 % above its share, but 5 % of what it has is less than one connection.",
    );
  });

  test("as nobody in the first period, and in one that begins without a sample", () => {
    const first = explained(steady(uneven, 2));
    expect(first.rebalance).toMatchObject({ state: "starting", lines: [] });
    expect(first.rebalance!.message).toMatch(/^Nobody is asked in the first period: /);
    const blind = explained([...steady(uneven, 4), ...steady([undefined, 62, 20, 38], 10)]);
    expect(blind.rebalance).toMatchObject({ state: "missing", lines: [] });
    expect(blind.pods.some((one) => one.rebalance)).toBe(false);
  });

  test("not at all by a pool that asks nobody", () => {
    const { rebalance, pods } = explained(steady(uneven, 14), {});
    expect([rebalance, pods.some((one) => one.rebalance)]).toEqual([undefined, false]);
  });
});

test("it is printed with its time and each pod's part in it", async () => {
  const lines = printExplanation({
    ...explained(steady(uneven, 14)),
    namespace: "shop",
    name: "web",
    generation: 1,
    plannedAt: "2026-01-02T03:05:09.000Z",
  });
  const from = (start: string): string[] => {
    const first = lines.findIndex((line) => line.startsWith(start));
    return lines.slice(first, lines.indexOf("", first));
  };
  await expect(
    [...from("Open connections: "), "", ...from("   open connections: 3"), ""].join("\n"),
  ).toMatchFileSnapshot("testdata/rebalance.txt");
});
