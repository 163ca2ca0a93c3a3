import fc from "fast-check";
import { expect, test } from "vitest";
import { createReportPace } from "../../src/serve/report-pace.ts";

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
