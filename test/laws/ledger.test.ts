import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ledgerLines } from "../../src/decide/explain/lines.ts";
import { decideScale, type ScalePlan } from "../../src/decide/scaling/decide-scale.ts";
import type { Observation } from "../../src/decide/world.ts";
import { evaluate } from "../tools/expression.ts";
import { anyObservation } from "./observations.ts";

/** With a window that has passed, so that rules of the way down have their say as well. */
function decided(seen: Observation): ScalePlan[] {
  const first = decideScale(seen);
  const { demand } = first.memory;
  if (!demand) return [first];
  const since = demand.since - seen.pool.spec.scaling!.down.window;
  return [first, decideScale(seen, { demand: { ...demand, since } })];
}

const figuresOf = ({ ledger }: ScalePlan): ReadonlyMap<string, number> =>
  new Map(ledger.map(({ name, result }) => [name, result]));

describe("the ledger of a decision on scaling", () => {
  const holds = (law: (planned: ScalePlan, seen: Observation) => void, numRuns = 500) =>
    fc.assert(
      fc.property(anyObservation, (seen) => {
        for (const planned of decided(seen)) law(planned, seen);
      }),
      { numRuns },
    );

  test("computes each figure once, of figures before it", () => {
    holds(({ ledger }) => {
      const names = ledger.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, formula, numbers, result } of ledgerLines(ledger)) {
        if (formula === undefined) continue;
        for (const value of Object.values(numbers!)) expect([name, typeof value]).toEqual([name, "number"]);
        expect(Math.abs(evaluate(formula, numbers!) - result)).toBeLessThanOrEqual(
          1e-6 * Math.max(1, Math.abs(result)),
        );
      }
    });
  });

  test("ends with the replicas that the decision goes to, and has none where it goes nowhere", () => {
    holds(({ decision, drain, ledger }) => {
      const goal = decision.kind === "scale" ? decision.to : drain?.to;
      if (goal === undefined) expect(ledger.map(({ name }) => name)).not.toContain("to");
      else expect(ledger.at(-1)).toMatchObject({ name: "to", result: goal });
    });
  });

  test("leaves nothing of a change that a limit forbids", () => {
    holds((planned, seen) => {
      const { decision } = planned;
      const { replicas } = seen.target!;
      const figures = figuresOf(planned);
      if (decision.reason === "AtMaximum") expect(figures.get("maxReplicas")).toBe(replicas);
      if (decision.reason !== "StepLimit") return;
      const isUp = figures.has("needed");
      if (isUp) expect(figures.get("allowed")).toBeLessThanOrEqual(replicas);
      else expect(figures.get("allowed")).toBeGreaterThanOrEqual(replicas);
      expect(decision.recommended).toBe(figures.get(isUp ? "needed" : "fewest"));
    });
  });

  test("tells of a need beyond the replicas just where more are asked for", () => {
    holds((planned, seen) => {
      const { decision } = planned;
      const figures = figuresOf(planned);
      const isAsked = figures.has("needed");
      expect(isAsked && figures.get("needed")! <= seen.target!.replicas).toBe(false);
      if (decision.reason === "LoadAboveLimit" || decision.reason === "ConnectionsAboveLimit")
        expect(isAsked).toBe(true);
      if (decision.reason === "WithinLimit" || decision.reason === "LoadBelowLimit") expect(isAsked).toBe(false);
    });
  });
});
