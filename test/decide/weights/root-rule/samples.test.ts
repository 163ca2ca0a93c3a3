import fc from "fast-check";
import { expect, test } from "vitest";
import { type CountedSample, samplesToInterval } from "../../../../src/decide/weights/root-rule/samples-to-interval.ts";

test.for<{
  title: string;
  previous?: CountedSample;
  current?: CountedSample;
  interval: ReturnType<typeof samplesToInterval>;
}>([
  {
    title: "all is known",
    previous: { takenAt: 1_000, connections: 2, load: 10, requests: 100 },
    current: { takenAt: 3_000, connections: 4, load: 30, requests: 160 },
    interval: { completions: 60, busy: 0.3, queue: 4, intervalS: 2 },
  },
  {
    title: "the first sample tells load and connections",
    current: { takenAt: 3_000, connections: 4, load: 30, requests: 160 },
    interval: { busy: 0.3, queue: 4 },
  },
  {
    title: "a counter that went down is a restart: its requests are not known",
    previous: { takenAt: 1_000, requests: 100 },
    current: { takenAt: 2_000, connections: 1, load: 5, requests: 7 },
    interval: { busy: 0.05, queue: 1, intervalS: 1 },
  },
  {
    title: "a counter that stands still counted 0",
    previous: { takenAt: 1_000, requests: 100 },
    current: { takenAt: 2_000, requests: 100 },
    interval: { completions: 0, intervalS: 1 },
  },
  {
    title: "a counter that is new, or gone, tells nothing yet",
    previous: { takenAt: 1_000, connections: 1 },
    current: { takenAt: 2_000, connections: 1, requests: 100 },
    interval: { queue: 1, intervalS: 1 },
  },
  {
    title: "only connections are known",
    previous: { takenAt: 1_000, connections: 2 },
    current: { takenAt: 1_500, connections: 4 },
    interval: { queue: 4, intervalS: 0.5 },
  },
  {
    title: "load beyond the capacity is all of it",
    previous: { takenAt: 1_000 },
    current: { takenAt: 2_000, load: 250 },
    interval: { busy: 1, intervalS: 1 },
  },
  {
    title: "the same sample again is no news",
    previous: { takenAt: 1_000, connections: 2, requests: 5 },
    current: { takenAt: 1_000, connections: 2, requests: 5 },
    interval: {},
  },
  {
    title: "a clock that was set back makes no interval",
    previous: { takenAt: 9_000, connections: 2, requests: 5 },
    current: { takenAt: 1_000, connections: 2, requests: 6 },
    interval: {},
  },
  { title: "no sample", previous: { takenAt: 9_000, connections: 2 }, interval: {} },
])("$title", ({ previous, current, interval }) => {
  expect(samplesToInterval(previous, current)).toEqual(interval);
});

test("any samples give what the root rule takes: no number below 0, busy at most 1", () => {
  const figure = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { nil: undefined });
  const sample = fc
    .record({ takenAt: fc.nat(10_000), connections: figure, load: figure, requests: figure })
    .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as never);
  fc.assert(
    fc.property(sample, sample, (previous: CountedSample, current: CountedSample) => {
      const interval = samplesToInterval(previous, current);
      for (const value of Object.values(interval)) expect(value).toBeGreaterThanOrEqual(0);
      expect(interval.busy ?? 0).toBeLessThanOrEqual(1);
    }),
  );
});
