import { expect, test } from "vitest";
import { SamplePace } from "../../src/control/sample-pace.ts";
import { observation, pod, pool } from "../builders/builders.ts";

const source = { http: { connections: { name: "open" } } };

function start() {
  const clock = { now: 1_000 };
  const pace = new SamplePace(() => clock.now);
  const note = (pods: number, interval = "1s"): void => {
    const seen = { pods: Array.from({ length: pods }, () => ({ pod: pod("web-1") })) };
    pace.note("shop/web", observation({ ...seen, pool: pool({ metrics: { interval, timeout: "100ms", source } }) }));
  };
  return { clock, pace, note };
}

test.each([
  [0, "1s", 50],
  [100, "1s", 50],
  [500, "1s", 50],
  [3_000, "1s", 300],
  [10_000, "1s", 1_000],
  // Figures that are new once per interval bring a pass per interval.
  [10_000, "200ms", 200],
  [50_000, "1s", 1_000],
])(
  "after a pass over %i pods that are sampled every %s, samples bring the next within %i ms",
  (pods, interval, within) => {
    const { pace, note } = start();
    note(pods, interval);
    expect(pace.withinMs("shop/web")).toBe(within);
  },
);

test("the gap counts from the last pass, and a pool that had none is not waited for", () => {
  const { clock, pace, note } = start();
  note(3_000);
  clock.now += 100;
  expect([pace.withinMs("shop/web"), pace.withinMs("shop/other")]).toEqual([200, 50]);
  clock.now += 1_000;
  expect(pace.withinMs("shop/web")).toBe(50);
  note(3_000);
  pace.forget("shop/web");
  expect(pace.withinMs("shop/web")).toBe(50);
});
