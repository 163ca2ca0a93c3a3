import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/decide/world.ts";
import { measureUse, type PodMetrics } from "../../../src/observe/sources/resource.ts";
import { makePod } from "../sampling/fake-pods.ts";

const at = Date.parse("2026-01-01T00:00:00Z");
const usage = (...cpu: (string | undefined)[]): PodMetrics => ({
  metadata: { name: "pod" },
  timestamp: "2026-01-01T00:00:00Z",
  containers: cpu.map((text) => ({ usage: text === undefined ? {} : { cpu: text } })),
});
const measure = (pod: Partial<Pod>, metrics: PodMetrics | undefined, capacity?: number, now = at + 5_000) =>
  measureUse(makePod(pod), metrics, { name: "cpu", ...(capacity && { capacity }) }, now);
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

test("needs figures of all containers, where it has one by its name", () => {
  const told = (...names: string[]): PodMetrics => ({
    ...usage(),
    containers: names.map((name) => ({ name, usage: { cpu: "1" } })),
  });
  const pod = { cpuRequest: 4_000, containers: [{ name: "web" }, { name: "proxy" }] };
  expect(measure(pod, told("proxy"))).toEqual(failed("MetricMissing"));
  expect(measure(pod, told("proxy", "web", "debugger"))).toMatchObject({ sample: { load: 75 } });
  expect(measure(pod, told("POD"))).toMatchObject({ sample: { load: 25 } });
});

test("needs figures that are figures", () => {
  expect(measure({ cpuRequest: 1 }, usage("1", undefined))).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage("much"))).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage())).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, { ...usage("1"), timestamp: "now" })).toEqual(failed("Malformed"));
  expect(measure({ cpuRequest: 1 }, usage("-1"))).toEqual(failed("ValueRefused"));
  expect(measure({ cpuRequest: 1 }, usage("-1", "3"))).toEqual(failed("ValueRefused"));
  for (const text of ["", "1e3n", "0x10", "1e999", "NaN", "1 ", "--1", "1mm"])
    expect(measure({ cpuRequest: 1 }, usage("1", text))).toEqual(failed("Malformed"));
});

describe("of memory", () => {
  const told = (...memory: (string | undefined)[]): PodMetrics => ({
    ...usage(),
    containers: memory.map((text) => ({ usage: { cpu: "1", ...(text && { memory: text }) } })),
  });
  const load = (pod: Partial<Pod>, metrics: PodMetrics, capacity?: number) =>
    measureUse(makePod(pod), metrics, { name: "memory", ...(capacity && { capacity }) }, at);

  test("is use in percent of the request, or of the capacity", () => {
    expect(load({ memoryRequest: 2 ** 30 }, told("256Mi", "262144Ki"))).toMatchObject({ sample: { load: 50 } });
    expect(load({ memoryRequest: 2 ** 30 }, told("256Mi"), 2 ** 29)).toMatchObject({ sample: { load: 50 } });
  });

  test("needs a request of memory, and figures of it", () => {
    expect(load({ cpuRequest: 500 }, told("256Mi"))).toEqual(failed("NoMemoryRequest"));
    expect(load({ memoryRequest: 1 }, told("256Mi", undefined))).toEqual(failed("Malformed"));
  });
});

describe("of one container", () => {
  const containers = [{ name: "app", cpuRequest: 500 }, { name: "proxy" }];
  const pod = { cpuRequest: 5_000, containers };
  const told = (use: Readonly<Record<string, string>>): PodMetrics => ({
    ...usage(),
    containers: Object.entries(use).map(([name, cpu]) => ({ name, usage: { cpu } })),
  });
  const load = (container: string, metrics: PodMetrics, capacity?: number) =>
    measureUse(makePod(pod), metrics, { name: "cpu", container, ...(capacity && { capacity }) }, at);

  test("is its own use in percent of its own request, whatever others do", () =>
    expect(load("app", told({ app: "250m", proxy: "3" }))).toMatchObject({ sample: { load: 50 } }));

  test("needs no figures of others", () =>
    expect(load("app", told({ app: "250m", proxy: "none" }))).toMatchObject({ sample: { load: 50 } }));

  test("needs its own request, or a capacity", () => {
    expect(load("proxy", told({ app: "1", proxy: "1" }))).toEqual(failed("NoCpuRequest"));
    expect(load("proxy", told({ app: "1", proxy: "1" }), 2_000)).toMatchObject({ sample: { load: 50 } });
  });

  test("is none where the pod has no such container, and none yet where no figures tell of it", () => {
    expect(load("web", told({ web: "1" }), 1_000)).toEqual(failed("ContainerMissing"));
    expect(load("app", told({ proxy: "1" }))).toEqual(failed("MetricMissing"));
  });
});
