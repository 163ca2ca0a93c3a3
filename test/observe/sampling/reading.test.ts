import { expect, test } from "vitest";
import { rated, withFailure, withSample } from "../../../src/observe/sampling/reading.ts";

const sample = (takenAt: number) => ({ takenAt, connections: takenAt });
const samples = (...times: number[]) => ({ samples: times.map(sample), failures: 0 });

test("samples stand newest first, as many as are kept", () => {
  expect(withSample(undefined, sample(1), 2, 1)).toEqual(samples(1));
  expect(withSample(samples(2, 1), sample(3), 2, 3)).toEqual(samples(3, 2));
  expect(withSample(samples(3, 2, 1), sample(4), 1, 4)).toEqual(samples(4));
});

test("a sample that is not newer than the last one is not added", () => {
  expect(withSample(samples(5, 4), sample(5), 3, 9)).toEqual(samples(5, 4));
  expect(withSample(samples(5, 4), sample(3), 3, 9)).toEqual(samples(5, 4));
});

test("a clock that was set back does not hide what comes now", () =>
  expect(withSample(samples(1_000, 4), sample(5), 3, 5)).toEqual(samples(5, 4)));

test("failures are counted and leave the samples, until a success", () => {
  const once = withFailure(samples(1), "TimedOut");
  expect(once).toEqual({ ...samples(1), failure: "TimedOut", failures: 1 });
  const twice = withFailure(once, "Malformed");
  expect(twice).toEqual({ ...samples(1), failure: "Malformed", failures: 2 });
  expect(withSample(twice, sample(2), 2, 2)).toEqual(samples(2, 1));
  expect(withFailure(undefined, "TimedOut")).toEqual({ samples: [], failure: "TimedOut", failures: 1 });
});

test("a sample tells how the pod answered since the one before", () => {
  const counted = (takenAt: number, totalMs: number, count: number) => ({ takenAt, responses: { totalMs, count } });
  const first = withSample(undefined, counted(1, 100, 10), 3, 1);
  expect(first).toEqual({ samples: [counted(1, 100, 10)], failures: 0 });
  const second = withSample(withFailure(first, "TimedOut"), counted(2, 150, 15), 3, 2);
  expect(second.samples).toEqual([{ ...counted(2, 150, 15), responseMs: 10 }, counted(1, 100, 10)]);
  expect(withSample(second, counted(3, 150, 15), 1, 3).samples).toEqual([counted(3, 150, 15)]);
  // Of what came from the future, by a clock that has been set back, nothing is counted.
  expect(withSample(second, counted(1, 350, 20), 3, 1).samples).toEqual([counted(1, 100, 10)]);
});

test("a sample of a counter has its rate as load, from the second value on", () => {
  const counted = (at: number, total: number) => ({ takenAt: at + 5, counter: { metric: "cpu", total, at } });
  const first = rated(undefined, counted(0, 1_000), 5_000)!;
  expect(first).toEqual(counted(0, 1_000));
  const one = withSample(undefined, first, 2, 5);
  const second = rated(one, counted(2_000, 1_080), 5_000)!;
  expect(second).toEqual({ ...counted(2_000, 1_080), load: 40, windowMs: 2_000 });
  const two = withSample(one, second, 2, 2_005);
  // Failures in between are a longer window, up to the longest; after that it begins anew.
  const failing = withFailure(two, "TimedOut");
  expect(rated(failing, counted(6_000, 1_280), 5_000)).toMatchObject({ load: 50, windowMs: 4_000 });
  expect(rated(failing, counted(8_000, 1_280), 5_000)).toEqual(counted(8_000, 1_280));
  // A restart of the program counts from 0, a clock that was set back begins anew.
  expect(rated(two, counted(3_000, 60), 5_000)).toMatchObject({ load: 60 });
  expect(rated(two, counted(1_000, 1_280), 5_000)).toMatchObject({ load: 280, windowMs: 1_000 });
  expect(rated(one, counted(-50, 1_280), 5_000)).toEqual(counted(-50, 1_280));
  expect(rated(two, counted(3_000, 1e12), 5_000)).toBeUndefined();
});
