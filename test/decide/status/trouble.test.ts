import { expect, test } from "vitest";
import type { PoolCondition } from "../../../src/api/status.ts";
import { troublesIn } from "../../../src/decide/status/trouble.ts";

const condition = (type: string, status: PoolCondition["status"], reason: string): PoolCondition => ({
  type,
  status,
  reason,
  message: `${type} says why.`,
  lastTransitionTime: "2026-01-02T03:04:05Z",
});
const told = (...conditions: readonly PoolCondition[]) =>
  troublesIn(conditions).map(({ type, severity }) => `${type} ${severity}`);

test("the worst comes first: what is wrong before what is not known, and traffic before scaling", () => {
  expect(
    told(
      condition("Ready", "Unknown", "Starting"),
      condition("ScalingActive", "False", "ScaledByAnother"),
      condition("MetricsHealthy", "False", "TooFewFresh"),
      condition("Novel", "False", "New"),
      condition("PodsHealthy", "False", "SetAside"),
    ),
  ).toEqual(["PodsHealthy bad", "MetricsHealthy bad", "ScalingActive bad", "Novel bad", "Ready unsure"]);
  expect(told(condition("MetricsHealthy", "False", "TooFewFresh"), condition("Ready", "False", "NoPods"))).toEqual([
    "Ready bad",
    "MetricsHealthy bad",
  ]);
});

test("what somebody asked for is no trouble, nor what follows from there being no pods", () => {
  expect(
    told(
      condition("Ready", "True", "EndpointsReady"),
      condition("ScalingActive", "False", "Paused"),
      condition("MetricsHealthy", "Unknown", "NoReadyPods"),
    ),
  ).toEqual([]);
  expect(told(condition("ScalingActive", "False", "NotScaled"))).toEqual([]);
  expect(told(condition("Ready", "Unknown", "NoPods"))).toEqual(["Ready unsure"]);
});

test("a trouble has the words of its condition", () =>
  expect(troublesIn([condition("Ready", "False", "NoPods")])).toEqual([
    { type: "Ready", severity: "bad", reason: "NoPods", message: "Ready says why." },
  ]));
