import { describe, expect, test } from "vitest";
import { conditionReasons, eventReasons } from "../../src/api/reasons.ts";
import { type HoldReason, hold, isAtWork } from "../../src/decide/scaling/decision.ts";

const meanings = [
  ...Object.entries(conditionReasons).flatMap(([type, byStatus]) =>
    Object.entries(byStatus).flatMap(([status, reasons]) =>
      Object.entries(reasons).map(([reason, meaning]) => [`${type}=${status}`, reason, meaning] as const),
    ),
  ),
  ...Object.entries(eventReasons).flatMap(([action, { reasons }]) =>
    Object.entries(reasons).map(([reason, meaning]) => [action, reason, meaning] as const),
  ),
];

describe("reasons", () => {
  test("are one word each, as the API wants it, and mean something", () => {
    for (const [where, reason, meaning] of meanings) {
      expect(reason, where).toMatch(/^[A-Z][A-Za-z]{0,127}$/);
      expect(meaning, `${where} ${reason}`).toMatch(/^[A-Z`].+\.$/);
    }
  });

  test("of one condition stand under one status each, but for those that both have words of their own for", () => {
    for (const [type, byStatus] of Object.entries(conditionReasons)) {
      const texts = Object.values(byStatus).flatMap((reasons) => Object.entries(reasons).map((entry) => entry.join()));
      expect(
        texts.filter((text, index) => texts.indexOf(text) < index),
        type,
      ).toEqual([]);
    }
  });

  test("of scaling stand where they belong", () => {
    const { True: working, False: idle } = conditionReasons.ScalingActive;
    const scales = new Set<string>(Object.keys(eventReasons.Scale.reasons));
    const isWorking = (reason: string) => scales.has(reason) || isAtWork(hold(reason as HoldReason, ""));
    expect(Object.keys(working).filter((reason) => !isWorking(reason))).toEqual([]);
    expect(Object.keys(idle).filter(isWorking)).toEqual([]);
  });
});
