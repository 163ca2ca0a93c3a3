import { expect, test } from "vitest";
import type { Metrics } from "../../../src/api/metrics.ts";
import type { Pod } from "../../../src/decide/world.ts";
import type { Attempt } from "../../../src/observe/sampling/context.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import type { PodMetrics } from "../../../src/observe/sources/resource.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { makePod, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();

const create = (options: Partial<SamplerOptions> = {}): Sampler => startSampler(cleanups, options);

const read = (sampler: Sampler, { uid }: Pod) => sampler.readings("ns/pool").get(uid);
const samplesOf = (sampler: Sampler, pod: Pod) => read(sampler, pod)?.samples ?? [];

const resource = (capacity?: string): Metrics => ({
  ...metricsFrom({ interval: "5s", timeout: "1s", source: { resource: { ...(capacity && { capacity }) } } }),
  interval: 200,
  timeout: 150,
});
const usage = (name: string, cpu: string, time: number): PodMetrics => ({
  metadata: { name },
  timestamp: new Date(time).toISOString(),
  containers: [{ usage: { cpu } }],
});
const pods = [makePod({ cpuRequest: 1_000, addresses: ["10.0.0.1"] }), makePod({ addresses: ["10.0.0.2"] })];
const [measured, unasked] = pods as [Pod, Pod];

test("is listed once per interval for all pods, and a figure counts once", async () => {
  const lists: (readonly [string, string | undefined])[] = [];
  let time = Date.now() - 10_000;
  const sampler = create({
    listPodMetrics: async (namespace, selector) => {
      lists.push([namespace, selector]);
      return [usage(measured.name, "250m", time), usage(unasked.name, "1", time)];
    },
  });
  sampler.follow("ns/pool", { metrics: resource(), keep: 3, pods, selector: "app=x" });
  await until(() => lists.length >= 3, "three lists");
  await until(() => sampler.readings("ns/pool").size === 2, "readings");
  expect(lists[0]).toEqual(["default", "app=x"]);
  expect(samplesOf(sampler, measured)).toEqual([{ takenAt: time, load: 25 }]);
  expect(read(sampler, unasked)).toMatchObject({ samples: [], failure: "NoCpuRequest" });
  const first = time;
  time += 5_000;
  await until(() => samplesOf(sampler, measured).length === 2, "a new figure");
  expect(samplesOf(sampler, measured).map(({ takenAt }) => takenAt)).toEqual([time, first]);
});

test("told with a time that is still to come is as old as the news of it, and counts once", async () => {
  const early = Date.now();
  let time = early + 3_600_000;
  let lists = 0;
  const sampler = create({
    listPodMetrics: async () => {
      lists += 1;
      return [usage(measured.name, "250m", time)];
    },
  });
  sampler.follow("ns/pool", { metrics: resource(), keep: 3, pods });
  await until(() => lists >= 3, "three lists");
  const [only, ...others] = samplesOf(sampler, measured);
  expect(only!.takenAt).toBeGreaterThanOrEqual(early);
  expect(only!.takenAt).toBeLessThanOrEqual(Date.now());
  expect(others).toEqual([]);
  time += 5_000;
  await until(() => samplesOf(sampler, measured).length === 2, "a new figure");
  expect(samplesOf(sampler, measured)[1]).toEqual(only);
});

const unavailable: [what: string, list: NonNullable<SamplerOptions["listPodMetrics"]> | undefined][] = [
  ["absent", undefined],
  ["unavailable", async () => undefined],
  ["failing", () => Promise.reject(new Error("refused"))],
  ["hanging", () => new Promise(() => {})],
];
test.each(unavailable)("that is %s is no source", async (_, listPodMetrics) => {
  const attempts: Attempt[] = [];
  const sampler = create({
    ...(listPodMetrics && { listPodMetrics }),
    onAttempt: (attempt) => attempts.push(attempt),
    onError: () => {},
  });
  sampler.follow("ns/pool", { metrics: resource("500m"), keep: 1, pods });
  await until(() => attempts.length >= 2, "two attempts");
  expect(attempts[0]).toMatchObject({ outcome: "SourceUnavailable" });
  for (const pod of pods) expect(read(sampler, pod)).toMatchObject({ samples: [], failure: "SourceUnavailable" });
});

const oddItems: [what: string, item: unknown][] = [
  ["containers null, as Go writes a list that is nil", { containers: null }],
  ["no containers", { containers: undefined }],
  ["a container that is null", { containers: [null] }],
  ["a container without usage", { containers: [{ name: "a" }] }],
  ["usage null", { containers: [{ usage: null }] }],
  ["a use that is no quantity", { containers: [{ usage: { cpu: {} } }] }],
  ["a use in a list", { containers: [{ usage: { cpu: ["1"] } }] }],
  ["a timestamp null", { timestamp: null }],
  ["a timestamp that is none", { timestamp: 7 }],
];
test.each(oddItems)("that lists an item with %s is of no use for its pod, and for no other", async (_, odd) => {
  const errors: unknown[] = [];
  let lists = 0;
  const [other, third] = [
    makePod({ cpuRequest: 500, addresses: ["10.0.0.3"] }),
    makePod({ cpuRequest: 500, addresses: ["10.0.0.4"] }),
  ];
  const sampler = create({
    listPodMetrics: async () => {
      lists++;
      const time = Date.now() - 1_000;
      return [
        null,
        7,
        { metadata: null },
        { ...usage(measured.name, "1", time), ...(odd as object) },
        usage(other.name, "50m", time),
      ];
    },
    onError: (error) => errors.push(error),
  });
  sampler.follow("ns/pool", { metrics: resource(), keep: 1, pods: [measured, other, third] });
  await until(() => lists >= 3, "lists to go on");
  expect(read(sampler, measured)).toMatchObject({ samples: [], failure: "Malformed" });
  expect(samplesOf(sampler, other)).toMatchObject([{ load: 10 }]);
  expect(read(sampler, third)).toMatchObject({ samples: [], failure: "MetricMissing" });
  expect(errors).toEqual([]);
});

test("lists that hang, of however many pools, leave room for that of another namespace", async () => {
  const listed = new Set<string>();
  let underWay = 0;
  const sampler = create({
    random: () => 0,
    listPodMetrics: (namespace) => {
      listed.add(namespace);
      underWay++;
      return new Promise(() => {});
    },
  });
  const follow = (namespace: string, name: string): void => {
    const pod = makePod({ namespace, addresses: ["10.0.0.1"] });
    sampler.follow(`${namespace}/${name}`, { metrics: unhurried(resource()), keep: 1, pods: [pod] });
  };
  for (let number = 0; number < 40; number += 1) follow("mallory", `pool-${number}`);
  await until(() => listed.has("mallory"), "lists under way");
  follow("shop", "web");
  await until(() => listed.has("shop"), "the list of another namespace");
  // They are asked of one server, by way of the API server.
  expect(underWay).toBeLessThanOrEqual(8);
});

test("ends at once, even under a list that hangs", async () => {
  let aborted = false;
  let lists = 0;
  const sampler = create({
    listPodMetrics: (_, __, signal) => {
      lists++;
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise(() => {});
    },
  });
  sampler.follow("ns/pool", { metrics: unhurried(resource()), keep: 1, pods });
  await until(() => lists === 1, "a list");
  await sampler.close();
  expect(aborted).toBe(true);
});
