import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../../src/api/pool.ts";
import { type PickRequest, type Picks, pick as pickBy, startPicks } from "../../../src/decide/choose/pick.ts";
import type { PlannedEndpoint } from "../../../src/decide/planned.ts";
import { strategies } from "../../../src/decide/strategies/strategy.ts";

/** As a pool of this strategy picks. */
const pick = ({ strategy, ...request }: Omit<PickRequest, "pickBy"> & { readonly strategy: StrategyType }) =>
  pickBy({ ...request, pickBy: strategies[strategy].pickBy });

const endpoint = (uid: string, figures: Partial<PlannedEndpoint> = {}): PlannedEndpoint => ({
  pod: `pod-${uid}`,
  uid,
  address: "10.0.0.1",
  ports: [{ name: "http", port: 8080 }],
  rank: 1,
  weight: 1_000,
  reason: "",
  ...figures,
});

const equal = (count: number, figures: Partial<PlannedEndpoint> = {}): PlannedEndpoint[] =>
  Array.from({ length: count }, (_, index) => endpoint(`u${index}`, figures));

interface Run {
  readonly strategy: StrategyType;
  readonly times: number;
  readonly picks?: Picks;
  readonly plannedAt?: number;
  readonly now?: number;
  /** What was picked is done, and seen to be, before the next one comes. */
  readonly sampledEach?: boolean;
}

/** First choices of many picks in a row on one plan. */
function picked(endpoints: readonly PlannedEndpoint[], { strategy, times, sampledEach = false, ...run }: Run) {
  let picks = run.picks ?? startPicks(7);
  const firsts: string[] = [];
  for (let time = 0; time < times; time += 1) {
    const { plannedAt = 0, now = 0 } = sampledEach ? { plannedAt: time * 100, now: time * 100 } : run;
    const choice = pick({ endpoints, strategy, plannedAt, now, picks, n: 1 });
    firsts.push(choice.endpoints[0]!.uid);
    picks = choice.picks;
  }
  return { firsts, picks };
}

const countsOf = (endpoints: readonly PlannedEndpoint[], firsts: readonly string[]): number[] =>
  endpoints.map(({ uid }) => firsts.filter((first) => first === uid).length);

const anyEndpoints = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 0, max: 3_000 }),
      connections: fc.option(fc.nat(500), { nil: undefined }),
      load: fc.option(fc.double({ min: 0, max: 200, noNaN: true }), { nil: undefined }),
      ageMs: fc.nat(5_000),
    }),
    { maxLength: 30 },
  )
  .map((rows) =>
    rows.map(({ weight, connections, load, ageMs }, index) =>
      endpoint(`u${index}`, {
        weight,
        ...(connections !== undefined && { connections }),
        ...(load !== undefined && { load }),
        ...((connections ?? load) !== undefined && { ageMs }),
      }),
    ),
  );

const anyStrategy = fc.constantFrom(...strategyTypes);
const turning = ["RoundRobin", "LeastConnections", "LeastLoad"] as const;

describe("laws", () => {
  test("a choice is min(n, count) different endpoints of the plan, at every turn", () => {
    fc.assert(
      fc.property(
        fc.array(anyEndpoints, { minLength: 1, maxLength: 6 }),
        anyStrategy,
        fc.nat(40),
        fc.nat(),
        (plans, strategy, n, seed) => {
          let picks = startPicks(seed);
          for (const [index, endpoints] of plans.entries()) {
            const choice = pick({ endpoints, strategy, plannedAt: index * 1_000, now: index * 1_000 + 5, picks, n });
            expect(choice.endpoints).toHaveLength(Math.min(n, endpoints.length));
            expect(new Set(choice.endpoints).size).toBe(choice.endpoints.length);
            expect(endpoints).toEqual(expect.arrayContaining([...choice.endpoints]));
            picks = choice.picks;
          }
        },
      ),
    );
  });

  test("over N equal endpoints, any number of picks gives each its share, give or take one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(...turning),
        fc.boolean(),
        fc.nat(),
        (count, rounds, strategy, measured, seed) => {
          const endpoints = equal(count, measured ? { connections: 3, load: 40, ageMs: 0 } : {});
          const { firsts } = picked(endpoints, { strategy, times: count * rounds, picks: startPicks(seed) });
          for (const times of countsOf(endpoints, firsts)) expect(Math.abs(times - rounds)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("round robin gives each endpoint its weight's share, give or take one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 300 }),
        (weights, times) => {
          const endpoints = weights.map((weight, index) => endpoint(`u${index}`, { weight }));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const counts = countsOf(endpoints, picked(endpoints, { strategy: "RoundRobin", times }).firsts);
          // The bound of smooth weighted round robin on the distance from the ideal.
          for (const [index, count] of counts.entries()) {
            expect(Math.abs(count - (times * weights[index]!) / total)).toBeLessThan(
              weights.length > 2 ? weights.length - 1 : 1 + 1e-9,
            );
          }
        },
      ),
    );
  });

  test("a pod with fewer connections never stands after one with more", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 30 }), fc.nat(), (figures, seed) => {
        const endpoints = figures.map((connections, index) => endpoint(`u${index}`, { connections, ageMs: 100 }));
        const request = { endpoints, strategy: "LeastConnections", plannedAt: 0, now: 0 } as const;
        const choice = pick({ ...request, picks: startPicks(seed), n: figures.length });
        const order = choice.endpoints.map(({ connections }) => connections);
        expect(order).toEqual([...figures].sort((a, b) => a - b));
      }),
    );
  });

  test("the same state gives the same choice, and picking leaves its input as it was", () => {
    fc.assert(
      fc.property(anyEndpoints, anyStrategy, fc.nat(), (endpoints, strategy, seed) => {
        const { picks } = endpoints.length ? picked(endpoints, { strategy, times: 3 }) : { picks: startPicks(seed) };
        const request = { endpoints, strategy, plannedAt: 0, now: 0, picks, n: 5 };
        const before = structuredClone(request);
        expect(pick(request)).toEqual(pick(request));
        expect(request).toEqual(before);
      }),
    );
  });
});

test("an empty plan has nobody to pick", () => {
  for (const strategy of strategyTypes) {
    expect(pick({ endpoints: [], strategy, plannedAt: 0, now: 0, picks: startPicks(1), n: 3 }).endpoints).toEqual([]);
  }
});

describe("least connections", () => {
  test("own dispatches fill the emptiest first, until all are level", () => {
    const endpoints = [endpoint("a", { connections: 0, ageMs: 0 }), endpoint("b", { connections: 4, ageMs: 0 })];
    const { firsts } = picked(endpoints, { strategy: "LeastConnections", times: 10 });
    expect(firsts.slice(0, 4)).toEqual(["a", "a", "a", "a"]);
    expect(countsOf(endpoints, firsts)).toEqual([7, 3]);
  });

  test("a newer sample has seen the dispatches before it, and none after it", () => {
    const a = endpoint("a", { connections: 0, ageMs: 0 });
    const b = endpoint("b", { connections: 3, ageMs: 0 });
    const strategy = "LeastConnections";
    const early = picked([a, b], { strategy, times: 2, plannedAt: 1_000, now: 1_010 });
    const late = picked([a, b], { strategy, times: 1, plannedAt: 1_000, now: 1_900, picks: early.picks });
    expect([...early.firsts, ...late.firsts]).toEqual(["a", "a", "a"]);
    // Planned at 2000 from a sample of 1500: it holds the two of 1010, and the one of 1900 comes on top.
    const newer = endpoint("a", { connections: 2, ageMs: 500 });
    const after = picked([newer, b], { strategy, times: 2, plannedAt: 2_000, now: 2_000, picks: late.picks });
    expect(after.firsts.toSorted()).toEqual(["a", "b"]);
    // The same samples in a later plan have seen nothing more: both stand at four now, above the third.
    const old = [endpoint("a", { connections: 2, ageMs: 1_500 }), endpoint("b", { connections: 3, ageMs: 1_000 })];
    const third = endpoint("c", { connections: 3, ageMs: 0 });
    const again = picked([...old, third], { strategy, times: 1, plannedAt: 3_000, now: 3_000, picks: after.picks });
    expect(again.firsts).toEqual(["c"]);
  });

  test("dispatches that a clock which has been set back since had counted do not count for ever", () => {
    const endpoints = [endpoint("a", { connections: 0, ageMs: 100 }), endpoint("b", { connections: 50, ageMs: 100 })];
    const strategy = "LeastConnections";
    let { picks } = picked(endpoints, { strategy, times: 1, plannedAt: 3_600_000, now: 3_600_000 });
    const firsts = Array.from({ length: 200 }, (_, round) => {
      const now = round * 200;
      const run = picked(endpoints, { strategy, times: 1, plannedAt: now, now, picks });
      picks = run.picks;
      return run.firsts[0]!;
    });
    expect(countsOf(endpoints, firsts)).toEqual([200, 0]);
  });

  test("who is not measured gets the share of the middle, not of the idle", () => {
    const endpoints = [
      endpoint("idle", { connections: 0, ageMs: 0 }),
      endpoint("middle", { connections: 10, ageMs: 0 }),
      endpoint("full", { connections: 20, ageMs: 0 }),
      endpoint("unknown"),
    ];
    const { firsts } = picked(endpoints, { strategy: "LeastConnections", times: 30 });
    expect(firsts.slice(0, 10)).toEqual(Array(10).fill("idle"));
    const [idle, middle, full, unknown] = countsOf(endpoints, firsts);
    expect(full).toBe(0);
    expect(Math.abs(unknown! - middle!)).toBeLessThanOrEqual(1);
    expect(idle).toBeGreaterThan(unknown!);
  });

  test("equal figures in every new sample still take turns", () => {
    let picks = startPicks(3);
    const firsts: string[] = [];
    for (let second = 0; second < 9; second += 1) {
      const endpoints = equal(3, { connections: 5, ageMs: 0 });
      const plannedAt = second * 1_000;
      const choice = pick({ endpoints, strategy: "LeastConnections", plannedAt, now: plannedAt + 10, picks, n: 1 });
      firsts.push(choice.endpoints[0]!.uid);
      picks = choice.picks;
    }
    expect(countsOf(equal(3), firsts)).toEqual([3, 3, 3]);
  });

  test("what is remembered of a busy endpoint stays small, and loses no dispatch", () => {
    const [only] = equal(1, { connections: 0, ageMs: 0 });
    let picks = startPicks(1);
    for (let time = 0; time < 1_000; time += 1) {
      picks = pick({
        endpoints: [only!],
        strategy: "LeastConnections",
        plannedAt: 0,
        now: time * 30,
        picks,
        n: 1,
      }).picks;
    }
    const { bursts } = picks.tallies.get("u0")!;
    expect(bursts.length).toBeLessThanOrEqual(64);
    expect(bursts.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  });
});

describe("least load", () => {
  test("a dispatch costs what the pool's connections cost on average", () => {
    // 100 points over 20 connections: five points each.
    const endpoints = [
      endpoint("a", { connections: 6, load: 30, ageMs: 0 }),
      endpoint("b", { connections: 14, load: 70, ageMs: 0 }),
    ];
    const { firsts } = picked(endpoints, { strategy: "LeastLoad", times: 12 });
    expect(firsts.slice(0, 8)).toEqual(Array(8).fill("a"));
    expect(countsOf(endpoints, firsts)).toEqual([10, 2]);
  });

  test("without connections it costs one point", () => {
    const endpoints = [endpoint("a", { load: 10, ageMs: 0 }), endpoint("b", { load: 13, ageMs: 0 })];
    const { firsts } = picked(endpoints, { strategy: "LeastLoad", times: 7 });
    expect(countsOf(endpoints, firsts)).toEqual([5, 2]);
  });
});

describe("random", () => {
  const endpoints = [
    endpoint("a", { weight: 1_000 }),
    endpoint("b", { weight: 2_000 }),
    endpoint("c", { weight: 3_000 }),
    endpoint("never", { weight: 0 }),
  ];

  test("the first is drawn by weight, and so is the second among the rest", () => {
    const turns = 6_000;
    let picks = startPicks(42);
    const firsts: string[] = [];
    const afterC: string[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const choice = pick({ endpoints, strategy: "Random", plannedAt: 0, now: turn, picks, n: 4 });
      const [first, second, , last] = choice.endpoints;
      firsts.push(first!.uid);
      if (first!.uid === "c") afterC.push(second!.uid);
      expect(last!.uid).toBe("never");
      picks = choice.picks;
    }
    // Five standard deviations of a binomial share.
    const near = (share: number, expected: number, draws: number) =>
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / draws));
    const [a, b, c] = countsOf(endpoints, firsts);
    near(a! / turns, 1 / 6, turns);
    near(b! / turns, 2 / 6, turns);
    near(c! / turns, 3 / 6, turns);
    near(countsOf(endpoints, afterC)[0]! / afterC.length, 1 / 3, afterC.length);
  });

  test("another seed draws another sequence", () => {
    const sequence = (seed: number) =>
      picked(endpoints, { strategy: "Random", times: 20, picks: startPicks(seed) }).firsts;
    expect(sequence(1)).toEqual(sequence(1));
    expect(sequence(1)).not.toEqual(sequence(2));
  });
});

describe("turns over updates of the weights", () => {
  const pickOnce = (endpoints: readonly PlannedEndpoint[], picks: Picks) =>
    pick({ endpoints, strategy: "RoundRobin", plannedAt: 0, now: 0, picks, n: 1 });

  test("the same weights again, in whatever order, change no pick", () => {
    const endpoints = [3, 1, 4, 1, 5].map((weight, index) => endpoint(`u${index}`, { weight: weight * 357 }));
    let still = startPicks(5);
    let updated = startPicks(5);
    for (let turn = 0; turn < 60; turn += 1) {
      const [a, b] = [pickOnce(endpoints, still), pickOnce(turn % 2 ? endpoints.toReversed() : endpoints, updated)];
      expect(b.endpoints[0]!.uid).toBe(a.endpoints[0]!.uid);
      [still, updated] = [a.picks, b.picks];
    }
  });

  test("weights that move slowly, as often as they like, make neither burst nor famine", () => {
    const start = fc.array(fc.integer({ min: 300, max: 2_000 }), { minLength: 2, maxLength: 8 });
    const moves = fc.array(fc.integer({ min: 85, max: 115 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(start, fc.array(moves, { minLength: 20, maxLength: 40 }), (first, updates) => {
        let weights: readonly number[] = first;
        let picks = startPicks(9);
        const lead = weights.map(() => 0);
        for (const [round, update] of updates.entries()) {
          const endpoints = weights.map((weight, index) => endpoint(`u${index}`, { weight }));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          for (let turn = 0; turn <= round % 4; turn += 1) {
            const choice = pickOnce(endpoints, picks);
            picks = choice.picks;
            for (const index of lead.keys())
              lead[index]! += (choice.endpoints[0]!.uid === `u${index}` ? 1 : 0) - weights[index]! / total;
          }
          // An update that threw the turns away would let the heaviest begin again each time.
          for (const ahead of lead) expect(Math.abs(ahead)).toBeLessThan(Math.max(2, weights.length - 1));
          weights = weights.map((weight, index) => Math.max(100, Math.round((weight * update[index]!) / 100)));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("round robin", () => {
  test("turns are spread, not bunched", () => {
    const endpoints = [endpoint("a", { weight: 5 }), endpoint("b", { weight: 1 }), endpoint("c", { weight: 1 })];
    const { firsts } = picked(endpoints, { strategy: "RoundRobin", times: 14 });
    expect(countsOf(endpoints, firsts)).toEqual([10, 2, 2]);
    expect(firsts.join("")).not.toMatch(/aaaaa/);
  });

  test("weight 0 comes last, unless all have it", () => {
    const endpoints = [endpoint("a", { weight: 0 }), endpoint("b")];
    expect(countsOf(endpoints, picked(endpoints, { strategy: "RoundRobin", times: 5 }).firsts)).toEqual([0, 5]);
    const idle = equal(3, { weight: 0 });
    expect(countsOf(idle, picked(idle, { strategy: "RoundRobin", times: 6 }).firsts)).toEqual([2, 2, 2]);
  });

  test("a pool that shrinks owes nobody a long silence", () => {
    const { firsts, picks } = picked(equal(100), { strategy: "RoundRobin", times: 50 });
    // The deepest in debt, and one whose turn is long due.
    const waiting = equal(100).find(({ uid }) => !firsts.includes(uid))!;
    const rest = [endpoint(firsts.at(-1)!), waiting];
    const [debtor, other] = countsOf(rest, picked(rest, { strategy: "RoundRobin", times: 20, picks }).firsts);
    expect(Math.abs(debtor! - other!)).toBeLessThanOrEqual(4);
  });

  test("replicas with different seeds begin at different endpoints", () => {
    const first = (seed: number) =>
      picked(equal(10), { strategy: "RoundRobin", times: 1, picks: startPicks(seed) }).firsts[0];
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(first)).size).toBeGreaterThan(2);
  });
});

describe("a pod in its slow start", () => {
  /** Nine that are settled and one that came a moment ago: the emptiest, as nobody knows it yet. */
  const withNewcomer = (slowStart: number, connections = 5): PlannedEndpoint[] => {
    const traffic = 9 + slowStart;
    const old = equal(9, { weight: Math.round(10_000 / traffic), connections, load: 50, ageMs: 0 });
    const weight = Math.round((10_000 * slowStart) / traffic);
    return [...old, endpoint("new", { weight, connections: 0, load: 0, ageMs: 0, slowStart })];
  };

  test.each(strategyTypes)("gets its share of the picks and no more with %s", (strategy) => {
    for (const slowStart of [0.1, 0.4, 0.8]) {
      const endpoints = withNewcomer(slowStart);
      const { firsts } = picked(endpoints, { strategy, times: 1_000 });
      // With a part of the 5 that the others hold already.
      const due = (1_000 * slowStart) / (9 + slowStart) + 5 * slowStart;
      // What is drawn strays: by less than five standard deviations.
      const stray = strategy === "Random" ? 5 * Math.sqrt(due) : 2;
      expect(countsOf(endpoints, firsts).at(-1)).toBeLessThanOrEqual(due + stray);
    }
  });

  test.each(["LeastConnections", "LeastLoad"] as const)(
    "holds as large a part of what the others hold as it has come up, at once, with %s",
    (strategy) => {
      const endpoints = withNewcomer(0.4, 500);
      const { firsts } = picked(endpoints, { strategy, times: 1_000 });
      const counts = countsOf(endpoints, firsts);
      const least = Math.min(...counts.slice(0, -1)) + 500;
      expect(Math.abs(counts.at(-1)! - 0.4 * least)).toBeLessThanOrEqual(2);
    },
  );

  test("gets its share where nobody holds much", () => {
    const endpoints = withNewcomer(0.4, 0);
    const { firsts } = picked(endpoints, { strategy: "LeastConnections", times: 235, sampledEach: true });
    expect(countsOf(endpoints, firsts).at(-1)).toBe(10);
  });

  test("is one of the two that are drawn only while it has not its part", () => {
    const endpoints = withNewcomer(0.2);
    const { firsts } = picked(endpoints, { strategy: "PowerOfTwoChoices", times: 4_600 });
    const due = (4_600 * 0.2) / 9.2;
    const count = countsOf(endpoints, firsts).at(-1)!;
    expect(count).toBeLessThanOrEqual(due + 2);
    // It waits to be drawn, two of ten, once its turn has come.
    expect(count).toBeGreaterThan(0.8 * due);
  });

  test("saves up no turns while it is passed over, and stays in the list to fall back on", () => {
    const busy = equal(3, { connections: 1, load: 1, ageMs: 0 });
    const fuller = endpoint("new", { weight: 300, connections: 900, load: 90, ageMs: 0, slowStart: 0.3 });
    const request = {
      endpoints: [...busy, fuller],
      strategy: "LeastConnections",
      times: 200,
      sampledEach: true,
    } as const;
    const passed = picked(request.endpoints, request);
    expect(passed.firsts).not.toContain("new");
    const endpoints = [...busy, { ...fuller, connections: 1, load: 1 }];
    const { firsts, picks } = picked(endpoints, { ...request, times: 11, picks: passed.picks });
    expect(firsts.filter((first) => first === "new").length).toBeLessThanOrEqual(2);
    const { endpoints: chosen } = pick({ endpoints, strategy: "LeastConnections", plannedAt: 0, now: 0, picks, n: 4 });
    expect(chosen.at(-1)!.uid).toBe("new");
  });

  test("waits for nobody where all are in theirs", () => {
    const endpoints = equal(4, { connections: 0, ageMs: 0, slowStart: 0.1 });
    const { firsts } = picked(endpoints, { strategy: "LeastConnections", times: 40 });
    expect(countsOf(endpoints, firsts)).toEqual([10, 10, 10, 10]);
  });
});

test.each(strategyTypes)(
  "a choice among some, by %s, is of these alone, and leaves what others are owed",
  (strategy) => {
    const endpoints = equal(4, { connections: 3, load: 30, ageMs: 100 });
    let picks = startPicks(7);
    for (let time = 0; time < 3; time += 1)
      picks = pick({ strategy, endpoints, picks, plannedAt: 0, now: 0, n: 1 }).picks;
    const among = ({ uid }: PlannedEndpoint) => uid === "u1" || uid === "u2";
    const chosen = pick({ strategy, endpoints, picks, plannedAt: 0, now: 0, n: 4, among });
    expect(chosen.endpoints.map(({ uid }) => uid).sort()).toEqual(["u1", "u2"]);
    for (const uid of ["u0", "u3"]) expect(chosen.picks.tallies.get(uid)).toEqual(picks.tallies.get(uid));
    const none = pick({ strategy, endpoints, picks, plannedAt: 0, now: 0, n: 4, among: () => false });
    expect(none).toEqual({ endpoints: [], picks });
  },
);
