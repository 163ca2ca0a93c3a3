import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Balancer, createBalancer, type Endpoint } from "../../src/client/client.ts";
import { seeded } from "./seeded.ts";

const seed = fc.integer();
const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });

const named = (list: readonly number[]): Endpoint[] => list.map((weight, index) => ({ id: `pod-${index}`, weight }));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Picks so often and keeps by how much each endpoint is ahead of its share; brings the furthest that any got. */
function follow(balancer: Balancer, lead: Map<string, number>, picks: number): number {
  const endpoints = balancer.list().map(({ endpoint: { id, weight = 1 } }) => ({ id, weight }));
  const total = sum(endpoints.map(({ weight }) => weight));
  let furthest = 0;
  for (let pick = 0; pick < picks; pick += 1) {
    const picked = balancer.next()!.id;
    for (const { id, weight } of endpoints) {
      const ahead = (lead.get(id) ?? 0) + (id === picked ? 1 : 0) - weight / total;
      lead.set(id, ahead);
      furthest = Math.max(furthest, Math.abs(ahead));
    }
  }
  return furthest;
}

describe("RoundRobin", () => {
  test("of any k·N picks each endpoint gets k, wherever they begin", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(40), fc.integer({ min: 1, max: 5 }), (size, before, k) => {
        const endpoints = Array.from({ length: size }, (_, index) => ({ id: `${index}` }));
        const balancer = createBalancer({ strategy: "RoundRobin", endpoints });
        for (let pick = 0; pick < before; pick += 1) balancer.next();
        const counts = new Map<string, number>();
        for (let pick = 0; pick < k * size; pick += 1) {
          const { id } = balancer.next()!;
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
        expect([...counts.values()]).toEqual(endpoints.map(() => k));
      }),
    );
  });

  test("whoever comes or goes, nobody who stays has two turns while another who stays waits for one", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ kind: "next" } as const) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("add", "remove"), id: fc.constantFrom("x", "y") }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const stay = ["a", "b", "c"];
        const balancer = createBalancer<Endpoint>({ strategy: "RoundRobin", endpoints: stay.map((id) => ({ id })) });
        const counts = new Map(stay.map((id) => [id, 0]));
        for (const taken of steps) {
          if (taken.kind === "next") {
            const { id } = balancer.next()!;
            if (counts.has(id)) counts.set(id, counts.get(id)! + 1);
          } else if (taken.kind === "add") balancer.add({ id: taken.id! });
          else balancer.remove(taken.id!);
          expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe("Weighted", () => {
  test("after any number of picks each endpoint is within one of its exact share", () => {
    fc.assert(
      fc.property(weights, seed, (list, from) => {
        const balancer = createBalancer({ strategy: "Weighted", endpoints: named(list), random: seeded(from) });
        expect(follow(balancer, new Map(), 2 * sum(list) + 5)).toBeLessThan(1 + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test("over a whole round each endpoint gets exactly its weight", () => {
    fc.assert(
      fc.property(weights, seed, (list, from) => {
        const balancer = createBalancer({ strategy: "Weighted", endpoints: named(list), random: seeded(from) });
        const counts = list.map(() => 0);
        for (let pick = 0; pick < sum(list); pick += 1) {
          const index = Number(balancer.next()!.id.slice(4));
          counts[index] = counts[index]! + 1;
        }
        expect(counts).toEqual(list);
      }),
      { numRuns: 60 },
    );
  });

  test("the first pick is as likely as its weight", () => {
    const firsts = { a: 0, b: 0, c: 0 };
    const random = seeded(7);
    const endpoints = [
      { id: "a", weight: 6 },
      { id: "b", weight: 3 },
      { id: "c", weight: 1 },
    ] as const;
    for (let client = 0; client < 4_000; client += 1) {
      firsts[createBalancer<(typeof endpoints)[number]>({ strategy: "Weighted", endpoints, random }).next()!.id] += 1;
    }
    expect(firsts.a / 4_000).toBeCloseTo(0.6, 1);
    expect(firsts.b / 4_000).toBeCloseTo(0.3, 1);
    expect(firsts.c / 4_000).toBeCloseTo(0.1, 1);
  });

  test("publishing the same weights again and again changes no pick", () => {
    fc.assert(
      fc.property(weights, seed, (list, from) => {
        const [still, republished] = [0, 1].map(() =>
          createBalancer({ strategy: "Weighted", endpoints: named(list), random: seeded(from) }),
        );
        for (let pick = 0; pick < 50; pick += 1) {
          // In another unit, as weights are only shares.
          republished!.set(named(list.map((weight) => weight * (1 + (pick % 3)))));
          expect(republished!.next()!.id).toBe(still!.next()!.id);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("weights that move slowly keep phases: no burst and no famine at any update", () => {
    fc.assert(
      fc.property(weights, seed, (list, from) => {
        const random = seeded(from);
        const balancer = createBalancer({ strategy: "Weighted", endpoints: named(list), random });
        let current = list;
        const lead = new Map<string, number>();
        for (let update = 0; update < 60; update += 1) {
          expect(follow(balancer, lead, 1 + Math.floor(random() * 4))).toBeLessThan(2);
          current = current.map((weight) => weight * (0.85 + 0.3 * random()));
          balancer.set(named(current));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("endpoints that come and go leave the others at their shares", () => {
    const change = fc.record({
      id: fc.constantFrom("x", "y", "z"),
      weight: fc.integer({ min: 1, max: 20 }),
      picks: fc.nat(8),
    });
    fc.assert(
      fc.property(weights, fc.array(change, { maxLength: 40 }), seed, (list, changes, from) => {
        const balancer = createBalancer({ strategy: "Weighted", endpoints: named(list), random: seeded(from) });
        const lead = new Map<string, number>();
        for (const { id, weight, picks } of changes) {
          follow(balancer, lead, picks);
          const before = new Map([...lead]);
          if (!balancer.remove(id)) balancer.add({ id, weight });
          lead.delete(id);
          // From the change on, nobody bursts or starves for what happened before.
          follow(balancer, lead, 10);
          for (const [name, ahead] of lead) expect(Math.abs(ahead - (before.get(name) ?? 0))).toBeLessThan(2);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("many that come at once make no burst", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(20), seed, (many, before, from) => {
        const balancer = createBalancer<Endpoint>({ strategy: "Weighted", random: seeded(from) });
        balancer.set([
          { id: "heavy", weight: 60 },
          { id: "other", weight: 3 },
        ]);
        for (let pick = 0; pick < before; pick += 1) balancer.next();
        for (const endpoint of named(Array.from({ length: many }, () => 1))) balancer.add(endpoint);
        expect(follow(balancer, new Map(), 200)).toBeLessThan(2);
      }),
      { numRuns: 60 },
    );
  });

  test("an endpoint without weight gets nothing while another has some; without any, all are even", () => {
    const balancer = createBalancer({ strategy: "Weighted", endpoints: named([0, 2, 0, 1]) });
    const picks = Array.from({ length: 30 }, () => balancer.next()!.id);
    expect(new Set(picks)).toEqual(new Set(["pod-1", "pod-3"]));
    balancer.set(named([0, 0, 0]));
    expect(new Set([balancer.next(), balancer.next(), balancer.next()].map((endpoint) => endpoint!.id)).size).toBe(3);
  });

  test("weights that jump are obeyed from the next pick on, owing nothing", () => {
    const balancer = createBalancer<Endpoint>({ strategy: "Weighted", endpoints: named([100, 1]) });
    for (let pick = 0; pick < 150; pick += 1) balancer.next();
    balancer.set(named([1, 100]));
    const picks = Array.from({ length: 101 }, () => balancer.next()!.id);
    expect(picks.filter((id) => id === "pod-1")).toHaveLength(100);
  });
});

describe("LeastConnections", () => {
  test("alone, it keeps requests in flight even", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.boolean(), { maxLength: 100 }), (size, steps) => {
        const endpoints = Array.from({ length: size }, (_, index) => ({ id: `${index}` }));
        const balancer = createBalancer({ strategy: "LeastConnections", endpoints });
        for (const opens of steps) {
          const counts = balancer.list().map(({ inFlight }) => inFlight);
          if (opens) {
            const { id } = balancer.next()!;
            expect(counts[Number(id)]).toBe(Math.min(...counts));
          } else balancer.release(String(counts.indexOf(Math.max(...counts))));
        }
        const counts = balancer.list().map(({ inFlight }) => inFlight);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("on figures that age it levels what it read, then takes turns", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10), { minLength: 2, maxLength: 6 }), (figures) => {
        const endpoints = figures.map((_, index) => ({ id: `${index}` }));
        const balancer = createBalancer({ strategy: "LeastConnections", endpoints, now: () => 0 });
        figures.forEach((figure, index) => {
          balancer.updateConnections(String(index), figure, 500);
        });
        const missing = sum(figures.map((figure) => Math.max(...figures) - figure));
        for (let pick = 0; pick < missing; pick += 1) balancer.release(balancer.next()!);
        const after = endpoints.map(() => 0);
        for (let pick = 0; pick < 3 * figures.length; pick += 1) {
          const endpoint = balancer.next()!;
          balancer.release(endpoint);
          after[Number(endpoint.id)]! += 1;
        }
        expect(after).toEqual(endpoints.map(() => 3));
      }),
    );
  });
});
