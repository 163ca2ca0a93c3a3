import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Canary } from "../rigs/pods/canary.ts";
import type { Misbehaviour } from "../rigs/pods/misbehaviour.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";

/** Stands in bodies and headers that nobody may repeat. */
const secret = "hunter2-in-a-body";

interface Fault {
  readonly what: string;
  readonly misbehaviour: Misbehaviour;
  /** Some may be seen in either of two ways. */
  readonly failure: RegExp;
}

const faultsWith = (canary: string): readonly Fault[] => [
  { what: "500", misbehaviour: { kind: "status", status: 500 }, failure: /^StatusNotOk$/ },
  { what: "redirect", misbehaviour: { kind: "redirect", to: `${canary}?${secret}` }, failure: /^Redirected$/ },
  { what: "100 MB", misbehaviour: { kind: "huge" }, failure: /^BodyTooLarge$/ },
  { what: "brotli bomb", misbehaviour: { kind: "bomb", encoding: "br" }, failure: /^EncodingRefused$/ },
  { what: "gzip bomb", misbehaviour: { kind: "bomb", encoding: "gzip" }, failure: /^BodyTooLarge$/ },
  { what: "drip", misbehaviour: { kind: "drip" }, failure: /^TimedOut$/ },
  { what: "hang", misbehaviour: { kind: "hang" }, failure: /^TimedOut$/ },
  { what: "stall", misbehaviour: { kind: "stall" }, failure: /^TimedOut$/ },
  { what: "cut", misbehaviour: { kind: "cut" }, failure: /^ConnectionCut$/ },
  { what: "refusal", misbehaviour: { kind: "refuse" }, failure: /^Connect(Failed|ionCut)$/ },
  { what: "garbage", misbehaviour: { kind: "garbage" }, failure: /^Malformed$/ },
  { what: "missing", misbehaviour: { kind: "missing" }, failure: /^MetricMissing$/ },
  { what: "NaN", misbehaviour: { kind: "value", text: "NaN" }, failure: /^ValueRefused$/ },
  { what: "negative", misbehaviour: { kind: "value", text: "-1" }, failure: /^ValueRefused$/ },
  { what: "infinite", misbehaviour: { kind: "value", text: "+Inf" }, failure: /^ValueRefused$/ },
  { what: "words", misbehaviour: { kind: "value", text: secret }, failure: /^Malformed$/ },
];

describeCluster("pods that answer badly", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let canary: Canary;
  let faults: readonly Fault[];
  let bad: RigPod[];
  let good: RigPod[];
  let calm: RigPod[];
  const healthy = 20;

  const served = async () => (await operator.pool(rig.namespace, "web"))!;
  const whole = ({ endpoints, coverage }: PoolDocument) =>
    endpoints.length === faults.length + healthy && coverage.fresh === healthy;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    canary = await Canary.start(rig.farm.allocate());
    faults = faultsWith(canary.url);
    const pods = await rig.deploy("web", faults.length + healthy);
    bad = pods.slice(0, faults.length);
    good = pods.slice(faults.length);
    calm = await rig.deploy("calm", 2);
    for (const [index, { fake }] of bad.entries()) fake.misbehaviour = faults[index]!.misbehaviour;
    for (const [index, { fake }] of good.entries()) {
      fake.connections = 10 + index;
      fake.load = 30;
    }
    // Bombs are made on first use, which takes a while that is not to count.
    for (const [index, { address }] of bad.entries()) {
      if (faults[index]!.misbehaviour.kind !== "bomb") continue;
      const { body } = await request(`http://${address}:${rig.farm.ports.metrics}/metrics`);
      await body.dump({ limit: 2 ** 30 });
    }
    operator = await rig.startOperator();
    // Long enough that a good pod answers in time on a machine that is busy with something else.
    const metrics = sampledEvery("1s", "950ms");
    await rig.applyPool("web", { metrics, scaling: { maxReplicas: 100, maxAverageLoad: 50 } });
    await rig.applyPool("calm", { metrics });
    await rig.waitForServed(operator, "web", whole, "with all that is good");
  });
  afterAll(async () => {
    await rig?.stop();
    await canary?.stop();
  });

  test("leave the samples of the others untouched", async () => {
    const before = good.map(({ fake }) => fake.scrapes);
    // A pool without bad pods is the clock, so that a busy machine makes both slow.
    await rig.moreSamples(calm, 8);
    for (const [index, { name, fake }] of good.entries())
      expect(fake.scrapes - before[index]!, name).toBeGreaterThanOrEqual(6);
    const { endpoints } = await served();
    const byPod = new Map(endpoints.map((endpoint) => [endpoint.pod, endpoint]));
    for (const [index, { name }] of good.entries())
      expect(byPod.get(name)).toMatchObject({ connections: 10 + index, load: 30 });
    await rig.waitForServed(operator, "web", whole, "with all that is good");
  });

  test("stay in the lists, last in the order, with the reason", async () => {
    const { endpoints } = await rig.waitForServed(operator, "web", whole, "with all that is good");
    const last = endpoints.slice(healthy);
    for (const [index, { what, failure }] of faults.entries()) {
      const endpoint = last.find(({ pod }) => pod === bad[index]!.name);
      expect(endpoint?.reason, what).toMatch(/^not measured: /);
      expect(endpoint!.reason.slice("not measured: ".length).replace(/; slow start$/, ""), what).toMatch(failure);
      expect(endpoint!.connections).toBeUndefined();
    }
    const published = await rig.endpoints("web");
    expect(published.filter(({ conditions }) => conditions.ready)).toHaveLength(faults.length + healthy);
  });

  test("are told of in MetricsHealthy, by failure", async () => {
    const counts = `${healthy} of ${faults.length + healthy} pods have a fresh sample`;
    const says = (status: PoolStatus) => conditionOf(status, "MetricsHealthy")?.message.startsWith(counts);
    const status = await rig.waitForStatus("web", says, `"${counts}"`);
    expect(conditionOf(status, "MetricsHealthy")).toMatchObject({ status: "True", reason: "SomeNotFresh" });
    const { message } = conditionOf(status, "MetricsHealthy")!;
    const named = [...message.matchAll(/(\w+) on \d+ \(/g)].map(([, name = ""]) => name);
    for (const { what, failure } of faults)
      expect(
        named.some((name) => failure.test(name)),
        what,
      ).toBe(true);
  });

  test("never lead the operator elsewhere", () => {
    expect(canary.hits).toBe(0);
    const redirecting = bad[faults.findIndex(({ what }) => what === "redirect")]!;
    expect(redirecting.fake.scrapes).toBeGreaterThan(3);
  });

  test("get nothing of what they say into status, events or the log", async () => {
    const status = JSON.stringify(await rig.client.call("GET", rig.poolPath("web")));
    const events = JSON.stringify(await rig.client.call("GET", rig.path("events.k8s.io/v1", "events")));
    const { body: feed } = await operator.get<object>(`/v1/pools/${rig.namespace}/web`);
    const { body: metrics } = await operator.get<string>("/metrics");
    for (const text of [status, events, JSON.stringify(feed), metrics, operator.log.join("")]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain("no numbers today");
      expect(text).not.toContain("this line says nothing");
    }
  });

  test("change neither replicas nor, from then on, weights when they are the majority", async () => {
    for (const { fake } of good.slice(0, 10)) fake.misbehaviour = { kind: "hang" };
    for (const { fake } of good.slice(10)) fake.load = 100;
    await rig.waitForCondition("web", "MetricsHealthy", "False/TooFewFresh");
    const weights = async () => (await rig.status("web")).endpoints!.map(({ pod, weight }) => [pod, weight]).sort();
    const then = await weights();
    await rig.planAfter(operator, "web", 2_000);
    expect(await weights()).toEqual(then);
    expect(await rig.replicas("web")).toBe(faults.length + healthy);
    expect((await rig.endpoints("web")).filter(({ conditions }) => conditions.ready)).toHaveLength(
      faults.length + healthy,
    );
  });

  test("are measured again as soon as they behave", async () => {
    for (const { fake } of [...good, ...bad]) {
      fake.misbehaviour = undefined;
      fake.load = 30;
    }
    await rig.waitForServed(operator, "web", ({ coverage }) => coverage.fresh === faults.length + healthy, "with all");
  });
});
