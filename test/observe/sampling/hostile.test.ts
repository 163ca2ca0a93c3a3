import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Metrics } from "../../../src/api/metrics.ts";
import type { Pod } from "../../../src/decide/world.ts";
import type { Attempt } from "../../../src/observe/sampling/context.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import {
  type FakePod,
  httpMetrics,
  serveHttp,
  serveTcp,
  serveText,
  unhurried,
  until,
  useCleanups,
} from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

function create(options: Partial<SamplerOptions> = {}): { sampler: Sampler; attempts: Attempt[]; errors: unknown[] } {
  const attempts: Attempt[] = [];
  const errors: unknown[] = [];
  const sampler = startSampler(cleanups, {
    onAttempt: (attempt) => attempts.push(attempt),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { sampler, attempts, errors };
}

const canary = "CANARY-7f3a";
const well = "connections 5\nload 0.5\n";

test("hostile pods fail each in its own way, say nothing, and leave the others alone", async () => {
  let hits = 0;
  const secret = await serving(serveHttp((_, response) => response.end(`connections ${++hits}`)));
  const location = `http://${secret.pod.addresses[0]}:${secret.pod.ports[0]?.port}/${canary}`;
  const block = Buffer.alloc(65_536, canary);
  const flood = (response: NodeJS.WritableStream & { destroyed?: boolean }) => {
    let left = 100_000_000;
    const pump = () => {
      while (left > 0 && !response.destroyed) {
        left -= block.length;
        if (!response.write(block)) return;
      }
    };
    response.on("drain", pump);
    pump();
  };
  const encoded = (encoding: string, body: Buffer) =>
    serveHttp((_, response) => response.setHeader("content-encoding", encoding).end(body));
  const zeros = Buffer.alloc(32_000_000);
  const drip = (write: (text: string) => void) => {
    const timer = setInterval(() => write("#"), 30);
    cleanups.add(() => clearInterval(timer));
  };

  const hostile: Record<string, [failure: string, pod: Promise<FakePod>]> = {
    status: ["StatusNotOk", serveHttp((_, response) => response.writeHead(500).end(canary))],
    redirect: ["Redirected", serveHttp((_, response) => response.writeHead(302, { location }).end(canary))],
    flood: ["BodyTooLarge", serveHttp((_, response) => flood(response))],
    brotli: ["EncodingRefused", encoded("br", brotliCompressSync(Buffer.alloc(4_000_000)))],
    gzip: ["BodyTooLarge", encoded("gzip", gzipSync(zeros))],
    chained: ["EncodingRefused", encoded("gzip, gzip", gzipSync(gzipSync(zeros)))],
    drip: ["TimedOut", serveHttp((_, response) => drip((text) => response.write(text)))],
    hang: ["TimedOut", serveHttp(() => {})],
    silent: ["TimedOut", serveTcp(() => {})],
    html: ["Malformed", serveText(`<html>${canary}</html>`)],
    garbage: ["NotHttp", serveTcp((socket) => void socket.end(`${canary}\r\n\r\n`))],
    nan: ["ValueRefused", serveText("connections NaN\nload 0.5\n")],
    infinite: ["ValueRefused", serveText("connections +Inf\nload 0.5\n")],
    negative: ["ValueRefused", serveText("connections 5\nload -1\n")],
    huge: ["ValueRefused", serveText("connections 1e308\nload 0.5\n")],
    // A name may be told where it is like the one that is asked for, and a label never.
    missing: ["MetricMissing", serveText(`${canary.replace("-", "_")} 5\nconnection{a="${canary}"} 5\n`)],
    empty: ["MetricMissing", serveText("")],
    cut: [
      "ConnectionCut",
      serveTcp((socket) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${canary}`)),
    ],
    header: ["HeaderTooLarge", serveHttp((_, response) => response.setHeader("x", canary.repeat(8_000)).end(well))],
    lines: ["TooManySamples", serveText(`${well}${"a 1\n".repeat(10_001)}`)],
    label: ["Malformed", serveText(`connections{a="${"\\!".repeat(64)}`)],
  };

  const { sampler, attempts, errors } = create();
  const healthy = await Promise.all(Array.from({ length: 10 }, () => serving(serveText(well))));
  const pods = new Map<string, FakePod>();
  for (const [name, [, pod]] of Object.entries(hostile)) pods.set(name, await serving(pod));
  const before = process.memoryUsage.rss();
  const podsOf = (wanted: (failure: string) => boolean): Pod[] =>
    [...pods].filter(([name]) => wanted(hostile[name]![0])).map(([, { pod }]) => pod);
  // Who answers has the time to.
  const metrics = httpMetrics("1s", "600ms");
  const answering = podsOf((failure) => failure !== "TimedOut");
  sampler.follow("ns/mute", { metrics, keep: 10, pods: podsOf((failure) => failure === "TimedOut") });
  sampler.follow("ns/pool", {
    metrics: unhurried(metrics),
    keep: 10,
    pods: [...healthy.map(({ pod }) => pod), ...answering],
  });
  const readingOf = ({ pod: { uid } }: FakePod) =>
    sampler.readings("ns/pool").get(uid) ?? sampler.readings("ns/mute").get(uid);
  await until(() => [...pods.values()].every((pod) => (readingOf(pod)?.failures ?? 0) >= 2), "two failures of each");
  await until(() => healthy.every((pod) => (readingOf(pod)?.samples.length ?? 0) >= 2), "two samples of the others");

  const failures = [...pods].map(([name, pod]) => [name, readingOf(pod)?.failure]);
  expect(Object.fromEntries(failures)).toEqual(
    Object.fromEntries(Object.entries(hostile).map(([name, [failure]]) => [name, failure])),
  );
  for (const pod of pods.values()) expect(readingOf(pod)?.samples).toEqual([]);
  for (const pod of healthy) {
    const { samples, failures: missed } = readingOf(pod)!;
    expect(missed).toBe(0);
    expect(samples.every(({ connections, load }) => connections === 5 && load === 50)).toBe(true);
  }
  expect({ hits, dialled: secret.accepted() }).toEqual({ hits: 0, dialled: 0 });
  expect(
    JSON.stringify([["ns/pool", "ns/mute"].map((pool) => [...sampler.readings(pool)]), attempts, errors]),
  ).not.toContain("CANARY");
  expect(errors).toEqual([]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(128e6);
});

test("pods that hang, however many, do not keep the others from being sampled", async () => {
  const { sampler, attempts } = create({ concurrency: 8 });
  const hangs = () => attempts.filter(({ pool }) => pool === "ns/hanging").length;
  const hanging = await Promise.all(Array.from({ length: 60 }, () => serving(serveTcp(() => {}))));
  /** By pod, how many of the others had hung when it was asked. */
  const asked = Array.from({ length: 20 }, (): number[] => []);
  const healthy = await Promise.all(
    asked.map((times) => serving(serveText(() => (times.push(hangs()) > 0 ? well : "")))),
  );
  const often = unhurried(httpMetrics("200ms", "150ms"));
  sampler.follow("ns/healthy", { metrics: often, keep: 10, pods: healthy.map(({ pod }) => pod) });
  await until(() => sampler.readings("ns/healthy").size === healthy.length, "a first sample of each");
  const follow = (metrics: Metrics) =>
    sampler.follow("ns/hanging", { metrics, keep: 10, pods: hanging.map(({ pod }) => pod) });

  // While they may hang for as long as they like, the others are asked again and again.
  follow(unhurried(httpMetrics("1s", "700ms")));
  await until(() => hanging.some((pod) => pod.open() > 0), "some to hang");
  const before = asked.map(({ length }) => length);
  await until(() => asked.every(({ length }, index) => length >= before[index]! + 4), "more samples of the others");
  expect(hangs()).toBe(0);

  // They share the slots that are left to them, so each waits for its turn; but it gets one. The others do not wait in line with them.
  follow(httpMetrics("1s", "700ms"));
  await until(() => hangs() > 45, "turns of those that hang");
  for (const times of asked) {
    const lost = [...times, hangs()].map((time, index) => time - (times[index - 1] ?? 0));
    expect(Math.max(...lost)).toBeLessThan(40);
  }
  const read = [...sampler.readings("ns/hanging").values()];
  expect(read.length).toBeGreaterThan(10);
  expect(read.every(({ failure }) => failure === "TimedOut")).toBe(true);
});
