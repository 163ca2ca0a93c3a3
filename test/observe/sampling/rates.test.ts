import { expect, test } from "vitest";
import type { Reading } from "../../../src/decide/world.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { serveText, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();

test("a pod is read by a counter's rate, from the second time on", async () => {
  const startedAt = performance.now();
  const cores = 0.25;
  const page = () => `cpu_seconds_total ${(100 + (cores * (performance.now() - startedAt)) / 1_000).toFixed(9)}\n`;
  const pod = await cleanups.serving(serveText(page));
  const readings: (Reading | undefined)[] = [];
  const sampler = startSampler(cleanups, {
    onSample: () => readings.push(sampler.readings("ns/pool").get(pod.pod.uid)),
  });
  const source = { http: { load: { name: "cpu_seconds_total", rate: true, capacity: "0.5" } } };
  const metrics = unhurried(metricsFrom({ interval: "200ms", timeout: "150ms", source }));
  sampler.follow("ns/pool", { metrics, keep: 2, pods: [pod.pod] });
  await until(() => readings.length >= 5, "five samples");
  expect(readings[0]).toEqual({
    samples: [{ takenAt: expect.any(Number), counter: expect.objectContaining({ metric: "cpu_seconds_total" }) }],
    failures: 0,
  });
  // Over all of them the load is that of the pod, however late each answer came.
  const rates = readings.slice(1).map((known) => known!.samples[0]!);
  const work = rates.reduce((sum, { load, windowMs }) => sum + load! * windowMs!, 0);
  const windows = rates.reduce((sum, { windowMs }) => sum + windowMs!, 0);
  const [begun, ended] = [readings[0]!.samples[0]!.counter!, rates.at(-1)!.counter!];
  expect(work / windows).toBeCloseTo((1_000 * (ended.total - begun.total)) / (ended.at - begun.at), 3);
});
