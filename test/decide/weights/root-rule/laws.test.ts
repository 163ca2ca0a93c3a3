import fc from "fast-check";
import { expect, test } from "vitest";
import type { PodInterval, PoolInterval } from "../../../../src/decide/weights/root-rule/interval.ts";
import { rootWeights } from "../../../../src/decide/weights/root-rule/root-weights.ts";
import { createRootState, type RootState } from "../../../../src/decide/weights/root-rule/state.ts";
import { after, ids, interval, repeat } from "./history.ts";
import { createPseudoCode } from "./pseudo-code.ts";

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

const upTo = (max: number, min = 0) => fc.double({ min, max, noNaN: true });

const anyNumber = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });

/** Intervals of one pool, in which everything may be missing. */
const histories = (number: fc.Arbitrary<number>, busy: fc.Arbitrary<number>): fc.Arbitrary<PoolInterval[]> =>
  fc.integer({ min: 1, max: 8 }).chain((count) => {
    const figures = { completions: number, busy, queue: number, intervalS: number };
    const pod = fc.record(figures, { requiredKeys: [] });
    const row = fc.record(
      {
        intervalS: number,
        delayS: number,
        serviceTimeS: number,
        lambda: number,
        shares: fc
          .array(number, { minLength: count, maxLength: count })
          .map((shares) => new Map(shares.map((share, index) => [`p${index}`, share]))),
        pods: fc
          .array(pod, { minLength: count, maxLength: count })
          .map((pods) => pods.map((figures, index) => ({ ...figures, id: `p${index}` }))),
      },
      { requiredKeys: ["intervalS", "delayS", "shares", "pods"] },
    );
    return fc.array(row, { minLength: 1, maxLength: 6 });
  });

/** Intervals in which every pod is measured: plausible counts of pods whose speeds differ. */
const measured = fc
  .record({
    intervalS: upTo(60, 0.2),
    delay: upTo(1),
    speeds: fc.array(upTo(2, 0.5), { minLength: 1, maxLength: 12 }),
    turns: fc.integer({ min: 1, max: 12 }),
    seed: fc.array(upTo(1), { minLength: 40, maxLength: 40 }),
  })
  .map(({ intervalS, delay, speeds, turns, seed }) =>
    repeat(turns, (turn) =>
      interval(
        speeds.map((speed, index) => {
          const [u, v, w] = [7, 11, 13].map((stride) => seed[(turn * stride + index * 3) % seed.length]!);
          const busy = 0.2 + 0.7 * u!;
          return {
            id: `p${index}`,
            busy,
            completions: Math.round(speed * busy * intervalS * (0.7 + 0.6 * v!)),
            queue: Math.floor(8 * w!),
          };
        }),
        { intervalS, delayS: Math.min(intervalS, 3) * delay },
      ),
    ),
  )
  .filter((turns) => turns[0]!.pods.some(({ completions }) => completions! > 0));

test("agrees with the pseudo-code of the design, interval by interval", () => {
  fc.assert(
    fc.property(measured, (turns) => {
      const count = turns[0]!.pods.length;
      const pseudoCode = createPseudoCode(count);
      let state = createRootState();
      let shares: ReadonlyMap<string, number> = new Map(ids(count).map((id) => [id, 1 / count]));
      for (const turn of turns) {
        const result = rootWeights(state, { ...turn, shares, serviceTimeS: 1 });
        const column = (of: (pod: PodInterval) => number) => turn.pods.map(of);
        const expected = pseudoCode(
          turn.intervalS,
          turn.delayS,
          column(({ completions }) => completions!),
          column(({ busy }) => busy!),
          column(({ queue }) => queue!),
          ids(count).map((id) => shares.get(id)!),
          1,
        );
        // The pseudo-code writes 1e9 for "infinitely far".
        for (const [index, weight] of expected.entries())
          expect(result.weights.get(`p${index}`)).toBeCloseTo(weight, 4);
        state = result.state;
        shares = new Map([...result.weights].map(([id, weight]) => [id, weight / count]));
      }
    }),
  );
});

test("any finite numbers give finite ones, weights of mean 1, and a state that survives JSON", () => {
  fc.assert(
    fc.property(histories(anyNumber, anyNumber), (turns) => {
      let state = createRootState();
      for (const turn of turns) {
        const result = rootWeights(state, turn);
        const { weights, capacities, state: _, ...others } = result;
        const numbers = [capacities, ...Object.values(others)].flatMap((told) =>
          typeof told === "number" ? [told] : [...told.values()],
        );
        expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
        expect(Math.min(...capacities.values())).toBeGreaterThan(0);
        expect(Math.min(...weights.values())).toBeGreaterThanOrEqual(0.001 / 1.001);
        expect(total(weights.values())).toBeCloseTo(turn.pods.length, 6);
        const copy = JSON.parse(JSON.stringify(result.state)) as RootState;
        expect(copy).toEqual(result.state);
        state = result.state;
      }
    }),
    { numRuns: 400 },
  );
});

test("counts too small to be any are none", () => {
  const { fleetCapacity, serviceTimeS } = after([
    interval(ids(2).map((id) => ({ id, completions: Number.MIN_VALUE, busy: 0.5, queue: 1 }))),
  ]);
  expect(fleetCapacity).toBeUndefined();
  expect(serviceTimeS).toBeGreaterThan(0);
  expect(serviceTimeS).toBeLessThan(10);
});

test("one pod has weight 1", () => {
  fc.assert(
    fc.property(histories(upTo(1e3), upTo(1)), (turns) => {
      const alone = turns.map((turn) => ({ ...turn, pods: turn.pods.slice(0, 1) }));
      expect([...after(alone).weights.values()]).toEqual([1]);
    }),
  );
});

test("the order in which pods come does not matter, to the last bit", () => {
  fc.assert(
    fc.property(histories(upTo(100), upTo(1)), fc.infiniteStream(fc.nat()), (turns, lots) => {
      const shuffled = turns.map((turn) => {
        const keys = new Map(turn.pods.map(({ id }) => [id, lots.next().value as number]));
        return { ...turn, pods: turn.pods.toSorted((a, b) => keys.get(a.id)! - keys.get(b.id)!) };
      });
      expect(after(shuffled)).toEqual(after(turns));
    }),
  );
});

test("neither the state nor the interval is touched, and the same call gives the same result", () => {
  fc.assert(
    fc.property(histories(upTo(100), upTo(1)), (turns) => {
      const { state } = after(turns);
      const last = turns.at(-1)!;
      const before = structuredClone({ state, last });
      const result = rootWeights(state, last);
      expect({ state, last }).toEqual(before);
      expect(rootWeights(state, last)).toEqual(result);
    }),
  );
});

test("pods that count the same get the same, to the last bit", () => {
  fc.assert(
    fc.property(histories(upTo(100), upTo(1)), (turns) => {
      const twins = turns.map((turn) => ({
        ...turn,
        pods: turn.pods.flatMap((pod) => [pod, { ...pod, id: `${pod.id}-twin` }]),
        shares: new Map(
          [...turn.shares].flatMap(([id, share]) => [
            [id, share],
            [`${id}-twin`, share],
          ]),
        ),
      }));
      const { weights } = after(twins);
      for (const [id, weight] of weights) {
        if (!id.endsWith("-twin")) expect(weights.get(`${id}-twin`)).toBe(weight);
      }
    }),
  );
});

test("the unit of time does not matter", () => {
  fc.assert(
    fc.property(measured, fc.constantFrom(0.001, 0.5, 60), fc.boolean(), (turns, unit, told) => {
      const scaled = turns.map((turn) => ({ ...turn, intervalS: turn.intervalS * unit, delayS: turn.delayS * unit }));
      const tell = (all: readonly PoolInterval[], serviceTimeS: number) =>
        told ? all.map((turn) => ({ ...turn, serviceTimeS })) : all;
      const expected = after(tell(turns, 1)).weights;
      for (const [id, weight] of after(tell(scaled, unit)).weights) expect(weight).toBeCloseTo(expected.get(id)!, 6);
    }),
  );
});

test("a longer queue never has more weight", () => {
  fc.assert(
    fc.property(measured, fc.nat(), fc.integer({ min: 1, max: 30 }), (turns, at, more) => {
      const { state } = after(turns);
      const last = turns.at(-1)!;
      const chosen = at % last.pods.length;
      const pods = last.pods.map((pod, index) => (index === chosen ? { ...pod, queue: pod.queue! + more } : pod));
      const id = `p${chosen}`;
      const weightOf = (turn: PoolInterval) => rootWeights(state, turn).weights.get(id)!;
      expect(weightOf({ ...last, pods })).toBeLessThanOrEqual(weightOf(last) + 1e-9);
    }),
  );
});

test("long intervals give the static optimum of the capacities", () => {
  fc.assert(
    fc.property(measured, (turns) => {
      const { state } = after(turns);
      const pods = ids(turns[0]!.pods.length).map((id) => ({ id, queue: 2 }));
      const { capacities, weights, lambda } = rootWeights(state, interval(pods, { intervalS: 1e6 }));
      const all = [...capacities.values()];
      const roots = total(all.map(Math.sqrt));
      const optimum = all.map((capacity) => capacity - (Math.sqrt(capacity) * (total(all) - lambda)) / roots);
      fc.pre(lambda < total(all) && optimum.every((rate) => rate > (0.002 * lambda) / all.length));
      for (const [index, id] of [...capacities.keys()].entries()) {
        expect(weights.get(id)).toBeCloseTo((optimum[index]! * all.length) / lambda, 3);
      }
    }),
  );
});
