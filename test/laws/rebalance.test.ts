import fc from "fast-check";
import { expect, test } from "vitest";
import { type BalancedPod, type RebalanceMemory, stepRebalance } from "../../src/decide/rebalance/rebalance.ts";

const periodMs = 10_000;
const answerMs = 800;

/** What is seen of a pod at a look; `ageMs` of its sample, none where it is missing. */
const anyLook = fc.record({
  moved: fc.integer({ min: -30, max: 30 }),
  ageMs: fc.option(fc.nat(15_000), { nil: undefined, freq: 15 }),
});
const most = 6;
const anyRun = fc.record({
  pods: fc.array(fc.record({ connections: fc.nat(200), capacity: fc.constantFrom(0.5, 1, 1.5) }), {
    minLength: 1,
    maxLength: most,
  }),
  looks: fc.array(
    fc.record({
      afterMs: fc.constantFrom(50, 900, 3_000, 10_000),
      isImpaired: fc.constantFrom(false, false, false, true),
      pods: fc.array(anyLook, { minLength: most, maxLength: most }),
    }),
    { minLength: 2, maxLength: 30 },
  ),
  maxPercent: fc.integer({ min: 1, max: 50 }),
  offsetMs: fc.nat(periodMs - 1),
});

/** Steps through a run with pods that do as they are asked; brings each decision with what it was made by. */
function decisionsOf({ pods, looks, maxPercent, offsetMs }: typeof anyRun extends fc.Arbitrary<infer R> ? R : never) {
  let now = 1_000_000;
  let memory: RebalanceMemory | undefined;
  const open = pods.map(({ connections }) => connections);
  const made: { at: number; seen: BalancedPod[]; surplus: number[]; isImpaired: boolean; isFirst: boolean }[] = [];
  for (const look of looks) {
    now += look.afterMs;
    const seen = pods.map(({ capacity }, place): BalancedPod => {
      const { ageMs, moved } = look.pods[place]!;
      open[place] = Math.max(0, open[place]! + moved);
      const sample = ageMs !== undefined && { connections: open[place]!, sampledAt: now - ageMs };
      return { uid: `uid-${place}`, capacity, ...sample };
    });
    const moment = { now, periodMs, offsetMs, maxPercent, answerMs, isImpaired: look.isImpaired };
    const isFirst = memory === undefined;
    const step = stepRebalance(memory, seen, moment);
    memory = step.memory;
    if (!step.isNew) continue;
    const surplus = seen.map(({ uid }) => step.memory.surplus.get(uid)!);
    surplus.forEach((connections, place) => {
      open[place]! -= connections;
    });
    made.push({ at: now, seen, surplus, isImpaired: look.isImpaired, isFirst });
  }
  return made;
}

const totalOf = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

test("no pod is asked below its share or near it, nor for more than its percentage", () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      for (const { seen, surplus } of decisionsOf(run)) {
        const level =
          totalOf(seen.map(({ connections }) => connections!)) / totalOf(run.pods.map((pod) => pod.capacity));
        seen.forEach(({ connections, capacity }, place) => {
          const asked = surplus[place]!;
          expect(Number.isInteger(asked) && asked >= 0).toBe(true);
          expect(asked).toBeLessThanOrEqual((connections! * run.maxPercent) / 100 + 1e-9);
          if (connections! <= 1.05 * capacity * level - 1e-9) expect(asked).toBe(0);
          expect(connections! - asked).toBeGreaterThanOrEqual(Math.min(connections!, capacity * level) - 1e-9);
        });
      }
    }),
  );
});

test("nobody is asked at first, while a sample is missing, or twice in a period", () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const made = decisionsOf(run);
      const periods = made.map(({ at }) => Math.floor((at - run.offsetMs) / periodMs));
      expect(new Set(periods).size).toBe(periods.length);
      for (const { seen, isImpaired, isFirst } of made) {
        expect(isFirst || isImpaired).toBe(false);
        expect(seen.every(({ connections }) => connections !== undefined)).toBe(true);
      }
    }),
  );
});

test("nobody is asked before every sample shows what was asked before", () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      let askedAt = Number.NEGATIVE_INFINITY;
      for (const { at, seen, surplus } of decisionsOf(run)) {
        for (const { sampledAt } of seen) expect(sampledAt).toBeGreaterThanOrEqual(askedAt + answerMs);
        if (surplus.some((connections) => connections > 0)) askedAt = at;
      }
    }),
  );
});

test("the order of pods changes nothing", () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const backwards = {
        ...run,
        pods: run.pods.toReversed(),
        looks: run.looks.map((look) => ({
          ...look,
          pods: [...look.pods.slice(0, run.pods.length).toReversed(), ...look.pods.slice(run.pods.length)],
        })),
      };
      const askedIn = (made: ReturnType<typeof decisionsOf>) => made.map(({ at, surplus }) => ({ at, surplus }));
      const turned = askedIn(decisionsOf(backwards)).map(({ at, surplus }) => ({ at, surplus: surplus.toReversed() }));
      expect(turned).toEqual(askedIn(decisionsOf(run)));
    }),
  );
});

test("pods that do as they are asked come to an even spread and stay there", () => {
  const anyFleet = fc.record({
    counts: fc.array(fc.nat(400), { minLength: 2, maxLength: 12 }),
    maxPercent: fc.integer({ min: 3, max: 50 }),
  });
  fc.assert(
    fc.property(anyFleet, ({ counts, maxPercent }) => {
      const open = [...counts];
      const level = totalOf(open) / open.length;
      let memory: RebalanceMemory | undefined;
      let asked = 0;
      let next = 0;
      for (let period = 0; period < 400; period += 1) {
        const now = 1_000_000 + period * periodMs;
        const seen = open.map((connections, place) => ({
          uid: `uid-${place}`,
          capacity: 1,
          connections,
          sampledAt: now,
        }));
        const moment = { now, periodMs, offsetMs: 0, maxPercent, answerMs, isImpaired: false };
        const step = stepRebalance(memory, seen, moment);
        memory = step.memory;
        if (!step.isNew) continue;
        asked = totalOf([...step.memory.surplus.values()]);
        open.forEach((_, place) => {
          open[place]! -= step.memory.surplus.get(`uid-${place}`)!;
        });
        // Each takes its turn, as behind a proxy that goes round.
        for (let back = 0; back < asked; back += 1) open[next++ % open.length]! += 1;
      }
      // What is left is less than a whole connection of the percentage, or near.
      const near = Math.max(1.05 * level, level + 1, 100 / maxPercent) + 1;
      expect(Math.max(...open)).toBeLessThanOrEqual(near);
      expect(asked).toBeLessThanOrEqual(open.length);
    }),
  );
});
