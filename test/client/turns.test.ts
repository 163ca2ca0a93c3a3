import fc from "fast-check";
import { expect, test } from "vitest";
import { type Turn, WeightedTurns } from "../../src/client/turns.ts";
import { seeded } from "./seeded.ts";

const comer = (weight: number): Turn => ({ weight, credit: undefined, share: 0 });

test("in sum nobody owes anything, whoever comes, goes or changes weight", () => {
  const step = fc.record({
    kind: fc.constantFrom("take", "take", "take", "come", "go", "weigh"),
    at: fc.nat(20),
    weight: fc.integer({ min: 0, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer(), (steps, from) => {
      const turns = new WeightedTurns(seeded(from));
      let list = [comer(1), comer(2), comer(5)];
      turns.lay(list);
      for (const { kind, at, weight } of steps) {
        if (kind === "take") turns.take();
        else if (kind === "come") list = [...list, comer(weight)];
        else if (kind === "go") list = list.filter((_, index) => index !== at % list.length);
        else for (const turn of list.slice(at % 5, (at % 5) + 1)) turn.weight = weight;
        if (kind !== "take") turns.lay(list);
        const credits = list.map(({ credit }) => credit!);
        expect(credits.reduce((total, credit) => total + credit, 0)).toBeCloseTo(0, 9);
        expect(list.reduce((total, { share }) => total + share, 0)).toBeCloseTo(list.length > 0 ? 1 : 0, 9);
      }
    }),
  );
});

test("when weights move slowly, each deadline goes from d to d * w_old / w_new", () => {
  const due = ({ credit, share }: Turn): number => (1 - credit!) / share;
  const weights = fc.array(fc.integer({ min: 50, max: 200 }), { minLength: 2, maxLength: 10 });
  fc.assert(
    fc.property(weights, fc.nat(60), fc.integer(), (list, before, from) => {
      const random = seeded(from);
      const turns = new WeightedTurns(random);
      const all = list.map(comer);
      turns.lay(all);
      for (let turn = 0; turn <= before; turn += 1) turns.take();
      const earlier = all.map((turn) => ({ due: due(turn), share: turn.share }));
      for (const turn of all) turn.weight *= 0.85 + 0.3 * random();
      turns.lay(all);
      for (const [index, turn] of all.entries()) {
        const { due: was, share } = earlier[index]!;
        expect(due(turn)).toBeCloseTo((was * share) / turn.share, 9);
      }
    }),
  );
});

test("of nobody there is no turn", () => {
  const turns = new WeightedTurns(() => 0);
  expect([turns.take(), turns.upcoming()]).toEqual([undefined, []]);
  turns.lay([]);
  expect(turns.take()).toBeUndefined();
});

test("weights of any size share the turns, also where their sum is too large for a number", () => {
  const turns = new WeightedTurns<Turn & { readonly name: string }>(seeded(1));
  const list = [
    { name: "a", ...comer(1e308) },
    { name: "b", ...comer(1e308) },
    { name: "c", ...comer(0.5e308) },
  ];
  turns.lay(list);
  const taken = Array.from({ length: 50 }, () => turns.take()!.name);
  expect(["a", "b", "c"].map((name) => taken.filter((one) => one === name).length)).toEqual([20, 20, 10]);
});
