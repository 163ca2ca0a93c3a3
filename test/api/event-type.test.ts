import { expect, test } from "vitest";
import { eventTypeOf } from "../../src/api/reasons.ts";

test("an Event warns of what is not as it should be, and not of what a pool asks for", () => {
  const types = [
    ["False", "NoReadyPods"],
    ["False", "AutoscalersUnreadable"],
    ["False", "NotScaled"],
    ["False", "Paused"],
    ["True", "WithinLimit"],
    ["Unknown", "Pending"],
  ] as const;
  expect(types.map(([status, reason]) => eventTypeOf({ status, reason }))).toEqual([
    "Warning",
    "Warning",
    "Normal",
    "Normal",
    "Normal",
    "Normal",
  ]);
});
