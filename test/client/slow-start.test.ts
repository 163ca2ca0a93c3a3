import { describe, expect, test } from "vitest";
import { type Balancer, createBalancer, type Strategy } from "../../src/client/client.ts";
import { seeded } from "./seeded.ts";

const ids = ["a", "b", "c", "d"];
const strategies: readonly Strategy[] = ["RoundRobin", "LeastConnections", "FastestResponse", "Weighted"];

/** Four endpoints at work, with requests that take as long everywhere; `e` comes at 0. */
function rig(strategy: Strategy, slowStartMs: number) {
  const clock = { now: -1_000 };
  const endpoints = ids.map((id) => ({ id }));
  const balancer = createBalancer({ strategy, endpoints, slowStartMs, now: () => clock.now, random: seeded(3) });
  const open: { readonly endAt: number; readonly end: () => void }[] = [];
  /** The share of `e` in the requests of a time, one each millisecond that takes 40. */
  function shareUntil(end: number): number {
    let [all, its] = [0, 0];
    for (; clock.now < end; clock.now += 1) {
      while (open[0] && open[0].endAt <= clock.now) open.shift()!.end();
      const endpoint = balancer.next()!;
      open.push({
        endAt: clock.now + 40,
        end: () => {
          balancer.updateResponseTime(endpoint.id, 40);
          balancer.release(endpoint);
        },
      });
      all += 1;
      if (endpoint.id === "e") its += 1;
    }
    return its / all;
  }
  shareUntil(0);
  return { balancer: balancer as Balancer, clock, shareUntil };
}

describe.each(strategies)("%s", (strategy) => {
  test("one that comes gets little at first, then more, then its full share", () => {
    const { balancer, shareUntil } = rig(strategy, 10_000);
    balancer.add({ id: "e" });
    const shares = [1_000, 5_000, 10_000, 12_000].map(shareUntil);
    // A tenth to a fifth of a share, beside four full ones; and in the end one of five.
    expect(shares[0]).toBeLessThan(0.08);
    expect(shares[0]).toBeGreaterThan(0.005);
    expect(shares[1]).toBeGreaterThan(shares[0]!);
    expect(shares[2]).toBeGreaterThan(shares[1]!);
    expect(shares[3]).toBeCloseTo(0.2, 1);
  });

  test("without it, one that comes gets its share, or more, at once", () => {
    const { balancer, shareUntil } = rig(strategy, 0);
    balancer.add({ id: "e" });
    expect(shareUntil(1_000)).toBeGreaterThan(0.17);
  });

  test("one that comes back after it failed begins anew", () => {
    const { balancer, clock, shareUntil } = rig(strategy, 10_000);
    balancer.add({ id: "e" });
    shareUntil(12_000);
    balancer.fail("e");
    expect(shareUntil(21_999)).toBe(0);
    clock.now = 22_001;
    expect(shareUntil(23_000)).toBeLessThan(0.1);
    expect(balancer.list().find(({ endpoint }) => endpoint.id === "e")!.failed).toBe(false);
    shareUntil(34_000);
    expect(shareUntil(36_000)).toBeCloseTo(0.2, 1);
  });
});

test("a list that is given begins in full", () => {
  const balancer = createBalancer({
    strategy: "RoundRobin",
    endpoints: [{ id: "a" }],
    slowStartMs: 10_000,
    now: () => 0,
  });
  balancer.add({ id: "b" });
  const picks = Array.from({ length: 10 }, () => balancer.next()!.id);
  expect(picks.filter((id) => id === "b")).toHaveLength(5);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("slowStartMs %d is refused", (slowStartMs) => {
  expect(() => createBalancer({ strategy: "RoundRobin", slowStartMs })).toThrow(/slowStartMs must be a finite number/);
});
