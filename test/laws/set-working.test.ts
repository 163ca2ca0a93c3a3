import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Line } from "../../src/decide/explain/explanation.ts";
import { podLines, poolLines } from "../../src/decide/explain/lines.ts";
import type { SetDecision } from "../../src/decide/ready-set/decision.ts";
import { type SetMemory, type SetPod, stepReadySet } from "../../src/decide/ready-set/ready-set.ts";
import { evaluate } from "../tools/expression.ts";

const most = 8;
const anyPod = fc.record({
  connections: fc.option(fc.nat(40), { nil: undefined, freq: 6 }),
  capacity: fc.constantFrom(0.5, 1, 1.5),
  group: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
});
const anyPeriods = fc.array(fc.array(anyPod, { minLength: most, maxLength: most }), { minLength: 3, maxLength: 8 });

interface Run {
  readonly pods: number;
  readonly floor: number;
  readonly periods: typeof anyPeriods extends fc.Arbitrary<infer P> ? P : never;
}

const anyRun: fc.Arbitrary<Run> = fc.record({
  pods: fc.integer({ min: 1, max: most }),
  floor: fc.integer({ min: 1, max: most }),
  periods: anyPeriods,
});

/** What was decided in each period, each set in force by the next one. */
function decisionsOf({ pods, floor, periods }: Run): SetDecision[] {
  let memory: SetMemory | undefined;
  let isIn: readonly boolean[] = Array(pods).fill(true);
  const decisions: SetDecision[] = [];
  for (const [period, row] of periods.entries()) {
    // A decision at the begin of the period, and a look when the write has come through.
    for (const sinceMs of [0, 5_000]) {
      const now = 1_000_000 + period * 10_000 + sinceMs;
      const seen = row.slice(0, pods).map(
        ({ connections, capacity, group }, place): SetPod => ({
          uid: `uid-${place}`,
          capacity,
          lot: place,
          isIn: isIn[place]!,
          ...(connections !== undefined && { connections, sampledAt: now }),
          ...(group && { groups: [group] }),
        }),
      );
      const moment = { now, periodMs: 10_000, offsetMs: 0, intervalMs: 1_000, floor, isAwaited: false, isBlind: false };
      const stepped = stepReadySet(memory, seen, moment);
      isIn = stepped.isIn;
      memory = stepped.memory;
    }
    if (memory?.decision) decisions.push(memory.decision);
  }
  return decisions;
}

function check(lines: readonly Line[]): void {
  for (const { name, formula, numbers = {}, result } of lines) {
    if (formula === undefined) continue;
    const apart = Math.abs(evaluate(formula, numbers) - result);
    expect([name, apart <= 1e-9 * Math.max(1, Math.abs(result)) ? result : evaluate(formula, numbers)]).toEqual([
      name,
      result,
    ]);
  }
}

const formulasOf = (lines: readonly Line[]): string[] => lines.flatMap(({ name, formula }) => (formula ? [name] : []));

describe("the working of a ready set", () => {
  const holds = (law: (decision: SetDecision, run: Run) => void) =>
    fc.assert(fc.property(anyRun, (run) => decisionsOf(run).forEach((decision) => void law(decision, run))));

  test("computes each figure as its formula says", () => {
    holds(({ working: { steps, pool, pods } }) => {
      check(poolLines(steps.pool, { pool, pods }));
      const linesOf = podLines(steps.pod);
      for (const uid of pods.roster.uids) check(linesOf({ pool, pod: pods.get(uid)! }));
    });
  });

  test("tells of the set that was chosen, and has a formula for whatever is computed", () => {
    holds((decision) => {
      const { steps, pool, pods } = decision.working;
      expect(pods.columns.in!.map((flag) => flag === 1)).toEqual(decision.isIn);
      expect(pool).toMatchObject({ size: decision.size, keep: decision.keep, arrivals: decision.arrivals });
      const isMeasured = pods.columns.connections!.some((known) => known !== undefined);
      if (!isMeasured) return;
      const named = formulasOf(poolLines(steps.pool, { pool, pods }));
      const computed = steps.pool.map(({ figure }) => figure);
      expect(named).toEqual(computed.filter((figure) => figure !== "measuredKeep" || pool.squares! > 0));
      for (const uid of pods.roster.uids) {
        const pod = pods.get(uid)!;
        const ahead = pod.connections === undefined ? [] : ["ahead"];
        expect(formulasOf(podLines(steps.pod)({ pool, pod }))).toEqual(["even", ...ahead, "held", "cost"]);
      }
    });
  });

  test("adopts the best set, but for slices that are spared, or keeps that in force", () => {
    holds((decision) => {
      const { pool, pods } = decision.working;
      const { best, inForce, in: chosen } = pods.columns;
      expect(chosen).toEqual(pool.adopt === 1 ? best : inForce);
      expect(pool.costOfBest).toBeLessThanOrEqual(pool.costOfAll! + 1e-9);
      expect(pool.size).toBeGreaterThanOrEqual(Math.min(pods.roster.size, pool.floor!));
    });
  });
});
