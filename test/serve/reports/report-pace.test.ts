import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReportPace } from "../../../src/serve/reports/report-pace.ts";

test("a client may do so many at once, then so many per second, whatever others do", () => {
  let time = 5_000;
  const pace = createReportPace({ now: () => time, client: { perSecond: 10, burst: 3 } });
  const take = (client = "a") => pace.take(client, false);
  expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 100]);
  expect([take("b"), take("b"), take("b")]).toEqual([0, 0, 0]);
  time += 60;
  expect(take()).toBeCloseTo(40);
  time += 40;
  expect([take(), take()]).toEqual([0, 100]);
  time += 1_000;
  expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 100]);
});

test("all clients together are bounded, apart from what other replicas pass on", () => {
  let time = 0;
  const pace = createReportPace({
    now: () => time,
    total: { perSecond: 100, burst: 5 },
    forwarded: { perSecond: 200, burst: 2 },
  });
  const all = (count: number, isForwarded: boolean) =>
    Array.from({ length: count }, (_, index) => pace.take(`${isForwarded} ${index}`, isForwarded)).filter(
      (ms) => ms === 0,
    );
  expect([all(20, false).length, all(20, true).length]).toEqual([5, 2]);
  time += 20;
  expect([all(20, false).length, all(20, true).length]).toEqual([2, 2]);
});

test("clients are forgotten, so that names that are made up take no memory", () => {
  let time = 0;
  const pace = createReportPace({ now: () => time });
  let largest = 0;
  for (let name = 0; name < 60_000; name += 1) {
    time += 0.1;
    pace.take(`client ${name}`, name % 2 === 0);
    largest = Math.max(largest, pace.size);
  }
  expect(largest).toBeLessThan(8_000);
  time += 10_000;
  pace.take("last", false);
  expect(pace.size).toBe(1);
});

test("whoever waits as long as it is told is let in, and never are more let in than the rate allows", () => {
  const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(rate, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }), (client, gaps) => {
      let time = 0;
      const pace = createReportPace({ now: () => time, client });
      let taken = 0;
      for (const gap of gaps) {
        time += gap;
        const waitMs = pace.take("a", false);
        if (waitMs > 0) {
          time += waitMs + 1e-6;
          expect(pace.take("a", false)).toBe(0);
        }
        taken += 1;
        expect(taken).toBeLessThanOrEqual(client.burst + (time * client.perSecond) / 1_000 + 1e-3);
      }
    }),
  );
});

describe("what all may do is shared out", () => {
  const total = { perSecond: 100, burst: 20 };
  const start = () => {
    let time = 1_000;
    const pace = createReportPace({ now: () => time, total });
    let names = 0;
    return {
      pass: (ms: number) => {
        time += ms;
      },
      /** Under a name that is made up each time. */
      take: (pool: string, source: string, cost = 1) => {
        names += 1;
        return pace.take(`client ${names}`, false, { pool, source }, cost) === 0;
      },
    };
  };

  test.each([
    ["one pool delays no other", "shop/attacked", "10.0.0.66", "shop/web", "10.0.0.7"],
    ["one address delays no other on the same pool", "shop/web", "10.0.0.66", "shop/web", "10.0.0.7"],
    ["one address over many pools delays no other", undefined, "10.0.0.66", "shop/web", "10.0.0.7"],
  ])("a flood on %s", (_, flooded, from, pool, source) => {
    const { take, pass } = start();
    let let_in = 0;
    let refused = 0;
    for (let ms = 0; ms < 20_000; ms += 1) {
      for (let index = 0; index < 3; index += 1)
        let_in += Number(take(flooded ?? `shop/${["web", "a", "b", "c"][(ms + index) % 4]}`, from));
      // Ten a second, which is less than an even part.
      if (ms % 100 === 0) refused += Number(!take(pool, source));
      pass(1);
    }
    expect(refused).toBe(0);
    // What the modest one takes is taken off the flood.
    expect(let_in).toBeLessThanOrEqual(2 * total.burst + 20 * 90 + 5);
    expect(let_in).toBeGreaterThan(20 * 85);
  });

  test("a flood from several addresses on one pool delays no other pool, and leaves a part for each of its own", () => {
    const { take, pass } = start();
    const taken = { other: 0, own: 0 };
    for (let ms = 0; ms < 10_000; ms += 1) {
      for (let index = 0; index < 5; index += 1) take("shop/attacked", `10.0.0.${index}`);
      if (ms % 100 === 0) {
        taken.other += Number(take("shop/web", "10.9.0.1"));
        taken.own += Number(take("shop/attacked", "10.9.0.1"));
      }
      pass(1);
    }
    expect(taken.other).toBe(100);
    // A sixth of what is left for the pool.
    expect(taken.own).toBeGreaterThan(60);
  });

  test("alone, one may do all that there is", () => {
    const { take, pass } = start();
    let taken = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      taken += Number(take("shop/web", "10.0.0.7"));
      pass(1);
    }
    expect(taken).toBeGreaterThanOrEqual(1_000);
    expect(taken).toBeLessThanOrEqual(1_000 + total.burst);
  });

  test("a report that takes long to read counts for several", () => {
    const { take, pass } = start();
    let taken = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      taken += Number(take("shop/web", "10.0.0.7", 10));
      pass(1);
    }
    expect(taken).toBeGreaterThanOrEqual(100);
    expect(taken).toBeLessThanOrEqual(100 + total.burst);
  });

  test("nobody, however many, does more than twice the burst at once, nor more than the rate in the long run", () => {
    const sharer = fc.record({ pool: fc.constantFrom("a", "b", "c"), source: fc.constantFrom("s", "t", "u", "v") });
    fc.assert(
      fc.property(fc.array(sharer, { minLength: 1, maxLength: 12 }), (sharers) => {
        const { take, pass } = start();
        let taken = 0;
        const seconds = 6;
        for (let ms = 0; ms < seconds * 1_000; ms += 5) {
          for (const { pool, source } of sharers) taken += Number(take(pool, source));
          pass(5);
        }
        // Parts of less than one count as one.
        const slack = 2 * total.burst + 3 * 4;
        expect(taken).toBeLessThanOrEqual(1.1 * seconds * total.perSecond + 2 * slack);
      }),
      { numRuns: 20 },
    );
  });
});
