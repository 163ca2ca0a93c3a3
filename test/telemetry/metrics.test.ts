import { spawnSync } from "node:child_process";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

const checkout = { namespace: "shop", name: "checkout" };

function start() {
  const registry = new Registry();
  const clock = { now: 1_000_000 };
  const metrics = createMetrics(registry, { version: "1.2.3", now: () => clock.now });
  /** The series whose line begins with the text, as `labels value`. */
  const read = async (name: string) =>
    (await registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => line.slice(name.length).trim())
      .sort();
  return { registry, clock, metrics, read };
}

/** Every recorder once, so that every metric has a series. */
function recordAll({ metrics, clock }: ReturnType<typeof start>) {
  metrics.planned(checkout, {
    ready: "True",
    eligible: 3,
    excluded: 1,
    unhealthy: 2,
    readySet: { size: 2, floor: 2, fullest: { connections: 31, even: 24.5 } },
    averageLoad: 47.5,
    maxAverageLoad: 50,
    replicas: 4,
    recommendedReplicas: 5,
    oldestSampleAt: clock.now - 1_500,
    measured: 3,
    signals: {
      requests: 120,
      errorShare: 0.025,
      responseMs: 40,
      connections: 90,
      spread: { connections: 0.3, load: 0.25, requests: 0.1 },
      fullestShare: { connections: 0.4, requests: 0.35 },
    },
  });
  metrics.sampled(checkout, "ok", 0.02);
  metrics.sampled(checkout, "TimedOut", 0.8);
  metrics.rebalanced(checkout, 7, "ok");
  metrics.rebalanced(checkout, 5, "TimedOut");
  metrics.probed(checkout, "ok", 0.003);
  metrics.probed(checkout, "ConnectFailed", 0.001);
  metrics.scaleDecided(checkout, "scale", "LoadAboveLimit");
  metrics.followed(() => new Map([["xds", 3]]));
  metrics.passed("done", 0.001);
  metrics.queued(3);
  metrics.dequeued(0.004);
  metrics.apiAnswered({ verb: "patch", resource: "endpointslices", code: 200 }, 0.03);
  metrics.watchAged("pods", 2);
  metrics.watchRestarted("pods", "silent");
  metrics.relistDrifted("pods", 2);
  metrics.sliceWritten("update", "balance");
  metrics.entryWritten("WorkloadEntry", "update", "weights");
  metrics.statusWritten();
  metrics.scaleWritten();
  metrics.certificateUsed({ subject: "CN=evenkeel", from: new Date(0), until: new Date(2_000_000) });
  metrics.leading(true);
  metrics.leaseChangedHands();
  metrics.httpServed({ method: "GET", route: "/v1/pools", status: 200 }, 0.001);
  metrics.connectionEvicted();
  metrics.agentAnswered("weight");
}

describe("figures", () => {
  test("of the certificate are those of the one in use, and none without TLS", async () => {
    const { metrics, read } = start();
    const name = "evenkeel_tls_certificate_expiry_timestamp_seconds";
    expect(await read(name)).toEqual([]);
    for (const subject of ["CN=old", "CN=new"])
      metrics.certificateUsed({ subject, from: new Date(0), until: new Date(2_000_000) });
    expect(await read(name)).toEqual(['{subject="CN=new"} 2000']);
  });

  test("of a pool are those of its last pass, in base units", async () => {
    const house = start();
    recordAll(house);
    const pool = 'namespace="shop",pool="checkout"';
    expect(await house.read("evenkeel_pools")).toEqual([
      '{ready="False"} 0',
      '{ready="True"} 1',
      '{ready="Unknown"} 0',
    ]);
    expect(await house.read("evenkeel_pool_endpoints")).toEqual([
      `{${pool},state="eligible"} 3`,
      `{${pool},state="excluded"} 1`,
    ]);
    expect(await house.read("evenkeel_pool_average_load_ratio")).toEqual([`{${pool}} 0.475`]);
    expect(await house.read("evenkeel_pool_load_limit_ratio")).toEqual([`{${pool}} 0.5`]);
    expect(await house.read("evenkeel_pool_replicas")).toEqual([
      `{${pool},kind="current"} 4`,
      `{${pool},kind="recommended"} 5`,
    ]);
    expect(await house.read("evenkeel_pool_measured_endpoints")).toEqual([`{${pool}} 3`]);
    expect(await house.read("evenkeel_pool_ready_set_size")).toEqual([`{${pool}} 2`]);
    expect(await house.read("evenkeel_pool_ready_set_floor")).toEqual([`{${pool}} 2`]);
    expect(await house.read("evenkeel_pool_fullest_pod_connections")).toEqual([
      `{${pool},kind="current"} 31`,
      `{${pool},kind="even"} 24.5`,
    ]);
    expect(await house.read("evenkeel_slice_writes_total")).toEqual(['{operation="update",cause="balance"} 1']);
    expect(await house.read("evenkeel_pool_unhealthy_pods")).toEqual([`{${pool}} 2`]);
    expect(await house.read("evenkeel_probes_total")).toEqual([
      `{${pool},outcome="ConnectFailed"} 1`,
      `{${pool},outcome="ok"} 1`,
    ]);
    expect(await house.read("evenkeel_pool_rebalances_total")).toEqual([
      `{${pool},outcome="TimedOut"} 1`,
      `{${pool},outcome="ok"} 1`,
    ]);
    expect(await house.read("evenkeel_pool_rebalanced_connections_total")).toEqual([`{${pool}} 7`]);
    expect(await house.read("evenkeel_samples_total")).toEqual([
      `{${pool},outcome="TimedOut"} 1`,
      `{${pool},outcome="ok"} 1`,
    ]);
    expect(await house.read("evenkeel_scale_decisions_total")).toEqual([
      `{${pool},decision="scale",reason="LoadAboveLimit"} 1`,
    ]);

    house.metrics.planned(checkout, { ready: "False", eligible: 0, excluded: 4 });
    expect(await house.read("evenkeel_pools")).toContain('{ready="False"} 1');
    expect(await house.read("evenkeel_pool_endpoints")).toContain(`{${pool},state="eligible"} 0`);
    for (const gone of [
      "average_load_ratio",
      "load_limit_ratio",
      "replicas",
      "oldest_sample_age_seconds",
      "measured_endpoints",
      "ready_set_size",
    ]) {
      expect(await house.read(`evenkeel_pool_${gone}`)).toEqual([]);
    }
  });

  test("of a pool's golden signals are there where they are known, and else absent, never 0", async () => {
    const house = start();
    recordAll(house);
    const pool = 'namespace="shop",pool="checkout"';
    const signals = ["requests_per_second", "error_ratio", "response_time_seconds", "connections"];
    const labelled = ["spread_ratio", "fullest_pod_share_ratio"];
    const read = async (names: readonly string[]) =>
      (await Promise.all(names.map((name) => house.read(`evenkeel_pool_${name}`)))).flat();
    expect(await read(signals)).toEqual([`{${pool}} 120`, `{${pool}} 0.025`, `{${pool}} 0.04`, `{${pool}} 90`]);
    expect(await read(labelled)).toEqual([
      `{${pool},figure="connections"} 0.3`,
      `{${pool},figure="load"} 0.25`,
      `{${pool},figure="requests"} 0.1`,
      `{${pool},figure="connections"} 0.4`,
      `{${pool},figure="requests"} 0.35`,
    ]);
    const unread = { connections: 0, spread: {}, fullestShare: {} };
    house.metrics.planned(checkout, { ready: "True", eligible: 3, excluded: 0, signals: unread });
    expect(await read([...signals, ...labelled])).toEqual([`{${pool}} 0`]);
  });

  test("counters count on from reading to reading", async () => {
    const { metrics, read } = start();
    metrics.planned(checkout, { ready: "True", eligible: 1, excluded: 0 });
    const ok = 'namespace="shop",pool="checkout",outcome="ok"';
    expect(await read("evenkeel_samples_total")).toEqual([`{${ok}} 0`]);
    for (let count = 1; count <= 3; count += 1) {
      metrics.sampled(checkout, "ok", 0.01);
      expect(await read("evenkeel_samples_total")).toEqual([`{${ok}} ${count}`]);
    }
  });

  test("the age of the oldest sample grows while nothing happens, that of a watch is as last told", async () => {
    const house = start();
    recordAll(house);
    const ages = async () => [
      await house.read("evenkeel_pool_oldest_sample_age_seconds"),
      await house.read("evenkeel_watch_last_byte_age_seconds"),
    ];
    const pool = '{namespace="shop",pool="checkout"}';
    expect(await ages()).toEqual([[`${pool} 1.5`], ['{resource="pods"} 2']]);
    house.clock.now += 60_000;
    expect(await ages()).toEqual([[`${pool} 61.5`], ['{resource="pods"} 2']]);
    house.metrics.watchAged("pods", 0.5);
    expect((await ages())[1]).toEqual(['{resource="pods"} 0.5']);
  });

  test("of the process come along, the event loop's lag among them", async () => {
    const { read } = start();
    expect(await read("nodejs_eventloop_lag_p99_seconds")).toHaveLength(1);
    expect(await read("process_resident_memory_bytes")).toHaveLength(1);
    expect(await read("evenkeel_build_info")).toEqual([`{version="1.2.3",node="${process.version}"} 1`]);
    expect(await read("evenkeel_leader")).toEqual(["0"]);
  });
});

describe("a forgotten pool", () => {
  test("leaves no series, and no other pool loses one", async () => {
    const house = start();
    recordAll(house);
    const before = await house.registry.metrics();
    const other = { namespace: "shop", name: "cart" };
    house.metrics.planned(other, {
      ready: "True",
      eligible: 1,
      excluded: 0,
      averageLoad: 1,
      replicas: 1,
      oldestSampleAt: 0,
      measured: 1,
      signals: { requests: 1, connections: 1, spread: { load: 1 }, fullestShare: { connections: 1 } },
    });
    for (const outcome of ["ok", "TimedOut", "Malformed"] as const) house.metrics.sampled(other, outcome, 0.1);
    house.metrics.scaleDecided(other, "hold", "WithinLimit");
    house.metrics.forgetPool("shop", "cart");
    const after = await house.registry.metrics();
    expect(after).not.toContain("cart");
    const ofPools = (text: string) => text.split("\n").filter((line) => line.includes('pool="'));
    expect(ofPools(after)).toEqual(ofPools(before));
  });

  test("is not brought back by a sample that ends late, but by a new pass", async () => {
    const house = start();
    recordAll(house);
    house.metrics.forgetPool("shop", "checkout");
    house.metrics.sampled(checkout, "ok", 0.1);
    house.metrics.scaleDecided(checkout, "hold", "WithinLimit");
    expect(await house.registry.metrics()).not.toContain("checkout");
    house.metrics.planned(checkout, { ready: "True", eligible: 1, excluded: 0 });
    expect(await house.read("evenkeel_samples_total")).toEqual(['{namespace="shop",pool="checkout",outcome="ok"} 0']);
  });
});

describe("a pool that cannot be planned any more", () => {
  test("has no gauges after a minute, counts as Unknown, and keeps its counters", async () => {
    const house = start();
    recordAll(house);
    const pool = 'namespace="shop",pool="checkout"';
    house.clock.now += 60_000;
    expect(await house.read("evenkeel_pool_average_load_ratio")).toEqual([`{${pool}} 0.475`]);
    house.clock.now += 1;
    const gauges = (await house.registry.getMetricsAsJSON()).filter(
      ({ name, type }) => String(type) === "gauge" && /^evenkeel_pool_(?!followers)/.test(name),
    );
    expect(gauges.length).toBeGreaterThan(10);
    expect(gauges.flatMap(({ values }) => values)).toEqual([]);
    expect(await house.read("evenkeel_pools")).toEqual([
      '{ready="False"} 0',
      '{ready="True"} 0',
      '{ready="Unknown"} 1',
    ]);
    expect(await house.read("evenkeel_pool_rebalanced_connections_total")).toEqual([`{${pool}} 7`]);
    house.metrics.planned(checkout, { ready: "True", eligible: 3, excluded: 0, averageLoad: 20 });
    expect(await house.read("evenkeel_pool_average_load_ratio")).toEqual([`{${pool}} 0.2`]);
    expect(await house.read("evenkeel_pools")).toContain('{ready="True"} 1');
  });
});

describe("names", () => {
  const units = /_(seconds|bytes|ratio)$/;

  test("follow the conventions: prefix, base units, _total on counters alone, help", async () => {
    const house = start();
    recordAll(house);
    const all = house.registry.getMetricsAsArray();
    expect(all.filter(({ name }) => name.startsWith("evenkeel_")).length).toBeGreaterThan(20);
    for (const { name, help } of all) {
      const type = (await house.registry.getSingleMetricAsString(name)).match(/^# TYPE \S+ (\w+)/m)?.[1];
      expect(help, name).toMatch(/\S/);
      expect(name, name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name, name).not.toMatch(/_(ms|milliseconds|percent|kb|mb|count|sum|bucket)(_|$)/);
      if (type === "histogram") expect(name, name).toMatch(units);
    }
  });

  test("no label can grow without bound: none is for pods, addresses, paths or users", async () => {
    const house = start();
    recordAll(house);
    const text = await house.registry.metrics();
    const labels = new Set([...text.matchAll(/[{,]([a-zA-Z_]+)="/g)].map(([, label]) => label));
    for (const label of ["pod", "address", "path", "uid", "url", "ip"]) expect(labels).not.toContain(label);
  });

  const promtool = findProgram("promtool");
  test.skipIf(!requirePart("promtool", promtool !== undefined))("promtool check metrics finds nothing", async () => {
    const house = start();
    recordAll(house);
    const { status, stdout, stderr } = spawnSync(promtool!, ["check", "metrics"], {
      input: await house.registry.metrics(),
      encoding: "utf8",
    });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  });
});

test("two registries keep two houses apart", async () => {
  const [one, two] = [start(), start()];
  one.metrics.statusWritten();
  expect([await one.read("evenkeel_status_writes_total"), await two.read("evenkeel_status_writes_total")]).toEqual([
    ["1"],
    ["0"],
  ]);
});
