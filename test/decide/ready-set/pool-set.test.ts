import { describe, expect, test } from "vitest";
import { createSetSeries, follow, fullIn, readyIn } from "../../builders/set-series.ts";

/** Five that carry the same, and one that carries four times as much; nothing comes or goes. */
const uneven = { "web-1": 10, "web-2": 10, "web-3": 10, "web-4": 10, "web-5": 10, "web-6": 40 };
const others = ["web-1", "web-2", "web-3", "web-4", "web-5"];

/** Long enough to know how long connections live, and to decide by it. */
const learnedMs = 25_000;

describe("a pool that publishes the least busy", () => {
  test("leaves the fullest pod out once it is known how long connections live, and says why", () => {
    const series = createSetSeries();
    const first = series.at(0, uneven);
    expect(first.readySet).toMatchObject({ state: "learning", size: 6, able: 6, floor: 4 });
    expect(readyIn(first)).toHaveLength(6);
    const plan = follow(series, 1_000, learnedMs, uneven);
    expect(readyIn(plan)).toEqual(others);
    expect(plan.readySet).toMatchObject({ state: "chosen", size: 5, able: 6, floor: 4 });
    const full = plan.endpoints.find(({ pod }) => pod === "web-6");
    expect(full).toMatchObject({ full: true, reason: "full for now: 40 connections, 15 would be even" });
    expect(plan.members.find(({ pod }) => pod.name === "web-6")).toMatchObject({ isIn: false, full: true });
    expect(plan.excluded).toEqual([]);
  });

  test("keeps order and weights as they are without", () => {
    const [set, all] = [createSetSeries(), createSetSeries({ type: "All" })];
    const listed = (plan: ReturnType<typeof follow>) =>
      plan.endpoints.map(({ pod, rank, weight }) => [pod, rank, weight]);
    expect(listed(follow(set, 0, learnedMs, uneven))).toEqual(listed(follow(all, 0, learnedMs, uneven)));
    expect(fullIn(follow(set, 26_000, 27_000, uneven))).toEqual(["web-6"]);
  });
});
