import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPushBook, type PushBookOptions } from "../../../src/observe/sampling/push-book.ts";

const pool = "shop/checkout";

function open(options: Partial<PushBookOptions> = {}) {
  let time = 1_000_000;
  const book = createPushBook({ now: () => time, ...options });
  return {
    ...book,
    say: (client: string, connections: Record<string, number>, expiryMs = 10_000, of = pool, source?: string) =>
      book.take({
        pool: of,
        client,
        expiryMs,
        connections: new Map(Object.entries(connections)),
        ...(source !== undefined && { source }),
      }),
    sums: (of = pool) => book.read(of) && Object.fromEntries(book.read(of)!.connections),
    pass: (ms: number) => {
      time += ms;
      return time;
    },
  };
}

test("adds up what clients say, each pool apart", () => {
  const { say, sums, read } = open();
  say("a", { "pod-a": 3, "pod-b": 9 });
  say("b", { "10.0.0.1": 4, "pod-a": 1 });
  say("c", { "pod-a": 100 }, 10_000, "shop/other");
  expect(sums()).toEqual({ "pod-a": 4, "pod-b": 9, "10.0.0.1": 4 });
  expect(read(pool)?.clients).toBe(2);
});

test("a client's newer word replaces its older one, also where it names a pod no more", () => {
  const { say, sums } = open();
  say("a", { "pod-a": 3, "pod-b": 1 });
  say("a", { "pod-b": 2 });
  expect(sums()).toEqual({ "pod-b": 2 });
});

test("no connection is not the same as no word", () => {
  const { say, sums, read } = open();
  expect(read(pool)).toBeUndefined();
  say("a", { "pod-a": 0 });
  expect([sums(), read(pool)?.clients]).toEqual([{}, 1]);
});

test("a report stands until it expires, each for its own time", () => {
  const { say, sums, read, pass } = open();
  say("short", { "pod-a": 1 }, 1_000);
  say("long", { "pod-a": 10 }, 5_000);
  pass(999);
  expect(sums()).toEqual({ "pod-a": 11 });
  const at = pass(1);
  expect(sums()).toEqual({ "pod-a": 10 });
  expect(read(pool)?.at).toBe(at);
  pass(3_000);
  say("long", { "pod-a": 20 }, 5_000);
  pass(4_999);
  expect(sums()).toEqual({ "pod-a": 20 });
  pass(1);
  expect(read(pool)).toBeUndefined();
});

test("what is withdrawn is gone at once, and that is news of its own", () => {
  const { say, sums, read, withdraw, pass } = open();
  say("a", { "pod-a": 3 });
  say("b", { "pod-a": 2 });
  const at = pass(70);
  withdraw(pool, "a");
  withdraw(pool, "nobody");
  withdraw("shop/nothing", "a");
  expect([sums(), read(pool)?.at]).toEqual([{ "pod-a": 2 }, at]);
  withdraw(pool, "b");
  expect(read(pool)).toBeUndefined();
});

test("two words in one millisecond are told apart, and a clock that is set back does not stop them", () => {
  const { say, read, pass } = open();
  say("a", { "pod-a": 3 });
  const first = read(pool)!.at;
  say("a", { "pod-a": 4 });
  expect(read(pool)!.at).toBeGreaterThan(first);
  expect(read(pool)!.at).toBeLessThan(first + 1);
  const back = pass(-3_600_000);
  expect(read(pool)).toBeUndefined();
  say("a", { "pod-a": 5 });
  expect(Math.abs(read(pool)!.at - back)).toBeLessThan(1);
});

test("clients are bounded per pool: those who are heard stay, and one that expires makes room", () => {
  const { say, sums, pass } = open({ mostClients: 2 });
  expect(say("a", { "pod-a": 1 }, 1_000)).toBe(true);
  expect(say("b", { "pod-a": 1 }, 9_000)).toBe(true);
  expect(say("c", { "pod-a": 1 })).toBe(false);
  expect(say("c", { "pod-a": 1 }, 10_000, "shop/other")).toBe(true);
  expect(say("b", { "pod-a": 5 }, 9_000)).toBe(true);
  expect(sums()).toEqual({ "pod-a": 6 });
  pass(1_000);
  expect(say("c", { "pod-a": 1 })).toBe(true);
  expect(sums()).toEqual({ "pod-a": 6 });
});

test("counts are bounded over all pools: a report too large is refused, and the former one stands", () => {
  const { say, sums, pass } = open({ mostCounts: 4 });
  expect(say("a", { p: 1, q: 1, none: 0 })).toBe(true);
  expect(say("b", { p: 1, q: 1, r: 1 }, 10_000, "shop/other")).toBe(false);
  expect(say("b", { p: 1, q: 1 }, 2_000, "shop/other")).toBe(true);
  expect(say("a", { p: 9, q: 9, r: 9 })).toBe(false);
  expect(say("a", { p: 2, r: 2 })).toBe(true);
  expect(sums()).toEqual({ p: 2, r: 2 });
  // The other pool is never read again: its counts make room all the same.
  pass(2_000);
  expect(say("a", { p: 3, q: 3, r: 3, s: 3 })).toBe(true);
});

/** So many pods, each with one connection. */
const pods = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 1]));

describe("when room is scarce", () => {
  test("a pool whose clients say much makes room for one of another pool", () => {
    const { say, read } = open({ mostCounts: 250_000 });
    const hour = 3_600_000;
    for (let id = 0; id < 125; id += 1) expect(say(`x-${id}`, pods(2_000), hour, "attacker/pool")).toBe(true);
    expect(say("honest", { "web-1": 3 }, 30_000, "shop/web")).toBe(true);
    expect(say("x-more", pods(2_000), hour, "attacker/pool")).toBe(false);
    expect(read("shop/web")?.connections).toEqual(new Map([["web-1", 3]]));
    expect(read("attacker/pool")?.clients).toBe(124);
    // Up to an even share for each.
    for (let id = 0; id < 100; id += 1) say(`y-${id}`, pods(2_000), hour, "shop/web");
    expect(read("attacker/pool")?.clients).toBe(62);
  });

  test("within a pool a source that says much makes room for another, in clients and in counts", () => {
    const { say, read, sums } = open({ mostClients: 6, mostCounts: 100 });
    for (let id = 0; id < 9; id += 1) say(`x-${id}`, pods(10), 10_000, pool, "10.0.0.66");
    expect(read(pool)?.clients).toBe(6);
    for (const id of ["a", "b", "c"]) expect(say(id, { p0: 1 }, 10_000, pool, "10.0.0.7")).toBe(true);
    expect(say("d", { p0: 1 }, 10_000, pool, "10.0.0.7")).toBe(false);
    expect([read(pool)?.clients, sums()?.p0]).toEqual([6, 6]);
    // What was given up is not won back.
    for (let id = 0; id < 9; id += 1) say(`x-${id}`, pods(10), 10_000, pool, "10.0.0.66");
    for (const id of ["a", "b", "c"]) expect(say(id, { p1: 2 }, 10_000, pool, "10.0.0.7")).toBe(true);
    expect(sums()).toMatchObject({ p0: 3, p1: 9 });
    expect(say("a", pods(60), 10_000, pool, "10.0.0.7")).toBe(true);
    expect(say("b", pods(60), 10_000, pool, "10.0.0.7")).toBe(false);
  });

  test("a report that cannot be had displaces none", () => {
    const { say, read } = open({ mostCounts: 10 });
    say("a", pods(4), 10_000, "shop/one");
    say("b", pods(4), 10_000, "shop/two");
    expect(say("c", pods(7), 10_000, "shop/three")).toBe(false);
    expect([read("shop/one"), read("shop/two")].map((heard) => heard?.connections.size)).toEqual([4, 4]);
  });

  test("room is never overdrawn, and whoever holds less than his part gets in", () => {
    const word = fc.record({
      of: fc.constantFrom("n/a", "n/b", "n/c"),
      source: fc.constantFrom("s", "t"),
      client: fc.constantFrom("1", "2", "3", "4"),
      size: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
        const { say, read } = open({ mostClients: 5, mostCounts: 18 });
        const held = (of: string) => read(of)?.clients ?? 0;
        const tell = ({ of, source, client, size }: (typeof words)[number]) =>
          say(`${client} ${source}`, pods(size), 10_000, of, source);
        for (const given of words) tell(given);
        for (const of of ["n/a", "n/b", "n/c"]) expect(held(of)).toBeLessThanOrEqual(5);
        // Whoever holds nothing is let in with what is not more than an even part: of the pools, and of their sources.
        expect(say("newcomer", pods(3), 10_000, "n/new", "u")).toBe(true);
      }),
    );
  });
});

test("at any time the sums are those of the standing reports", () => {
  const step = fc.record({
    client: fc.constantFrom("a", "b", "c"),
    counts: fc.dictionary(fc.constantFrom("p", "q", "r"), fc.nat(50)),
    expiryMs: fc.integer({ min: 1, max: 100 }),
    afterMs: fc.nat(60),
    withdraws: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { say, sums, withdraw, pass } = open();
      const model = new Map<string, { counts: Record<string, number>; expiresAt: number }>();
      for (const { client, counts, expiryMs, afterMs, withdraws } of steps) {
        const now = pass(afterMs);
        if (withdraws) {
          withdraw(pool, client);
          model.delete(client);
        } else {
          say(client, counts, expiryMs);
          model.set(client, { counts, expiresAt: now + expiryMs });
        }
        const standing = [...model.values()].filter(({ expiresAt }) => expiresAt > now);
        const expected: Record<string, number> = {};
        for (const report of standing)
          for (const [pod, count] of Object.entries(report.counts))
            if (count > 0) expected[pod] = (expected[pod] ?? 0) + count;
        expect(sums()).toEqual(standing.length > 0 ? expected : undefined);
      }
    }),
  );
});
