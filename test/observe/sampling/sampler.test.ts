import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/decide/world.ts";
import type { Attempt } from "../../../src/observe/sampling/context.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { httpMetrics, serveHttp, serveText, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

const create = (options: Partial<SamplerOptions> = {}): Sampler => startSampler(cleanups, options);

const fast = unhurried(httpMetrics("200ms", "150ms"));
const read = (sampler: Sampler, { uid }: Pod) => sampler.readings("ns/pool").get(uid);
const samplesOf = (sampler: Sampler, pod: Pod) => read(sampler, pod)?.samples ?? [];

describe("a pod that is followed", () => {
  test("is sampled again and again over one connection, newest first, as many as are kept", async () => {
    let connections = 0;
    const pod = await serving(serveText(() => `connections ${++connections}\nload 0.5\n`));
    const notified: string[] = [];
    const attempts: Attempt[] = [];
    const sampler = create({ onSample: (pool) => notified.push(pool), onAttempt: (attempt) => attempts.push(attempt) });
    sampler.follow("ns/pool", { metrics: fast, keep: 3, pods: [pod.pod] });
    await until(() => notified.length >= 5, "five attempts");
    const reading = read(sampler, pod.pod)!;
    const newest = reading.samples[0]!;
    expect(reading.samples.map((sample) => sample.connections)).toEqual(
      [0, -1, -2].map((step) => newest.connections! + step),
    );
    expect(reading.samples.map(({ load }) => load)).toEqual([50, 50, 50]);
    expect(newest.takenAt).toBeGreaterThan(reading.samples[2]!.takenAt);
    expect(Math.abs(Date.now() - newest.takenAt)).toBeLessThan(5_000);
    expect(reading).toMatchObject({ failures: 0 });
    expect(reading.failure).toBeUndefined();
    expect(new Set(notified)).toEqual(new Set(["ns/pool"]));
    expect(attempts[0]).toMatchObject({ pool: "ns/pool", outcome: "ok" });
    expect(pod.accepted()).toBe(1);
  });

  test("is asked for requests and response times, by text and by JSON, and they are in its samples", async () => {
    let requests = 0;
    const more = () => {
      requests += 10;
      return requests;
    };
    const text = () => {
      more();
      return ["connections 1", "load 0.5", `requests_total{code="200"} ${requests}`, ""].join("\n");
    };
    const [exposing, jsonPod] = [
      await serving(serveText(text)),
      await serving(serveText(() => `{"c":4,"r":${more()}}`)),
    ];
    const sampler = create();
    const counting = unhurried(httpMetrics("200ms", "150ms", { requests: { name: "requests_total" } }));
    const json = unhurried(
      metricsFrom({
        interval: "200ms",
        timeout: "150ms",
        source: { json: { connections: { pointer: "/c" }, requests: { pointer: "/r" } } },
      }),
    );
    sampler.follow("ns/pool", { metrics: counting, keep: 2, pods: [exposing.pod] });
    sampler.follow("ns/json", { metrics: json, keep: 2, pods: [jsonPod.pod] });
    const ofJson = () => sampler.readings("ns/json").get(jsonPod.pod.uid)?.samples ?? [];
    await until(() => samplesOf(sampler, exposing.pod).length === 2 && ofJson().length === 2, "two samples of each");
    const [newest, older] = samplesOf(sampler, exposing.pod);
    expect(newest!.requests).toBeGreaterThan(older!.requests!);
    expect(newest).toEqual({
      takenAt: expect.any(Number),
      connections: 1,
      load: 50,
      requests: newest!.requests,
    });
    const [newestJson, olderJson] = ofJson();
    expect(newestJson!.requests).toBeGreaterThan(olderJson!.requests!);
    expect(newestJson).toEqual({ takenAt: expect.any(Number), connections: 4, requests: newestJson!.requests });
  });

  test("keeps its samples when it fails, and is well again at once", async () => {
    let status = 200;
    const pod = await serving(serveHttp((_, response) => response.writeHead(status).end("connections 1\nload 0\n")));
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 2, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length === 2, "two samples");
    status = 503;
    await until(() => (read(sampler, pod.pod)?.failures ?? 0) >= 2, "two failures");
    expect(read(sampler, pod.pod)).toMatchObject({ failure: "StatusNotOk" });
    expect(samplesOf(sampler, pod.pod)).toHaveLength(2);
    status = 200;
    await until(() => read(sampler, pod.pod)?.failures === 0, "a success");
    expect(read(sampler, pod.pod)?.failure).toBeUndefined();
  });

  test("may be followed on every pass without being disturbed", async () => {
    let requests = 0;
    const pod = await serving(serveText(() => `connections ${++requests}\nload 0\n`));
    const sampler = create();
    const startedAt = performance.now();
    await until(() => {
      sampler.follow("ns/pool", { metrics: structuredClone(fast), keep: 2, pods: [structuredClone(pod.pod)] });
      return requests >= 5;
    }, "five requests");
    // The shortest period of a pulse; on a busy machine it is longer.
    expect(requests).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / (0.92 * fast.interval));
    expect(pod.accepted()).toBe(1);
  });

  test("is sampled besides its interval when it is hurried, once however often that is said", async () => {
    let requests = 0;
    const pod = await serving(serveText(() => `connections ${++requests}\nload 0\n`));
    const slow = unhurried(httpMetrics("1h", "150ms"));
    const isLast: (boolean | undefined)[] = [];
    const sampler = create({ onSample: (_, last) => isLast.push(last) });
    sampler.follow("ns/pool", { metrics: slow, keep: 3, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length === 1, "the first sample");
    const at = Date.now() + 100;
    for (let times = 0; times < 3; times += 1) sampler.hurry("ns/pool", at);
    await until(() => samplesOf(sampler, pod.pod).length === 2, "the second sample");
    expect(samplesOf(sampler, pod.pod)[0]!.takenAt).toBeGreaterThanOrEqual(at - 1);
    sampler.hurry("ns/pool", at);
    sampler.hurry("ns/other", at);
    sampler.hurry("ns/pool", at + 1);
    await until(() => samplesOf(sampler, pod.pod).length === 3, "the third sample");
    expect(requests).toBe(3);
    expect(isLast).toEqual([false, true, true]);
  });

  test("is the last of those that were hurried when all others have answered or are gone", async () => {
    const pods = [
      await serving(serveText("connections 1\nload 0\n")),
      await serving(serveText("connections 1\nload 0\n")),
    ];
    const [first, second] = pods.map(({ pod }) => pod) as [Pod, Pod];
    const slow = unhurried(httpMetrics("1h", "150ms"));
    const isLast: (boolean | undefined)[] = [];
    const sampler = create({ onSample: (_, last) => isLast.push(last) });
    const follow = (followed: readonly Pod[]) => sampler.follow("ns/pool", { metrics: slow, keep: 3, pods: followed });
    follow([first, second]);
    await until(() => isLast.length === 2, "the first samples");
    sampler.hurry("ns/pool", Date.now());
    await until(() => isLast.length === 4, "the hurried samples");
    expect(isLast).toEqual([false, false, false, true]);
    sampler.hurry("ns/pool", Date.now() + 50);
    follow([first]);
    await until(() => isLast.length === 5, "the sample of the one that is left");
    expect(isLast.at(-1)).toBe(true);
  });

  const notSampled: [what: string, changes: Partial<Pod>][] = [
    ["is not running", { phase: "Pending" }],
    ["has ended", { phase: "Succeeded" }],
    ["is terminating", { terminating: true }],
    ["has no address", { addresses: [] }],
  ];
  test.each(notSampled)("is not asked when it %s", async (_, changes) => {
    const pod = await serving(serveText("connections 1\nload 0\n"));
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [pod.pod] });
    await until(() => read(sampler, pod.pod) !== undefined, "a reading");
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [{ ...pod.pod, ...changes }] });
    expect(sampler.readings("ns/pool").size).toBe(0);
    await until(() => pod.open() === 0, "the connection's end");
  });

  test("is read anew when its address changes, and nothing of the old one stays", async () => {
    const [first, second] = [
      await serving(serveText("connections 1\nload 0\n")),
      await serving(serveText("connections 2\nload 0\n")),
    ];
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 5, pods: [first.pod] });
    await until(() => samplesOf(sampler, first.pod).length > 0, "a sample");
    const moved = { ...first.pod, addresses: second.pod.addresses, ports: second.pod.ports };
    sampler.follow("ns/pool", { metrics: fast, keep: 5, pods: [moved] });
    expect(read(sampler, moved)).toBeUndefined();
    await until(() => samplesOf(sampler, moved).length >= 2, "two samples");
    expect(samplesOf(sampler, moved).every(({ connections }) => connections === 2)).toBe(true);
    await until(() => first.open() === 0, "the old connection's end");
  });

  test("is refused by address, host network or port, and says so", async () => {
    const { pod } = await serving(serveText("connections 1\nload 0\n"));
    const pods = [
      { ...pod, uid: "link-local", addresses: ["169.254.169.254"] },
      { ...pod, uid: "refused", addresses: [], addressRefused: true },
      { ...pod, uid: "host", hostNetwork: true },
      { ...pod, uid: "port", ports: [{ name: "http", port: 1 }] },
    ];
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods });
    await until(() => [...sampler.readings("ns/pool").values()].filter(({ failures }) => failures >= 2).length === 4);
    const failures = [...sampler.readings("ns/pool")].map(([uid, { failure }]) => [uid, failure]);
    expect(Object.fromEntries(failures)).toEqual({
      "link-local": "AddressRefused",
      refused: "AddressRefused",
      host: "AddressRefused",
      port: "PortNotDeclared",
    });
  });

  test("on loopback is refused unless pods live there", async () => {
    const pod = await serving(serveText("connections 1\nload 0\n"));
    const sampler = create({ allowLoopback: false });
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [pod.pod] });
    await until(() => read(sampler, pod.pod) !== undefined, "a reading");
    expect(read(sampler, pod.pod)).toEqual({ samples: [], failure: "AddressRefused", failures: 1 });
    expect(pod.accepted()).toBe(0);
  });
});

describe("a change of the metrics", () => {
  test("of the source begins with no samples", async () => {
    const pod = await serving(serveText("connections 1\nload 1\nother 7\n"));
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 2, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length > 0, "a sample");
    const other = unhurried(httpMetrics("200ms", "150ms", { connections: { name: "other" } }));
    sampler.follow("ns/pool", { metrics: other, keep: 2, pods: [pod.pod] });
    expect(read(sampler, pod.pod)).toBeUndefined();
    await until(() => samplesOf(sampler, pod.pod).length > 0, "a sample");
    expect(samplesOf(sampler, pod.pod)[0]).toMatchObject({ connections: 7 });
  });

  test("of the interval alone keeps the samples", async () => {
    const pod = await serving(serveText("connections 1\nload 1\n"));
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 2, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length > 0, "a sample");
    sampler.follow("ns/pool", { metrics: httpMetrics("1h", "150ms"), keep: 2, pods: [pod.pod] });
    expect(samplesOf(sampler, pod.pod).length).toBeGreaterThan(0);
  });

  test("to JSON is read as JSON", async () => {
    const pod = await serving(serveText('{"stats":{"c":4,"l":30}}'));
    const json = unhurried(
      metricsFrom({
        interval: "200ms",
        timeout: "150ms",
        source: {
          json: {
            port: "metrics",
            connections: { pointer: "/stats/c" },
            load: { pointer: "/stats/l", capacity: "60" },
          },
        },
      }),
    );
    const sampler = create();
    sampler.follow("ns/pool", { metrics: fast, keep: 2, pods: [pod.pod] });
    await until(() => read(sampler, pod.pod)?.failure === "Malformed", "a failure");
    sampler.follow("ns/pool", { metrics: json, keep: 2, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length > 0, "a sample");
    expect(samplesOf(sampler, pod.pod)[0]).toMatchObject({ connections: 4, load: 50 });
  });
});

describe("an end", () => {
  test("of a pool cuts what is under way and has no effect afterwards", async () => {
    const release: (() => void)[] = [];
    const pod = await serving(
      serveHttp((_, response) => void release.push(() => response.end("connections 1\nload 0\n"))),
    );
    const notified: string[] = [];
    const sampler = create({ onSample: (pool) => notified.push(pool) });
    sampler.follow("ns/pool", { metrics: httpMetrics("10s", "9s"), keep: 1, pods: [pod.pod] });
    await until(() => release.length === 1, "a request");
    sampler.forget("ns/pool");
    for (const answer of release) answer();
    await until(() => pod.open() === 0, "the connection's end");
    expect({ notified, readings: sampler.readings("ns/pool").size }).toEqual({ notified: [], readings: 0 });
  });

  test("and a new beginning, many times over, never asks a pod twice at once", async () => {
    let open = 0;
    let most = 0;
    const pod = await serving(
      serveHttp((_, response) => {
        most = Math.max(most, ++open);
        response.on("close", () => open--);
        setTimeout(() => response.end("connections 1\nload 0\n"), 20);
      }),
    );
    const sampler = create({ random: () => 0 });
    for (let time = 0; time < 30; time++) {
      sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [pod.pod] });
      await new Promise((resolve) => setTimeout(resolve, time % 7));
      if (time % 3 === 0) sampler.forget("ns/pool");
      else sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [] });
    }
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [pod.pod] });
    await until(() => samplesOf(sampler, pod.pod).length > 0, "a sample");
    // A cut request may still look open to the pod while the next one arrives.
    expect(most).toBeLessThanOrEqual(2);
    await until(() => pod.open() === 1, "one connection");
  });

  test("of the sampler leaves no timer, no connection and no effect", async () => {
    const well = await serving(serveText("connections 1\nload 0\n"));
    const hanging = await serving(serveHttp(() => {}));
    const timers = new Set<NodeJS.Timeout>();
    const notified: string[] = [];
    const sampler = create({
      random: () => 0,
      onSample: (pool) => notified.push(pool),
      setTimer: (callback, delayMs) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          callback();
        }, delayMs);
        timers.add(timer);
        return () => {
          timers.delete(timer);
          clearTimeout(timer);
        };
      },
    });
    sampler.follow("ns/pool", { metrics: httpMetrics("10s", "9s"), keep: 1, pods: [well.pod, hanging.pod] });
    await until(() => notified.length > 0 && hanging.open() === 1, "an answer and a hang");
    await sampler.close();
    const after = notified.length;
    expect(timers.size).toBe(0);
    await until(() => well.open() === 0 && hanging.open() === 0, "the connections' end");
    sampler.follow("ns/pool", { metrics: fast, keep: 1, pods: [well.pod] });
    // What is followed after all of that is asked at once by a sampler that is not closed.
    const other = create({ random: () => 0 });
    other.follow("ns/pool", {
      metrics: fast,
      keep: 1,
      pods: [(await serving(serveText("connections 1\nload 0\n"))).pod],
    });
    await until(() => other.readings("ns/pool").size === 1, "what another sampler reads meanwhile");
    expect({ timers: timers.size, notified: notified.length, accepted: well.accepted() }).toEqual({
      timers: 0,
      notified: after,
      accepted: 1,
    });
  });
});
