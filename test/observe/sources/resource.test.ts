import { expect, test } from "vitest";
import type { Pod } from "../../../src/decide/world.ts";
import { measureCpu, type PodMetrics } from "../../../src/observe/sources/resource.ts";
import { makePod } from "../sampling/fake-pods.ts";

const at = Date.parse("2026-01-01T00:00:00Z");
const usage = (...cpu: (string | undefined)[]): PodMetrics => ({
  metadata: { name: "pod" },
  timestamp: "2026-01-01T00:00:00Z",
  containers: cpu.map((text) => ({ usage: text === undefined ? {} : { cpu: text } })),
});
const measure = (pod: Partial<Pod>, metrics: PodMetrics | undefined, capacity?: number, now = at + 5_000) =>
  measureCpu(makePod(pod), metrics, { name: "cpu", ...(capacity && { capacity }) }, now);
const failed = (failure: string) => ({ kind: "failed", failure });

test("is use in percent of the request, as of the time of the figures", () =>
  expect(measure({ cpuRequest: 500 }, usage("100m", "150000000n"))).toEqual({
    kind: "sampled",
    sample: { takenAt: at, load: 50 },
  }));

test("is use in percent of the capacity, if there is one", () =>
  expect(measure({ cpuRequest: 500 }, usage("250m"), 1_000)).toMatchObject({ sample: { load: 25 } }));

test.each([
  ["15.3s", { windowMs: 15_300 }],
  ["1m0s", { windowMs: 60_000 }],
  ["soon", {}],
  [undefined, {}],
])("tells its window, where that is one: %j", (window, told) =>
  expect(measure({ cpuRequest: 1_000 }, { ...usage("1"), ...(window && { window }) })).toEqual({
    kind: "sampled",
    sample: { takenAt: at, load: 100, ...told },
  }),
);

test("is not taken in the future", () =>
  expect(measure({ cpuRequest: 500 }, usage("1"), undefined, at - 5_000)).toMatchObject({
    sample: { takenAt: at - 5_000 },
  }));

test("needs a capacity or a request", () => expect(measure({}, usage("1"))).toEqual(failed("NoCpuRequest")));

test("needs figures of this pod", () => {
  expect(measure({ cpuRequest: 1 }, undefined)).toEqual(failed("MetricMissing"));
  expect(measure({ cpuRequest: 1, createdAt: at + 1_000 }, usage("1"))).toEqual(failed("MetricMissing"));
});

test("needs figures that are figures", () => {
  expect(measure({ cpuRequest: 1 }, usage("1", undefined))).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage("much"))).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage())).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, { ...usage("1"), timestamp: "now" })).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage("-1"))).toEqual(failed("ValueRefused"));
});
