import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Balancer, createBalancer, type Endpoint, type Strategy } from "../../src/client/client.ts";

const abc: Endpoint[] = ["a", "b", "c"].map((id) => ({ id }));
const idsOf = (endpoints: readonly Endpoint[]): string => endpoints.map(({ id }) => id).join("");
const failed = (balancer: Balancer): string =>
  idsOf(
    balancer
      .list()
      .filter((entry) => entry.failed)
      .map(({ endpoint }) => endpoint),
  );

/** Requests that are answered at once, by who got them. */
function request(balancer: Balancer, times: number): string {
  let picks = "";
  for (let count = 0; count < times; count += 1) {
    const endpoint = balancer.next()!;
    picks += endpoint.id;
    balancer.release(endpoint);
  }
  return picks;
}

describe.each<Strategy>(["RoundRobin", "LeastConnections", "FastestResponse", "Weighted"])("%s", (strategy) => {
  function make() {
    const clock = { now: 0 };
    const balancer = createBalancer({ strategy, endpoints: abc, recheckMs: 1_000, now: () => clock.now });
    return { clock, balancer };
  }

  test("leaves out who failed until the wait is over, and the others have its share", () => {
    const { clock, balancer } = make();
    balancer.fail("b");
    expect(failed(balancer)).toBe("b");
    expect([...request(balancer, 6)].sort().join("")).toBe("aaaccc");
    const offered = balancer.next(9);
    expect([...idsOf(offered)].sort().join("")).toBe("ac");
    balancer.release(offered[0]!);
    clock.now = 999;
    expect(request(balancer, 6)).not.toContain("b");
    clock.now = 1_000;
    expect(request(balancer, 6)).toContain("b");
    expect(failed(balancer)).toBe("");
    expect([...idsOf(balancer.next(9))].sort().join("")).toBe("abc");
  });

  test("tries who failed by one request at a time, and waits anew when that fails, too", () => {
    const { clock, balancer } = make();
    balancer.fail("b");
    clock.now = 1_000;
    // None of them is answered yet.
    const given = Array.from({ length: 9 }, () => balancer.next()!);
    expect(given.filter(({ id }) => id === "b")).toHaveLength(1);
    clock.now = 1_500;
    balancer.fail("b");
    for (const endpoint of given) balancer.release(endpoint);
    clock.now = 2_499;
    expect(request(balancer, 9)).not.toContain("b");
    clock.now = 2_500;
    expect(request(balancer, 9)).toContain("b");
    expect(failed(balancer)).toBe("");
  });

  test("does not wait for a trial that is never released", () => {
    const { clock, balancer } = make();
    balancer.fail("b");
    clock.now = 1_000;
    balancer.begin("b");
    expect(request(balancer, 6)).not.toContain("b");
    clock.now = 2_000;
    expect(idsOf(balancer.next(9))).toContain("b");
  });

  test("where all failed, offers who was left alone the longest rather than nobody", () => {
    const { clock, balancer } = make();
    for (const id of ["c", "a", "b"]) {
      clock.now += 1;
      balancer.fail(id);
    }
    expect(balancer.next(2).map(({ id }) => id)).toEqual(["c", "a"]);
    balancer.fail("c");
    clock.now += 1;
    expect(balancer.next()?.id).toBe("a");
    balancer.release("a");
    expect(failed(balancer)).toBe("bc");
    expect(request(balancer, 3)).toBe("aaa");
  });

  test("a list that is set anew forgets no failure, but that of another endpoint of the name", () => {
    const { balancer } = make();
    balancer.fail("b");
    balancer.set(abc);
    expect(failed(balancer)).toBe("b");
    balancer.remove("b");
    balancer.add({ id: "b" });
    expect(failed(balancer)).toBe("");
    balancer.fail("nobody");
  });
});

describe("all", () => {
  test("are they in the order in which they came, counted, without those that failed", () => {
    let now = 0;
    const balancer = createBalancer({
      strategy: "RoundRobin",
      endpoints: abc,
      recheckMs: 100,
      now: () => now,
      random: () => 0,
    });
    expect(request(balancer, 1)).toBe("a");
    expect(idsOf(balancer.all())).toBe("abc");
    expect(balancer.list().map(({ inFlight }) => inFlight)).toEqual([1, 1, 1]);
    for (const { id } of abc) balancer.release(id);
    // What all get is nobody's turn.
    expect(request(balancer, 1)).toBe("b");
    balancer.fail("a");
    expect(idsOf(balancer.all())).toBe("bc");
    now = 100;
    expect(idsOf(balancer.all())).toBe("abc");
    // One trial at a time.
    expect(idsOf(balancer.all())).toBe("bc");
    balancer.release("a");
    expect(idsOf(balancer.all())).toBe("abc");
  });

  test("are all, where all failed", () => {
    const balancer = createBalancer({ strategy: "RoundRobin", endpoints: abc });
    for (const { id } of abc) balancer.fail(id);
    expect(idsOf(balancer.all())).toBe("abc");
    for (const { id } of abc) balancer.release(id);
    expect(failed(balancer)).toBe("");
    expect(createBalancer({ strategy: "RoundRobin" }).all()).toEqual([]);
  });
});

test.each([-1, Number.NaN])("a wait of %s is refused", (recheckMs) => {
  expect(() => createBalancer({ strategy: "RoundRobin", recheckMs })).toThrow(/recheckMs must be a finite number/);
});

test("whatever happens, somebody is next while there is anybody, and nobody who failed while another is there", () => {
  const step = fc.record({
    kind: fc.constantFrom("next", "all", "release", "fail", "wait", "remove", "add"),
    id: fc.constantFrom("a", "b", "c"),
  });
  const strategies = fc.constantFrom<Strategy>("RoundRobin", "LeastConnections", "FastestResponse", "Weighted");
  fc.assert(
    fc.property(strategies, fc.array(step, { maxLength: 60 }), (strategy, steps) => {
      let now = 0;
      const balancer = createBalancer<Endpoint>({
        strategy,
        endpoints: abc,
        recheckMs: 100,
        now: () => now,
        random: () => 0,
      });
      for (const { kind, id } of steps) {
        const outBefore = failed(balancer);
        const size = balancer.list().length;
        if (kind === "wait") now += 60;
        else if (kind === "add") balancer.add({ id });
        else if (kind === "next") {
          const endpoint = balancer.next();
          expect(endpoint === undefined).toBe(size === 0);
          // Of those that failed, one is given out again in the time of a wait unless all did.
          if (endpoint && outBefore.includes(endpoint.id)) {
            const again = balancer.next()!;
            expect(again.id !== endpoint.id || outBefore.length === size).toBe(true);
          }
        } else if (kind === "all") expect(balancer.all().length > 0).toBe(size > 0);
        else balancer[kind](id);
      }
    }),
  );
});
