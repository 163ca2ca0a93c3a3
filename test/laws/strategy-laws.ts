import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/decide/membership/eligible.ts";
import type { PoolStrategy, Ranked, View } from "../../src/decide/strategies/rank.ts";
import { candidate, pool } from "../builders/builders.ts";
import { inAnyOrder } from "./orders.ts";

type Figure = "connections" | "load" | "responseMs";

/** How a strategy ranks: by which figure alone, if by one; whether busier pods may come first. */
interface Law {
  readonly figure?: Figure;
  readonly fillsUp?: boolean;
}

const anyCandidate = fc.record(
  {
    connections: fc.oneof(fc.nat(5), fc.nat(10_000)),
    load: fc.oneof(fc.nat(5), fc.double({ min: 0, max: 1e6, noNaN: true })),
    responseMs: fc.oneof(fc.nat(5), fc.double({ min: 0, max: 1e6, noNaN: true })),
  },
  { requiredKeys: [] },
);
const anyCandidates = fc
  .array(anyCandidate, { maxLength: 30 })
  .map((rows) => rows.map((figures, index) => candidate(`web-${index}`, figures)));
const anySeed = fc.integer();

const viewOf = (seed: number): View => ({ seed, pool: pool(), traits: new Map() });
const namesOf = (ranked: readonly Ranked[]): string[] => ranked.map(({ candidate: { pod } }) => pod.name);
const equals = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, index) => candidate(`web-${index}`, { connections: 3, load: 3, responseMs: 3 }));

/** What holds of every strategy. */
export function describeStrategy(name: string, { rank: rankBy }: PoolStrategy, { figure, fillsUp = false }: Law): void {
  const strategy = (candidates: readonly Candidate[], seed: number) => rankBy(candidates, viewOf(seed));
  const figureOf = ({ candidate: { sample } }: Ranked) => figure && sample?.[figure];

  describe(`${name}, as every strategy`, () => {
    test("ranks nobody when there is nobody", () => {
      expect(strategy([], 1)).toEqual([]);
    });

    test("ranks each candidate once, and says why", () => {
      fc.assert(
        fc.property(anyCandidates, anySeed, (candidates, seed) => {
          const ranked = strategy(candidates, seed);
          expect(new Set(ranked.map((entry) => entry.candidate))).toEqual(new Set(candidates));
          expect(ranked.length).toBe(candidates.length);
          expect(ranked.every(({ reason }) => reason !== "")).toBe(true);
        }),
      );
    });

    test("does not mind the order in which candidates come", () => {
      fc.assert(
        fc.property(inAnyOrder(anyCandidates), anySeed, ([candidates, shuffled], seed) => {
          expect(strategy(shuffled, seed)).toEqual(strategy(candidates, seed));
        }),
      );
    });

    test("lets the seed decide between equals, so that each of them is the first under some seeds", () => {
      const firsts = Array.from({ length: 200 }, (_, seed) => namesOf(strategy(equals(5), seed))[0]);
      expect(new Set(firsts).size).toBe(5);
      expect(namesOf(strategy(equals(20), 1))).toEqual(namesOf(strategy(equals(20), 1)));
    });

    if (!fillsUp) {
      test("never ranks a pod higher for having more to do", () => {
        const worse = fc
          .tuple(anyCandidates, fc.nat(), fc.double({ min: 0, max: 1e4, noNaN: true }), anySeed)
          .filter(([{ length }]) => length > 0);
        fc.assert(
          fc.property(worse, ([candidates, position, more, seed]) => {
            const index = position % candidates.length;
            const { pod, sample } = candidates[index]!;
            const busier = candidate(pod.name, {
              ...(sample?.connections !== undefined && { connections: sample.connections + Math.round(more) }),
              ...(sample?.load !== undefined && { load: sample.load + more }),
              ...(sample?.responseMs !== undefined && { responseMs: sample.responseMs + more }),
            });
            const before = strategy(candidates, seed);
            const after = strategy(candidates.with(index, sample ? busier : candidates[index]!), seed);
            const rank = (ranked: readonly Ranked[]) => namesOf(ranked).indexOf(pod.name);
            expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
          }),
        );
      });
    }

    if (figure === undefined) return;

    test(`ranks by ${figure}, least first, and tells it`, () => {
      fc.assert(
        fc.property(anyCandidates, anySeed, (candidates, seed) => {
          const measured = strategy(candidates, seed).filter((entry) => figureOf(entry) !== undefined);
          measured.slice(1).forEach((entry, index) => {
            expect(figureOf(entry)).toBeGreaterThanOrEqual(figureOf(measured[index]!)!);
          });
          for (const entry of measured) expect(entry.figure).toBe(figureOf(entry));
        }),
      );
    });

    test("ranks what is not measured after all that is, by no figure, and says why", () => {
      fc.assert(
        fc.property(anyCandidates, anySeed, (candidates, seed) => {
          const ranked = strategy(candidates, seed);
          const first = ranked.findIndex((entry) => figureOf(entry) === undefined);
          fc.pre(first >= 0);
          for (const entry of ranked.slice(first)) {
            expect([figureOf(entry), entry.figure]).toEqual([undefined, undefined]);
            expect(entry.reason).toMatch(/^not measured: /);
          }
        }),
      );
    });

    test("keeps the others in their order when a pod comes", () => {
      fc.assert(
        fc.property(anyCandidates, anyCandidate, anySeed, (candidates, figures, seed) => {
          const grown = strategy([...candidates, candidate("new", figures)], seed);
          expect(namesOf(grown).filter((pod) => pod !== "new")).toEqual(namesOf(strategy(candidates, seed)));
        }),
      );
    });
  });
}
