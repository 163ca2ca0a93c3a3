import { describe, expect, test } from "vitest";
import { type Arrival, arrivals } from "../../../../src/lab/cli/demo/arrivals.ts";
import { createDemand } from "../../../../src/lab/cli/demo/demand.ts";
import { Random } from "../../../../src/lab/sim/random.ts";

const limit = 50;
const pods = 8;
const perConnection = 100 / 57;
const seeds = [0, 1, 2, 3, 42, 4_294_967_295];

function first(count: number, seed: number): Arrival[] {
  const random = new Random(seed, 0);
  const demand = createDemand({ limit, pods, random });
  const all = arrivals({ demand, perConnection, random });
  return Array.from({ length: count }, () => all.next().value);
}

describe.each(seeds)("demand with seed %d", (seed) => {
  const demand = createDemand({ limit, pods, random: new Random(seed, 0) });
  const loads = Array.from({ length: 1_200 }, (_, index) => demand(index * 100));

  test("passes the limit of each number of pods within seconds, one after the other", () => {
    const passes = Array.from({ length: pods - 1 }, (_, index) =>
      loads.findIndex((load) => load > limit * (index + 1)),
    );
    expect(passes[0]).toBeLessThanOrEqual(35);
    for (const [index, at] of passes.entries()) {
      if (index > 0) expect(at - passes[index - 1]!).toBeGreaterThan(50);
      // Long enough to be seen on two polls of a second each.
      expect(Math.min(...loads.slice(at, at + 30))).toBeGreaterThan(limit * (index + 1));
    }
    expect(passes.at(-1)).toBeLessThanOrEqual(550);
  });

  test("never asks for more pods than there are to be, and levels within their limit", () => {
    expect(Math.max(...loads)).toBeLessThan(limit * pods);
    expect(Math.min(...loads)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...loads.slice(600))).toBeLessThan(0.95 * limit * pods);
  });

  test("falls to what half of the pods carry, not before a minute is over, and comes back in one surge", () => {
    const day = Array.from({ length: 2_000 }, (_, index) => demand(index * 100));
    const isNight = (load: number) => load < (0.9 * (limit * pods)) / 2;
    const dusk = day.findIndex((load, index) => index > 500 && isNight(load));
    expect(dusk).toBeGreaterThan(600);
    const dawn = day.findIndex((load, index) => index > dusk && !isNight(load));
    expect(dawn - dusk).toBeGreaterThan(450);
    // What is left needs at least half of the pods, so that one step up is enough.
    expect(Math.min(...day.slice(dusk, dawn))).toBeGreaterThan(0.9 * limit * (pods / 2 - 1) * 0.9);
    expect(Math.max(...day.slice(dawn, dawn + 40))).toBeGreaterThan(limit * (pods - 1));
    expect(day.slice(dawn + 60).some(isNight)).toBe(true);
  });
});

describe("arrivals", () => {
  test("come again with the seed and differ with another", () => {
    expect(first(500, 1)).toEqual(first(500, 1));
    expect(first(500, 1)).not.toEqual(first(500, 2));
  });

  test.each(seeds)("amount to the demand, in time, with seed %d", (seed) => {
    const all = first(1_500, seed);
    const times = all.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const demand = createDemand({ limit, pods, random: new Random(seed, 0) });
    for (let now = 0; now < times.at(-1)!; now += 500) {
      const open = all.filter(({ atMs, holdMs }) => atMs <= now && atMs + holdMs > now).length * perConnection;
      expect(open).toBeGreaterThan(demand(now) - 6 * perConnection);
      // While demand falls, connections end when they end.
      const before = Array.from({ length: 61 }, (_, back) => demand(Math.max(0, now - 200 * back)));
      expect(open).toBeLessThan(Math.max(...before) + 2 * perConnection);
    }
  });

  test("heed a demand that somebody changes while nobody comes", () => {
    let wanted = 0;
    const all = arrivals({ demand: () => wanted, perConnection, random: new Random(1, 0), lullMs: 100 });
    const lulls = [1, 2, 3].map(() => all.next().value);
    expect(lulls).toEqual([100, 200, 300].map((atMs) => ({ atMs, holdMs: 0 })));
    wanted = 10 * perConnection;
    const come = Array.from({ length: 10 }, () => all.next().value);
    for (const { atMs, holdMs } of come) {
      expect(atMs).toBeGreaterThan(300);
      expect(atMs).toBeLessThan(320);
      expect(holdMs).toBeGreaterThan(0);
    }
    wanted = 0;
    expect(all.next().value).toMatchObject({ holdMs: 0 });
  });

  test("are held for times that differ, within bounds", () => {
    const times = first(2_000, 1).map(({ holdMs }) => holdMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...times)).toBeLessThanOrEqual(12_000);
    expect(new Set(times).size).toBeGreaterThan(1_000);
  });
});
