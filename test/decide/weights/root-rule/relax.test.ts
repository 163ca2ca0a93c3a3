import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { relax } from "../../../../src/decide/weights/root-rule/relax.ts";

const upTo = (max: number, min = 0) => fc.double({ min, max, noNaN: true });

describe("by hand", () => {
  test.for([
    { title: "no time passes", queue: 3, arrivals: 1, capacity: 5, seconds: 0, expected: 3 },
    { title: "equilibrium: rho / (1 - rho)", queue: 3, arrivals: 0.75, capacity: 1, seconds: 50, expected: 3 },
    // A step of one service time leaves q²/(1 + q): 1/2, 1/6, 1/42 …
    { title: "a queue without arrivals drains", queue: 1, arrivals: 0, capacity: 1, seconds: 8, expected: 0 },
    // A full pod drains at its capacity, less what arrives.
    { title: "a long queue", queue: 1e6, arrivals: 1, capacity: 2, seconds: 10, expected: 1e6 - 10 },
  ])("$title", ({ queue, arrivals, capacity, seconds, expected }) => {
    expect(relax(queue, arrivals, capacity, seconds)).toBeCloseTo(expected, 4);
  });

  test("eight steps of Euler where that is fine enough", () => {
    let length = 2;
    for (let step = 0; step < 8; step += 1) length += (0.5 - length / (1 + length)) * 0.25;
    expect(relax(2, 0.5, 1, 2)).toBeCloseTo(length, 12);
  });

  test("any start ends at the equilibrium, however long the time is against a service time", () => {
    for (const queue of [0, 2, 10]) expect(relax(queue, 30, 100, 100)).toBeCloseTo(3 / 7, 6);
  });

  test("what nobody can serve piles up", () => {
    expect(relax(0, 10, 1, 8)).toBeGreaterThan(72);
    expect(relax(0, 10, 1, 8)).toBeLessThanOrEqual(80);
  });
});

describe("laws", () => {
  test("the longer queue stays the longer one, and more arrivals make it longer", () => {
    fc.assert(
      fc.property(upTo(50), upTo(50), upTo(20), upTo(20), upTo(20, 0.01), upTo(500), (q1, q2, a1, a2, capacity, t) => {
        const [short, long] = q1 < q2 ? [q1, q2] : [q2, q1];
        const [few, many] = a1 < a2 ? [a1, a2] : [a2, a1];
        const slack = 1e-9 * (1 + long + many * t);
        expect(relax(short, few, capacity, t)).toBeLessThanOrEqual(relax(long, few, capacity, t) + slack);
        expect(relax(short, few, capacity, t)).toBeLessThanOrEqual(relax(short, many, capacity, t) + slack);
      }),
    );
  });

  test("never below 0, never more than came", () => {
    fc.assert(
      fc.property(upTo(1e6), upTo(1e6), upTo(1e6, 1e-6), upTo(1e6), (queue, arrivals, capacity, seconds) => {
        const length = relax(queue, arrivals, capacity, seconds);
        expect(length).toBeGreaterThanOrEqual(0);
        expect(length).toBeLessThanOrEqual((queue + arrivals * seconds) * (1 + 1e-9) + 1e-9);
      }),
    );
  });
});
