import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import { answerOf } from "../../src/decide/explain/answer.ts";
import type { Explanation, Line } from "../../src/decide/explain/explanation.ts";
import { printExplanation } from "../../src/decide/explain/print.ts";
import type { SetInForce } from "../../src/decide/in-force.ts";
import { tellExcluded } from "../../src/decide/membership/excluded.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation, ObservedPod, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, reading, unmeasured } from "../builders/builders.ts";
import { explain } from "../builders/explain.ts";
import { written } from "../builders/set-series.ts";
import { evaluate } from "../tools/expression.ts";
import { anyObservation } from "./observations.ts";

/** What a pod did in an interval; absent pods are not there, silent ones were not measured in it. */
type Turn =
  | "absent"
  | "silent"
  | { readonly connections: number; readonly load: number; readonly done: number; readonly ms: number };

const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      connections: fc.nat(60),
      load: fc.nat(120),
      done: fc.nat(400),
      ms: fc.integer({ min: 1, max: 500 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant("absent" as const) },
  { weight: 1, arbitrary: fc.constant("silent" as const) },
);

interface History {
  readonly type: StrategyType;
  /** What pods tell besides. */
  readonly tells: { readonly connections: boolean; readonly requests: boolean; readonly response: boolean };
  readonly turns: readonly (readonly Turn[])[];
  /** Of the samples, milliseconds. */
  readonly ageMs: number;
  readonly readyForMs: readonly number[];
}

const pods = 5;
const anyHistory: fc.Arbitrary<History> = fc.record({
  type: fc.constantFrom(...strategyTypes),
  tells: fc.record({ connections: fc.boolean(), requests: fc.boolean(), response: fc.boolean() }),
  turns: fc
    .tuple(
      fc.array(fc.array(anyTurn, { minLength: pods, maxLength: pods }), { minLength: 1, maxLength: 8 }),
      // An outage at the end.
      fc.constantFrom(0, 0, 3, 7),
    )
    .map(([turns, lost]) => [...turns, ...Array.from({ length: lost }, () => Array<Turn>(pods).fill("silent"))]),
  ageMs: fc.constantFrom(20, 800, 2_600),
  readyForMs: fc.array(fc.constantFrom(2_000, 15_000, 3_600_000), { minLength: pods, maxLength: pods }),
});

interface Pass {
  readonly seen: Observation;
  readonly made: Plan;
}

/** The passes of a pool, a second apart. */
function passesOf({ type, tells, turns, ageMs, readyForMs }: History): Pass[] {
  const source = {
    connections: { name: "open" },
    load: { name: "load" },
    responseTime: { name: "seconds" },
    ...(tells.requests && { requests: { name: "done" } }),
  };
  const planned = pool({
    strategy: { type },
    metrics: { source: { http: source } },
    scaling: { maxReplicas: 9 },
    publish: { readySet: { type: "LeastBusy", period: "2s" } },
    rebalance: { port: "http" },
  });
  const counters = Array.from({ length: pods }, () => 0);
  const last = new Map<number, Sample>();
  let memory: Memory | undefined;
  let published: SetInForce | undefined;
  return turns.map((turn, index) => {
    const now = observedAt + index * 1_000;
    const observed = turn.flatMap((did, number): ObservedPod[] => {
      if (did === "absent") return [];
      const name = `web-${number}`;
      const state = { readyChangedAt: observedAt - readyForMs[number]! };
      const known = last.get(number);
      if (did === "silent")
        return [known ? { pod: pod(name, state), reading: reading(known) } : unmeasured(name, state)];
      counters[number]! += did.done;
      const sample: Sample = {
        takenAt: now - ageMs,
        load: did.load,
        ...(tells.connections && { connections: did.connections }),
        ...(tells.requests && { requests: counters[number]! }),
        ...(tells.response && { responseMs: did.ms, errorShare: did.ms > 400 ? 0.4 : 0 }),
      };
      last.set(number, sample);
      return [{ pod: pod(name, state), reading: reading(sample) }];
    });
    const seen = observation({ now, pool: planned, pods: observed, ...(published && { published }) });
    const { plan: made, memory: left } = plan(seen, memory);
    memory = left;
    published = written(made);
    return { seen, made };
  });
}

/** Recomputes every line from its formula and its numbers alone. */
function check(lines: readonly Line[]): void {
  for (const { name, formula, numbers, result } of lines) {
    if (formula === undefined) continue;
    const computed = evaluate(formula, numbers ?? {});
    const apart = Math.abs(computed - result);
    expect({
      name,
      formula,
      numbers,
      computed,
      result,
      fits: apart <= 1e-6 * Math.max(1, Math.abs(result)),
    }).toMatchObject({
      fits: true,
    });
  }
}

/** What a line puts in of what lines before it brought is what they brought. */
function checkChain(pool: readonly Line[], own: readonly Line[]): void {
  const brought = new Map<string, number>(pool.map(({ name, result }) => [name, result]));
  for (const { name, numbers = {}, result } of own) {
    for (const [of, value] of Object.entries(numbers))
      if (typeof value === "number") expect([name, of, brought.get(of)]).toEqual([name, of, value]);
    brought.set(name, result);
  }
}

function checkAgainstPlan(
  explanation: Explanation,
  { endpoints, excluded, coverage, scale, readySet: set, rebalance: moved }: Plan,
): void {
  expect(explanation.pods.map(({ pod: name, rank, weight, reason }) => ({ name, rank, weight, reason }))).toEqual(
    endpoints.map(({ pod: name, rank, weight, reason }) => ({ name, rank, weight, reason })),
  );
  for (const { weight, lines } of explanation.pods) {
    const last = lines.at(-1)!;
    expect([last.name, last.result]).toEqual(["published", weight]);
    expect(last.formula).toBeDefined();
  }
  expect(explanation).toMatchObject({ excluded: excluded.map(tellExcluded), coverage });
  const { scaling, readySet } = explanation;
  expect(readySet).toMatchObject(
    set ? { type: "LeastBusy", state: set.state, size: set.size } : { type: "All", lines: [] },
  );
  expect(explanation.pods.map((one) => one.readySet?.published)).toEqual(
    endpoints.map(({ uid }) => (set ? !set.full.has(uid) : undefined)),
  );
  expect(explanation.rebalance?.state).toBe(moved?.state);
  expect(explanation.pods.map((one) => one.rebalance?.surplus)).toEqual(
    endpoints.map(({ uid }) => moved?.surplus.get(uid)),
  );
  expect(scaling).toMatchObject({ kind: scale.kind, reason: scale.reason, message: scale.message });
  if (scale.kind === "scale") expect(scaling.lines.at(-1)).toMatchObject({ name: "to", result: scale.to });
  checkChain([], scaling.lines);
}

/** Keys rank as they say: compared in turn, the least first; who has none comes last. */
function checkOrder({ pods: ranked }: Explanation): void {
  for (const [index, { keys }] of ranked.entries()) {
    const before = ranked[index - 1];
    if (!before) continue;
    if (keys === undefined) continue;
    expect(before.keys).toBeDefined();
    const at = keys.findIndex((key, place) => key !== before.keys![place]);
    if (at >= 0) expect(keys[at]!).toBeGreaterThan(before.keys![at]!);
  }
}

describe("an explanation", () => {
  test("is the plan's own arithmetic, line by line", () => {
    let [decisions, rebalanced] = [0, 0];
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const { seen, made } of passesOf(history)) {
          const explanation = explain(seen, made);
          checkAgainstPlan(explanation, made);
          checkOrder(explanation);
          check(explanation.weights.lines);
          check(explanation.readySet.lines);
          if (explanation.readySet.lines.length > 0) decisions += 1;
          check(explanation.rebalance!.lines);
          if (explanation.rebalance!.lines.length > 0) rebalanced += 1;
          check(explanation.scaling.lines);
          for (const { lines, readySet, rebalance } of explanation.pods) {
            check(rebalance?.lines ?? []);
            checkChain(explanation.rebalance!.lines, rebalance?.lines ?? []);
            check(lines);
            checkChain(explanation.weights.lines, lines);
            check(readySet!.lines);
            checkChain(explanation.readySet.lines, readySet!.lines);
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(decisions).toBeGreaterThan(10);
    expect(rebalanced).toBeGreaterThan(10);
  });

  test("holds for whatever a pass may see", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const made = plan(seen).plan;
        const explanation = explain(seen, made);
        checkAgainstPlan(explanation, made);
        check([...explanation.weights.lines, ...explanation.readySet.lines, ...explanation.scaling.lines]);
        for (const { lines, readySet } of explanation.pods) check([...lines, ...(readySet?.lines ?? [])]);
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
      }),
    );
  });

  test.each(strategyTypes.filter((type) => type !== "RoundRobin" && type !== "Random"))(
    "leads from what was measured to every weight: %s",
    (type) => {
      const turns = Array.from({ length: 6 }, (_, index) =>
        Array.from({ length: pods }, (__, number) => ({
          connections: 5 + 3 * number,
          load: 20 + 5 * number + index,
          done: 40 + number,
          ms: 10 + 30 * number,
        })),
      );
      const tells = { connections: true, requests: true, response: true };
      const readyForMs = Array.from({ length: pods }, () => 3_600_000);
      const { seen, made } = passesOf({ type, tells, turns, ageMs: 20, readyForMs }).at(-1)!;
      const { weights, pods: explained } = explain(seen, made);
      expect(weights.state).toBe("computed");
      for (const { lines } of explained) {
        const names = lines.map(({ name }) => name);
        expect(names).toEqual(
          expect.arrayContaining(["weight", "computed", "trusted", "inForce", "traffic", "published"]),
        );
        for (const name of ["weight", "computed", "trusted", "inForce", "traffic", "published"])
          expect(lines.find((line) => line.name === name)?.formula).toBeDefined();
      }
    },
  );

  test.each(["FastestResponse", "PowerOfTwoChoices", "Prequal", "Packing"] as const)(
    "leads from the usual weights to those in force in an outage: %s",
    (type) => {
      const row = (second: number): Turn[] =>
        Array.from({ length: pods }, (_, number) => {
          const busy = (second + number) % pods;
          return { connections: 9 * busy, load: 10 + 20 * busy, done: 40 + 10 * number, ms: 10 + 30 * busy };
        });
      const turns = [
        ...Array.from({ length: 12 }, (_, second) => row(second)),
        ...Array(6).fill(Array(pods).fill("silent")),
      ];
      const tells = { connections: true, requests: true, response: true };
      const readyForMs = Array.from({ length: pods }, () => 3_600_000);
      const passes = passesOf({ type, tells, turns, ageMs: 20, readyForMs });
      const { seen, made } = passes.at(-1)!;
      const { weights, pods: explained } = explain(seen, made);
      const early = passes.at(-4)!;
      const { state, message } = explain(early.seen, early.made).weights;
      expect(state).toBe("silent");
      expect(message).toMatch(/^No numbers are new enough to count in full: /);
      expect(weights.state).toBe("frozen");
      expect(weights.message).toMatch(
        /^Fewer than half of the pods have fresh numbers: until they do, weights stay at their long-run values/,
      );
      for (const { lines } of explained)
        expect(lines.find(({ name }) => name === "inForce")).toMatchObject({ formula: "longRun / meanLongRun" });
    },
  );

  test("tells what scaling up and down is made of", () => {
    const series = (loads: readonly number[], replicas: number): Pass[] => {
      const scaling = { maxReplicas: 20, down: { window: "3s", period: "1s" } };
      const planned = pool({ scaling });
      let memory: Memory | undefined;
      return loads.map((_, index) => {
        const now = observedAt + index * 1_000;
        const observed = Array.from({ length: replicas }, (_, number): ObservedPod => {
          const samples = loads.slice(0, index + 1).map((value, at) => ({
            takenAt: observedAt + at * 1_000 - 20,
            load: value + number,
            connections: 3 + number,
          }));
          const owner = { kind: "ReplicaSet", uid: "uid-rs" };
          return { pod: pod(`web-${number}`, { owner }), reading: reading(...samples.reverse().slice(0, 2)) };
        });
        const target = { uid: "uid-target", replicas };
        const seen = observation({ now, pool: planned, pods: observed, target });
        const { plan: made, memory: left } = plan(seen, memory);
        memory = left;
        return { seen, made };
      });
    };
    const last = (passes: readonly Pass[]) => {
      for (const { seen, made } of passes) check(explain(seen, made).scaling.lines);
      const { seen, made } = passes.at(-1)!;
      return { made, lines: explain(seen, made).scaling.lines };
    };
    const up = last(series([80, 80], 4));
    expect(up.made.scale).toMatchObject({ kind: "scale", reason: "LoadAboveLimit", to: 7 });
    const named = ["loadAverage1", "loadAverage2", "loadNeeded", "needed", "allowed", "to"];
    expect(up.lines.flatMap(({ name, formula }) => (formula ? [name] : []))).toEqual(named);
    expect(up.lines.at(-1)).toMatchObject({ result: 7, numbers: { needed: 7, allowed: 8, maxReplicas: 20 } });

    const down = last(series([4, 4, 4, 4, 4], 4));
    expect(down.made.scale).toMatchObject({ kind: "hold", reason: "Draining" });
    expect(down.lines.at(-1)).toMatchObject({ name: "to", result: down.made.drain!.to });
    expect(down.lines.find(({ name }) => name === "enough")).toMatchObject({ result: 1 });
  });

  test("is printed with every pod and every figure", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { seen, made } = passesOf(history).at(-1)!;
        const explanation = explain(seen, made);
        const { namespace, name, generation } = seen.pool;
        const lines = printExplanation({ ...explanation, namespace, name, generation, plannedAt: "" });
        for (const { pod: listed, rank, weight } of explanation.pods)
          expect(lines.some((line) => line.startsWith(`${rank}. ${listed}  weight ${weight}  `))).toBe(true);
        expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity|\d[eE][-+]?\d|0\.00000/);
        const { traffic, replicas } = answerOf(`${namespace}/${name}`, explanation);
        for (const sentence of [traffic, replicas]) {
          expect(sentence).toMatch(/^\S.*[^.]\.$/);
          expect(sentence).not.toMatch(/NaN|undefined|Infinity|\. [A-Z]/);
        }
      }),
      { numRuns: 50 },
    );
  });
});
