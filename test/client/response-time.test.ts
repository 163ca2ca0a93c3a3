import { describe, expect, test } from "vitest";
import { createBalancer, type Endpoint } from "../../src/client/client.ts";
import { ResponseTime } from "../../src/client/response-time.ts";

describe("a response time", () => {
  test("follows a slower response at once, a faster one by and by, and wears off", () => {
    const time = new ResponseTime();
    expect(time.estimate(0)).toBeUndefined();
    time.update(20, 1_000);
    expect(time.estimate(1_000)).toBe(20);
    time.update(50, 1_001);
    expect(time.estimate(1_001)).toBe(50);
    time.update(10, 11_001);
    const third = Math.exp(-1);
    expect(time.estimate(11_001)).toBeCloseTo(50 * third + 10 * (1 - third), 9);
    expect(time.estimate(21_001)).toBeCloseTo(time.estimate(11_001)! * third, 9);
    // A clock that goes back is no reason to forget, nor to grow.
    expect(time.estimate(0)).toBe(time.estimate(11_001));
  });
});

describe("FastestResponse", () => {
  const speeds = { a: 30, b: 5, c: 60 } as const;
  type Name = keyof typeof speeds;

  function make() {
    const clock = { now: 0 };
    const endpoints: Endpoint[] = Object.keys(speeds).map((id) => ({ id }));
    const balancer = createBalancer({ strategy: "FastestResponse", endpoints, now: () => clock.now });
    /** Requests one after the other, each measured; how many each got. */
    const request = (times: number): Record<Name, number> => {
      const counts = { a: 0, b: 0, c: 0 };
      for (let count = 0; count < times; count += 1) {
        const { id } = balancer.next()!;
        clock.now += speeds[id as Name];
        counts[id as Name] += 1;
        balancer.updateResponseTime(id, speeds[id as Name]);
        balancer.release(id);
      }
      return counts;
    };
    return { clock, balancer, request };
  }

  test("measures everybody first, then takes the fastest", () => {
    const { request } = make();
    expect(request(3)).toEqual({ a: 1, b: 1, c: 1 });
    expect(request(100)).toEqual({ a: 0, b: 100, c: 0 });
  });

  test("looks again at who was slow, seldom", () => {
    const { request } = make();
    const { a, b, c } = request(20_000);
    expect(Math.min(a, c)).toBeGreaterThan(1);
    expect(b / (a + b + c)).toBeGreaterThan(0.99);
  });

  test("spreads what is in flight at the same time by how fast each is", () => {
    const { balancer, request } = make();
    request(3);
    const given = Array.from({ length: 16 }, () => balancer.next()!.id);
    const count = (name: Name) => given.filter((id) => id === name).length;
    expect(count("b")).toBeGreaterThan(count("a"));
    expect(count("a")).toBeGreaterThanOrEqual(count("c"));
    expect(count("a")).toBeGreaterThan(0);
  });

  test("counts what is in flight of one, too, that was measured as taking no time", () => {
    const balancer = createBalancer({
      strategy: "FastestResponse",
      endpoints: [{ id: "a" }, { id: "b" }],
      now: () => 0,
    });
    balancer.updateResponseTime("a", 0);
    balancer.updateResponseTime("b", 1);
    const given = Array.from({ length: 22 }, () => balancer.next()!.id);
    expect(given.filter((id) => id === "b")).toHaveLength(2);
  });

  test("asks who comes once, and takes it for as slow as the slowest until it was measured", () => {
    const { clock, balancer, request } = make();
    request(50);
    balancer.add({ id: "d" });
    expect(balancer.list().find(({ endpoint }) => endpoint.id === "d")?.responseMs).toBeUndefined();
    // It never says how long it took.
    expect([balancer.next()!.id, balancer.next()!.id]).toEqual(["d", "b"]);
    balancer.release("d");
    balancer.release("b");
    expect(balancer.list().find(({ endpoint }) => endpoint.id === "d")?.responseMs).toBeUndefined();
    expect(balancer.next()!.id).toBe("b");
    balancer.release("b");
    clock.now += 60_000;
    balancer.updateResponseTime("b", 5);
    expect(["a", "c", "d"]).toContain(balancer.next()!.id);
    balancer.updateResponseTime("d", 2);
    expect(balancer.list().find(({ endpoint }) => endpoint.id === "d")?.responseMs).toBe(2);
  });

  test("refuses what is no time, and says when there is no such endpoint", () => {
    const { balancer } = make();
    expect(() => balancer.updateResponseTime("a", -1)).toThrow(/the response time of a must be a finite number/);
    expect(balancer.updateResponseTime("z", 1)).toBe(false);
    expect(balancer.updateResponseTime("a", 1)).toBe(true);
    expect(balancer.list()[0]?.responseMs).toBe(1);
  });
});
