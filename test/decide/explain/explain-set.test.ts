import { describe, expect, test } from "vitest";
import type { Explanation } from "../../../src/decide/explain/explanation.ts";
import { printExplanation } from "../../../src/decide/explain/print.ts";
import { explain } from "../../builders/explain.ts";
import { createSetSeries, plansOf } from "../../builders/set-series.ts";

type Second = readonly (number | undefined)[];

const steady = (counts: Second, seconds = 65): Second[] => Array(seconds).fill(counts);

/** The explanation of the last of these seconds. */
function explained(seconds: readonly Second[], series = createSetSeries()): Explanation {
  const made = plansOf(series, seconds).at(-1)!;
  return explain(series.seen!, made);
}

const uneven = [12, 14, 16, 18, 20, 20, 22, 24, 26, 28];

describe("the ready set is told", () => {
  test("with those that are full, and that it is at its floor", () => {
    const { readySet, pods } = explained(steady(uneven));
    expect(readySet).toMatchObject({ type: "LeastBusy", state: "chosen", size: 7, able: 10, floor: 7 });
    expect(readySet.message).toMatch(
      /^7 of 10 pods are published, 3 are full for now\. That is the floor: no more are left out\. \d+ % of the connections outlast a period of 10s\.$/,
    );
    expect(readySet.decidedAgoMs).toBeLessThan(10_000);
    expect(readySet.atFloorForMs).toBeGreaterThan(20_000);
    const full = pods.filter((one) => one.readySet?.published === false);
    expect(full.map((one) => one.pod).sort()).toEqual(["web-7", "web-8", "web-9"]);
    const [{ lines }] = full.map((one) => one.readySet!) as [NonNullable<(typeof full)[0]["readySet"]>];
    expect(Object.fromEntries(lines.map(({ name, result }) => [name, result]))).toMatchObject({
      capacity: 1,
      in: 0,
      even: 20,
    });
  });

  test("as everybody where connections are too short for it to help, with how short", () => {
    // Others every second, and others than a period ago.
    const seconds = Array.from({ length: 65 }, (_, second) =>
      uneven.map((_, number) => uneven[(number * 7 + second * 3 + 3 * Math.floor(second / 10)) % 10]!),
    );
    const { readySet } = explained(seconds);
    expect(readySet).toMatchObject({ state: "chosen", size: 10 });
    expect(readySet.message).toMatch(
      /^Everybody is published, and nothing changes: connections are too short for a set to help\. \d % of them outlast a period of 10s; it would help from about 53 % on\.$/,
    );
  });

  test("as everybody where pods are so even that nothing is known", () => {
    const { message } = explained(steady(Array(10).fill(20))).readySet;
    expect(message).toBe("Everybody is published: how long connections live is not known well enough yet.");
  });

  test("as everybody where a better one would hardly be better", () => {
    const { message } = explained([
      ...steady(uneven, 60),
      ...steady([20, 20, 20, 20, 20, 20, 20, 20, 20, 20.2], 25),
    ]).readySet;
    expect(message).toMatch(/^Everybody is published.* A set can help here: \d+ % of the connections outlast/);
  });

  test("as everybody while nothing is known, too little is, or nobody can be left out", () => {
    expect(explained(steady(uneven, 3)).readySet.message).toMatch(/^How long connections live is not known yet: /);
    const silent = explained([...steady(uneven, 40), ...steady(Array(10).fill(undefined), 20)]);
    expect(silent.readySet).toMatchObject({ state: "blind", size: 10 });
    expect(silent.readySet.message).toBe("Too few pods have fresh numbers: everybody is published.");
    expect(explained(steady([5, 25])).readySet.message).toBe("Everybody is published: of 2 pods none can be left out.");
    expect(explained(steady(Array(10).fill(0))).readySet.message).toBe(
      "Everybody is published: no connection is open.",
    );
  });

  test("as everybody in a crowd", () => {
    const { readySet } = explained([...steady(uneven, 65), uneven.map((count) => count + 30)]);
    expect(readySet).toMatchObject({ state: "braked", size: 10 });
    expect(readySet.message).toMatch(/^More connections came at once than was to be expected: /);
  });

  test("in one line where everybody is asked for, with what would turn it on", () => {
    const all = explained(steady(uneven, 3), createSetSeries({ type: "All" }));
    expect(all.readySet).toMatchObject({ type: "All", lines: [] });
    expect(all.readySet.message).toContain("publish.readySet.type LeastBusy evens them out");
    expect(all.pods.some((one) => one.readySet)).toBe(false);
    const metrics = { source: { http: { load: { name: "load" } } } };
    const byLoad = explained(
      steady(uneven, 3),
      createSetSeries({ type: "All" }, { metrics, strategy: { type: "LeastLoad" } }),
    );
    expect(byLoad.readySet.message).toContain("reports no connections");
  });
});

test("the ready set is printed with its times and each pod's part in it", async () => {
  const lines = printExplanation({
    ...explained(steady(uneven)),
    namespace: "shop",
    name: "web",
    generation: 1,
    plannedAt: "2026-01-02T03:05:09.000Z",
  });
  const from = (start: string): string[] => {
    const first = lines.findIndex((line) => line.startsWith(start));
    return lines.slice(first, lines.indexOf("", first));
  };
  await expect([...from("Ready set: "), "", ...from("   ready set: "), ""].join("\n")).toMatchFileSnapshot(
    "testdata/ready-set.txt",
  );
});
