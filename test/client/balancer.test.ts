import { describe, expect, test } from "vitest";
import { type Balancer, createBalancer, type Endpoint, type Strategy } from "../../src/client/client.ts";
import { seeded } from "./seeded.ts";

const named = (...ids: string[]): Endpoint[] => ids.map((id) => ({ id }));
const pick = (balancer: Balancer, times: number): string =>
  Array.from({ length: times }, () => balancer.next()?.id ?? "-").join("");

test("servers come and go and say how busy they are, and the least busy is next", () => {
  const balancer = createBalancer({ strategy: "LeastConnections" });
  balancer.add({ id: "server-1" });
  balancer.add({ id: "server-2" });
  balancer.add({ id: "server-3" });
  balancer.updateConnections("server-1", 12);
  balancer.updateConnections("server-2", 4);
  balancer.updateConnections("server-3", 9);
  expect(balancer.next()).toEqual({ id: "server-2" });
  balancer.updateConnections("server-2", 30);
  expect(balancer.next()).toEqual({ id: "server-3" });
  balancer.remove("server-3");
  expect(balancer.next()).toEqual({ id: "server-1" });
});

describe.each<Strategy>(["RoundRobin", "LeastConnections", "FastestResponse", "Weighted"])("%s", (strategy) => {
  test("has nobody to offer while the list is empty", () => {
    const balancer = createBalancer({ strategy });
    expect([balancer.next(), balancer.next(3), balancer.list()]).toEqual([undefined, [], []]);
    balancer.add({ id: "a" });
    expect(balancer.next()).toEqual({ id: "a" });
    expect([balancer.remove("a"), balancer.remove("a")]).toEqual([true, false]);
    expect(balancer.next()).toBeUndefined();
  });

  test("gives equal endpoints equal turns", () => {
    const balancer = createBalancer({ strategy, endpoints: named("a", "b", "c") });
    expect([...pick(balancer, 3)].sort()).toEqual(["a", "b", "c"]);
    expect([...pick(balancer, 3)].sort()).toEqual(["a", "b", "c"]);
  });

  test("offers a way out when the first choice fails, and counts the first alone", () => {
    const balancer = createBalancer({ strategy, endpoints: named("a", "b", "c") });
    const [first, second, third] = balancer.next(3);
    expect(new Set([first!.id, second!.id, third!.id]).size).toBe(3);
    expect(balancer.next(2)).toHaveLength(2);
    expect(balancer.next(0)).toEqual([]);
    expect(balancer.next(9)).toHaveLength(3);
    balancer.begin(second!);
    const inFlight = new Map(balancer.list().map((entry) => [entry.endpoint.id, entry.inFlight]));
    expect([...inFlight.values()].reduce((total, count) => total + count)).toBe(4);
    balancer.release(second!);
    expect(balancer.list().reduce((total, entry) => total + entry.inFlight, 0)).toBe(3);
  });

  test("hands out what it was given, and the newest of it", () => {
    const balancer = createBalancer<Endpoint & { readonly port: number }>({ strategy });
    balancer.add({ id: "a", port: 1 });
    expect(balancer.next()?.port).toBe(1);
    balancer.add({ id: "a", port: 2 });
    expect(balancer.next()?.port).toBe(2);
    expect(balancer.list()).toMatchObject([{ endpoint: { port: 2 }, inFlight: 2 }]);
  });

  test("a release belongs to the endpoint that was given out, not to a later one of its name", () => {
    const balancer = createBalancer({ strategy, endpoints: named("a") });
    const before = balancer.next()!;
    balancer.remove("a");
    balancer.add({ id: "a" });
    const after = balancer.next()!;
    balancer.release(before);
    expect(balancer.list()[0]!.inFlight).toBe(1);
    for (let again = 0; again < 3; again += 1) balancer.release(after);
    expect(balancer.list()[0]!.inFlight).toBe(0);
    balancer.release("nobody");
  });

  test("who leaves with requests in flight is told of until they are released", () => {
    const balancer = createBalancer({ strategy, endpoints: named("a", "b") });
    const leaving = () => balancer.leaving().map(({ endpoint, inFlight }) => `${endpoint.id}${inFlight}`);
    const [first, second] = balancer.next(2);
    balancer.begin(first!);
    balancer.remove(first!.id);
    balancer.remove(second!.id);
    expect(leaving()).toEqual([`${first!.id}2`]);
    balancer.add({ id: first!.id });
    balancer.release(first!);
    expect([leaving(), balancer.list()[0]!.inFlight]).toEqual([[`${first!.id}1`], 0]);
    balancer.release(first!);
    balancer.release(first!);
    expect(leaving()).toEqual([]);
    balancer.begin(second!);
    expect(leaving()).toEqual([`${second!.id}1`]);
    balancer.release(second!.id);
    expect(leaving()).toEqual([]);
  });

  test("who comes back as the same object has its requests again", () => {
    const endpoint = { id: "a" };
    const balancer = createBalancer({ strategy, endpoints: [endpoint] });
    balancer.next();
    balancer.remove("a");
    balancer.add(endpoint);
    expect([balancer.leaving(), balancer.list()[0]!.inFlight]).toEqual([[], 1]);
    balancer.release(endpoint);
    expect([balancer.next(), balancer.list()[0]!.inFlight]).toEqual([endpoint, 1]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s as a weight or as connections", (value) => {
    const balancer = createBalancer({ strategy, endpoints: named("a") });
    expect(() => balancer.add({ id: "b", weight: value })).toThrow(/the weight of b must be a finite number/);
    expect(() => balancer.updateConnections("a", value)).toThrow(/the connections of a must be/);
    expect(() => balancer.updateConnections("a", 1, value)).toThrow(/the age/);
    expect(balancer.list()).toHaveLength(1);
  });
});

test("an unknown strategy is named with those there are", () => {
  expect(() => createBalancer({ strategy: "Fastest" as Strategy })).toThrow(
    /RoundRobin, LeastConnections, FastestResponse, Weighted/,
  );
});

test("RoundRobin goes in the order of arrival; who comes goes to the end of the line", () => {
  const balancer = createBalancer({ strategy: "RoundRobin", endpoints: named("a", "b", "c"), random: () => 0 });
  expect(pick(balancer, 5)).toBe("abcab");
  balancer.add({ id: "d" });
  expect(pick(balancer, 8)).toBe("cabdcabd");
  balancer.remove("b");
  expect(pick(balancer, 6)).toBe("cadcad");
  expect(balancer.next(3).map(({ id }) => id)).toEqual(["c", "a", "d"]);
});

describe("many balancers with one list", () => {
  const strategies: readonly Strategy[] = ["RoundRobin", "LeastConnections", "FastestResponse", "Weighted"];

  test.each(strategies)("%s: do not all begin with the first endpoint, whether it was given or added", (strategy) => {
    const random = seeded(7);
    for (const isGiven of [true, false]) {
      const first = { a: 0, b: 0, c: 0 };
      for (let client = 0; client < 3_000; client += 1) {
        const balancer = createBalancer({ strategy, endpoints: isGiven ? named("a", "b", "c") : [], random });
        if (!isGiven) for (const endpoint of named("a", "b", "c")) balancer.add(endpoint);
        first[balancer.next()!.id as "a"] += 1;
      }
      // Five standard deviations of 3,000 draws of one in three.
      for (const count of Object.values(first)) expect(Math.abs(count - 1_000)).toBeLessThan(130);
    }
  });

  test("take turns in the order of the list, wherever they begin", () => {
    for (const [random, turns] of [
      [0.4, "bcabca"],
      [0.9, "cabcab"],
    ] as const)
      expect(
        pick(createBalancer({ strategy: "RoundRobin", endpoints: named("a", "b", "c"), random: () => random }), 6),
      ).toBe(turns);
  });
});

describe("LeastConnections", () => {
  const least = (now = () => 0) =>
    createBalancer({ strategy: "LeastConnections", endpoints: named("a", "b", "c"), now, random: () => 0 });
  const connections = (balancer: Balancer) => balancer.list().map((entry) => entry.connections);

  test("goes by what it is told, and by its own requests from then on", () => {
    const balancer = least();
    balancer.updateConnections("a", 5);
    balancer.updateConnections("b", 2);
    balancer.updateConnections("c", 3);
    expect(pick(balancer, 3)).toBe("bcb");
    expect(connections(balancer)).toEqual([5, 4, 4]);
    balancer.release("b");
    balancer.release("b");
    expect(connections(balancer)).toEqual([5, 2, 4]);
    expect(balancer.updateConnections("d", 1)).toBe(false);
  });

  test("a figure has the own requests in it that were in flight when it was read", () => {
    const balancer = least();
    expect(pick(balancer, 6)).toBe("abcabc");
    balancer.updateConnections("a", 7);
    expect(connections(balancer)).toEqual([7, 2, 2]);
    balancer.release("a");
    expect(connections(balancer)).toEqual([6, 2, 2]);
    balancer.updateConnections("a", 0);
    balancer.release("a");
    expect(connections(balancer)).toEqual([0, 2, 2]);
  });

  test("on top of an old figure counts what began after it was read, finished or not", () => {
    let time = 1_000;
    const balancer = least(() => time);
    const first = balancer.next()!;
    time = 2_000;
    balancer.next();
    time = 2_100;
    for (const id of ["a", "b", "c"]) balancer.updateConnections(id, 4, 600);
    // Read at 1500: it saw the request of 1000, not that of 2000.
    expect(connections(balancer)).toEqual([4, 5, 4]);
    balancer.release(first);
    balancer.release("b");
    expect(connections(balancer)).toEqual([4, 5, 4]);
    time = 3_000;
    for (const id of ["a", "b", "c"]) balancer.updateConnections(id, 4, 600);
    expect(connections(balancer)).toEqual([4, 4, 4]);
  });

  test("old figures draw no stampede: past what they differ by, requests take turns", () => {
    const balancer = least();
    [0, 3, 30].forEach((count, index) => {
      balancer.updateConnections("abc"[index]!, count, 100);
    });
    let picks = "";
    for (let request = 0; request < 9; request += 1) {
      const endpoint = balancer.next()!;
      picks += endpoint.id;
      balancer.release(endpoint);
    }
    expect(picks).toBe("aaabababa");
  });

  test("whom nobody measured counts as the median, neither idle nor full", () => {
    const balancer = least();
    balancer.updateConnections("a", 10, 0);
    balancer.updateConnections("b", undefined, 0);
    balancer.updateConnections("c", 2, 0);
    expect(connections(balancer)).toEqual([10, 6, 2]);
    expect(pick(balancer, 6)).toBe("ccccbc");
  });

  test("remembers far more requests than it keeps apart, none twice and none lost", () => {
    let time = 0;
    const balancer = least(() => time);
    for (let request = 0; request < 3_000; request += 1) {
      time = request * 10;
      balancer.begin("a");
    }
    balancer.updateConnections("a", 0, time);
    expect(connections(balancer)[0]).toBe(3_000);
    balancer.updateConnections("a", 0, 100);
    expect(connections(balancer)[0]).toBeGreaterThanOrEqual(9);
    expect(connections(balancer)[0]).toBeLessThanOrEqual(12);
  });
});
