import { expect, test } from "vitest";
import { setConditions, type Verdict } from "../../src/api/conditions.ts";
import type { PoolCondition } from "../../src/api/status.ts";

const earlier = "2026-01-01T00:00:00.000Z";
const now = "2026-01-02T00:00:00.000Z";

const verdict = (changes: Partial<Verdict> = {}): Verdict => ({
  type: "Ready",
  status: "True",
  reason: "EndpointsReady",
  message: "2 endpoints take traffic.",
  ...changes,
});
const condition = (changes: Partial<PoolCondition> = {}): PoolCondition => ({
  ...verdict(),
  observedGeneration: 1,
  lastTransitionTime: earlier,
  ...changes,
});

test("a first verdict begins now, at the generation that it judges", () => {
  expect(setConditions([], [verdict()], 4, now)).toEqual([
    { ...verdict(), observedGeneration: 4, lastTransitionTime: now },
  ]);
});

test("a status that stays keeps its time, whatever reason, message and generation say", () => {
  const said = { reason: "PortsHeld", message: "3 endpoints take traffic." } as const;
  expect(setConditions([condition()], [verdict(said)], 2, now)).toEqual([
    condition({ ...said, observedGeneration: 2, lastTransitionTime: earlier }),
  ]);
});

test("a status that turns has the time of its turn", () => {
  const [turned] = setConditions([condition()], [verdict({ status: "False" })], 1, now);
  expect(turned).toMatchObject({ status: "False", lastTransitionTime: now });
});

test("types are apart, in the order of the verdicts; one that is no longer judged goes", () => {
  const before = [condition({ type: "MetricsHealthy" }), condition({ type: "Retired" })];
  const after = setConditions(before, [verdict(), verdict({ type: "MetricsHealthy" })], 1, now);
  expect(after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
    ["Ready", now],
    ["MetricsHealthy", earlier],
  ]);
});
