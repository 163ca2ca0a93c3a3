import { expect, test } from "vitest";
import { describe } from "../../../src/decide/status/describe.ts";
import { createSetSeries, follow } from "../../builders/set-series.ts";

const uneven = { "web-1": 10, "web-2": 10, "web-3": 10, "web-4": 10, "web-5": 10, "web-6": 40 };

test("status tells the set's size and who is full, who counts among the ready all the same", () => {
  const series = createSetSeries();
  const plan = follow(series, 0, 25_000, uneven);
  const status = describe(series.seen!, plan, {});
  expect(status).toMatchObject({ ready: "6/6", readySet: "5/6" });
  expect(status.endpoints?.find(({ pod }) => pod === "web-6")?.reason).toBe(
    "full for now: 40 connections, 15 would be even",
  );
  expect(status.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
});

test("status tells of no set where everybody is published", () => {
  const series = createSetSeries({ type: "All" });
  const plan = follow(series, 0, 25_000, uneven);
  expect(describe(series.seen!, plan, {})).not.toHaveProperty("readySet");
});
