import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Metrics } from "../../../src/api/metrics.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { openPrometheus, type Prometheus } from "../../../src/observe/query/prometheus.ts";
import type { Attempt } from "../../../src/observe/sampling/context.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { describePrometheus } from "../../rigs/prometheus/describe-prometheus.ts";
import { PrometheusServer } from "../../rigs/prometheus/prometheus-server.ts";
import { makePod, serveHttp, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const pool = "shop/web";

function create(prometheus: SamplerOptions["prometheus"]) {
  const attempts: Attempt[] = [];
  const sampler = startSampler(cleanups, { prometheus, onAttempt: (attempt) => attempts.push(attempt) });
  return { sampler, attempts };
}

const query = (given: object): Metrics =>
  unhurried({ ...metricsFrom({ interval: "5s", timeout: "1s", source: { query: given } }), interval: 200 });

const podIn = (name: string, changes: Partial<Pod> = {}): Pod =>
  makePod({ name, namespace: "shop", addresses: ["10.0.0.1"], ...changes });

const read = (sampler: Sampler, { uid }: Pod) => sampler.readings(pool).get(uid);

async function sampled(sampler: Sampler, pods: readonly Pod[], metrics: Metrics, attempts: readonly Attempt[]) {
  sampler.follow(pool, { metrics, keep: 3, pods });
  await until(() => attempts.length > 0 && pods.every((pod) => read(sampler, pod)), "readings");
  return pods.map((pod) => read(sampler, pod)!);
}

test("a pool whose queries are asked nowhere says so", async () => {
  const { sampler, attempts } = create(undefined);
  const [reading] = await sampled(sampler, [podIn("a")], query({ load: { expr: "a" } }), attempts);
  expect(reading).toMatchObject({ samples: [], failure: "SourceUnset" });
  expect(attempts[0]).toMatchObject({ pool, outcome: "SourceUnset" });
});

test("a query that is refused is not asked, nor are those beside it", async () => {
  let asked = 0;
  const server: Pick<Prometheus, "ask" | "labels"> = {
    labels: {},
    async ask(_, __, ___, use) {
      asked += 1;
      return use({ kind: "failed", failure: "TimedOut" });
    },
  };
  const { sampler, attempts } = create(server);
  const metrics = query({ connections: { expr: "a" }, load: { expr: "a{namespace='vault'}" } });
  const [reading] = await sampled(sampler, [podIn("a")], metrics, attempts);
  expect(reading).toMatchObject({
    failure: "QueryRefused",
    finding: { kind: "promql", field: "load.expr", fault: "OtherNamespace", character: 3 },
  });
  expect(asked).toBe(0);
});

test("a server that hangs delays nobody but those who ask it, and is let go at the end", async () => {
  const pod = await cleanups.serving(serveHttp(() => {}));
  const address = new URL(`http://${pod.pod.addresses[0]}:${pod.pod.ports[0]!.port}`);
  const server = await openPrometheus({ address }, { onError: () => {} });
  cleanups.add(() => server.close());
  const { sampler } = create(server);
  sampler.follow(pool, { metrics: query({ load: { expr: "a" } }), keep: 1, pods: [podIn("a")] });
  await until(() => pod.open() > 0, "a query under way");
  await sampler.close();
  await until(() => pod.open() === 0, "the connection to be cut");
});

describePrometheus("with a real Prometheus", () => {
  /** By pod: what it has by now. */
  const pages = new Map<string, () => string>();
  let server: Server;
  let real: PrometheusServer;
  let prometheus: Prometheus;
  const asked: string[] = [];
  /** The same server, with its questions kept. */
  const recording: Pick<Prometheus, "ask" | "labels"> = {
    labels: {},
    ask(text, ...rest) {
      asked.push(text);
      return prometheus.ask(text, ...rest);
    },
  };

  beforeAll(async () => {
    let served = 0;
    const page = (connections: number) => () => {
      served += 1;
      return [
        `open_connections{port="1"} ${connections}`,
        'open_connections{port="2"} 1',
        `served_total ${100 + served}`,
        `seconds_sum ${served * 0.2}`,
        `seconds_count ${served}`,
        "",
      ].join("\n");
    };
    pages.set("a", page(6));
    pages.set("b", page(7));
    pages.set("exporter", () => 'other_pod_load{of="c"} 50\n');
    // As those that pass on what they have heard do: the sample is as old as it says, however new the scrape.
    pages.set("old", () => `open_connections{port="1"} 9 ${Date.now() - 120_000}\n`);
    server = createServer(({ url }, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(pages.get(url!.slice(1))?.() ?? "");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    real = await PrometheusServer.start(
      [...pages.keys()].map((pod) => ({ address, path: `/${pod}`, labels: { namespace: "shop", pod } })),
    );
    prometheus = await openPrometheus({ address: new URL(real.url) }, { onError: () => {} });
    await real.until("rate(served_total[10s])", 2);
    await real.until("open_connections", 5);
  });
  afterAll(async () => {
    await prometheus?.close();
    await real?.stop();
    server?.close();
  });

  test("one query a metric tells of all pods, with the time of their scrape", async () => {
    const { sampler, attempts } = create(recording);
    const pods = [
      podIn("a"),
      podIn("b"),
      podIn("new"),
      podIn("made-just-now", { name: "b", createdAt: Date.now() + 60_000 }),
    ];
    asked.length = 0;
    const [a, b, unknown, later] = await sampled(
      sampler,
      pods,
      query({
        connections: { expr: "sum by (pod) (open_connections)" },
        requests: { expr: "served_total" },
        responseTime: { expr: "rate(seconds_sum[10s]) / rate(seconds_count[10s])" },
        errors: { expr: "failed_total" },
      }),
      attempts,
    );
    expect(a!.samples[0]).toMatchObject({ connections: 7, requests: expect.any(Number), errors: 0 });
    expect(a!.samples[0]!.responseMs).toBeCloseTo(200, 3);
    expect(b!.samples[0]).toMatchObject({ connections: 8 });
    for (const { samples } of [a!, b!]) {
      expect(Date.now() - samples[0]!.takenAt).toBeGreaterThan(0);
      expect(Date.now() - samples[0]!.takenAt).toBeLessThan(60_000);
    }
    for (const reading of [unknown!, later!])
      expect(reading).toMatchObject({ failure: "MetricMissing", finding: { kind: "absent", metric: "connections" } });
    expect(attempts.slice(0, 4).map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(new Set(asked).size).toBe(4);
  });

  test("a scrape counts once, however often it is asked for", async () => {
    const { sampler, attempts } = create(prometheus);
    const [a] = [podIn("a")];
    await sampled(sampler, [a!], query({ connections: { expr: "sum by (pod) (open_connections)" } }), attempts);
    await until(() => (read(sampler, a!)?.samples.length ?? 0) >= 3, "three scrapes");
    const times = read(sampler, a!)!.samples.map(({ takenAt }) => takenAt);
    // Prometheus takes one every 500 ms, and is asked every 200.
    for (const [index, time] of times.slice(1).entries()) expect(times[index]! - time).toBeGreaterThan(400);
  });

  test("what Prometheus still shows of a pod is as old as it is", async () => {
    const { sampler, attempts } = create(prometheus);
    // It shows the value as of now.
    expect((await real.query('open_connections{pod="old"}')).data!.result).toMatchObject([
      { value: [expect.any(Number), "9"] },
    ]);
    for (const expr of [
      "open_connections",
      "sum by (pod) (open_connections)",
      "max_over_time(open_connections[10m])",
    ]) {
      attempts.length = 0;
      const metrics = query({ connections: { expr: `sum by (pod) (${expr})` } });
      const [old] = await sampled(sampler, [podIn("old")], metrics, attempts);
      expect(old).toMatchObject({ samples: [], finding: { kind: "value", fault: "TooOld" } });
    }
    const patient = query({ connections: { expr: "sum by (pod) (open_connections)" }, maxAge: "5m" });
    attempts.length = 0;
    const [old] = await sampled(sampler, [podIn("old")], patient, attempts);
    expect(Date.now() - old!.samples[0]!.takenAt).toBeGreaterThan(120_000);
  });

  test.each([
    ["several series of a pod", "open_connections", { failure: "ValueRefused", finding: { fault: "Several" } }],
    [
      "what Prometheus cannot compute",
      "open_connections + on (pod) open_connections",
      { finding: { kind: "asked", finding: { status: 422 } } },
    ],
    ["what Prometheus cannot read", "rate(open_connections)", { finding: { kind: "asked", finding: { status: 400 } } }],
    ["a value of all together", "sum(open_connections)", { failure: "MetricMissing" }],
    [
      "an offset, which is as old as it says",
      "sum by (pod) (open_connections offset 2m)",
      { failure: "MetricMissing" },
    ],
  ])("%s is no figure", async (_, expr, expected) => {
    const { sampler, attempts } = create(prometheus);
    const [reading] = await sampled(sampler, [podIn("a")], query({ connections: { expr } }), attempts);
    expect(reading).toMatchObject({ samples: [], ...expected });
  });

  test("a pod may be told by another's label", async () => {
    const { sampler, attempts } = create(prometheus);
    const expr = 'max by (pod) (label_replace(other_pod_load, "pod", "$1", "of", "(.+)"))';
    const [reading] = await sampled(sampler, [podIn("c")], query({ load: { expr } }), attempts);
    expect(reading!.samples[0]).toMatchObject({ load: 50 });
  });
});
