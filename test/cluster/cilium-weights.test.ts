import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type { Slice } from "../../src/act/slice.ts";
import type { PoolStatus } from "../../src/api/status.ts";
import type { Explanation } from "../../src/decide/explain/explanation.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { blocksOf } from "../tools/documents/pages.ts";

// What Cilium reads: docs/consumers/cilium.md.

const annotation = "service.cilium.io/weight";
const base = { metrics: sampledEvery("500ms"), strategy: { type: "LeastConnections", slowStart: "0s" } };
const carrying = { ...base, publish: { to: [{ type: "Cilium", period: "1s" }] } };
const patient = { timeoutMs: 60_000 };

/** What each slice says of Cilium's weight, by the names of its pods. */
const weightsIn = (slices: readonly Slice[]): Record<string, string | undefined> =>
  Object.fromEntries(
    slices.map(({ endpoints, metadata }) => [
      (endpoints ?? []).map(({ targetRef }) => targetRef.name).join(),
      metadata.annotations?.[annotation],
    ]),
  );

describeCluster("a pool whose slices carry weights for Cilium", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  const isOnePerPod = (slices: readonly Slice[], pods: number): boolean =>
    slices.length === pods &&
    slices.every(({ endpoints, metadata }) => endpoints?.length === 1 && metadata.annotations?.[annotation]);
  const waitForForm = (service: string, is: (slices: readonly Slice[]) => boolean, what: string) =>
    waitFor(
      async () => {
        const slices = await rig.slices(service);
        return is(slices) && slices;
      },
      `the slices of ${service} to be ${what}`,
      patient,
    );
  const followSlices = (service: string) =>
    rig.record(rig.path("discovery.k8s.io/v1", "endpointslices")).then((recording) => ({
      async stop() {
        const events = await recording.stop();
        return events.filter(({ object }) => object.metadata.labels?.["kubernetes.io/service-name"] === service);
      },
    }));

  /** Pods of which the first is asked for much less than the others. */
  async function deploy(name: string): Promise<readonly RigPod[]> {
    const pods = await rig.deploy(name, 3);
    pods.forEach(({ fake }, place) => {
      fake.connections = place === 0 ? 60 : 10;
    });
    return pods;
  }

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("has a slice for each pod from the start, and the weights in it, of which none is 0", async () => {
    const pods = await deploy("fresh");
    await rig.applyPool("fresh", carrying);
    const weighed = (slices: readonly Slice[]) =>
      isOnePerPod(slices, 3) && Number(weightsIn(slices)[pods[0]!.name]) < 90;
    const slices = await waitForForm("fresh", weighed, "one for each pod, the first weighing less");
    for (const weight of Object.values(weightsIn(slices))) expect(Number(weight)).toBeGreaterThan(0);
    await rig.waitForCondition("fresh", "WeightsPublished", "True/Written", patient);
    await rig.waitForStatus("fresh", ({ publishedTo }) => publishedTo?.join() === "Cilium", "that it is told", patient);
    const { body } = await operator.get<Explanation>(`/v1/pools/${rig.namespace}/fresh/explain`);
    expect(body.carriers?.map(({ type, message }) => `${type}: ${message}`).join()).toMatch(
      /^Cilium: 3 pods, each in percent of an even share, written once in 1s at most/,
    );
    expect(body.pods.every(({ carried }) => Number(carried?.Cilium) > 0)).toBe(true);
  });

  test("goes to that form and back without a pod that is missing for a moment", async () => {
    const pods = await deploy("turned");
    const names = pods.map(({ name }) => name);
    await rig.applyPool("turned", base);
    const shared = (slices: readonly Slice[]) =>
      slices.length === 1 &&
      slices[0]!.endpoints?.length === 3 &&
      slices[0]!.metadata.annotations?.[annotation] === undefined;
    const before = await waitForForm("turned", shared, "one for all");
    const recording = await followSlices("turned");
    await rig.applyPool("turned", carrying);
    await waitForForm("turned", (slices) => isOnePerPod(slices, 3), "one for each pod");
    await rig.waitForCondition("turned", "WeightsPublished", "True/Written", patient);
    await rig.applyPool("turned", { ...base, publish: { to: [] } });
    await waitForForm("turned", shared, "one for all again");
    const present = new Map(before.map(({ metadata, endpoints }) => [metadata.name, endpoints]));
    for (const { type, object } of await recording.stop()) {
      if (type === "DELETED") present.delete(object.metadata.name);
      else present.set(object.metadata.name, object.endpoints ?? []);
      const seen = new Set([...present.values()].flat().map(({ targetRef }) => targetRef.name));
      for (const name of names) expect(seen).toContain(name);
    }
    const isSilent = (status: PoolStatus) =>
      conditionOf(status, "Ready") && !conditionOf(status, "WeightsPublished") && !status.publishedTo;
    await rig.waitForStatus("turned", isSilent, "without a word of Cilium", patient);
  });

  test("has its annotations changed, and nothing else, at most once a period", async () => {
    const pods = await deploy("moving");
    const periodMs = 3_000;
    await rig.applyPool("moving", { ...base, publish: { to: [{ type: "Cilium", period: `${periodMs}ms` }] } });
    await waitForForm("moving", (slices) => isOnePerPod(slices, 3), "one for each pod");
    const recording = await followSlices("moving");
    const turns = 6;
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [place, { fake }] of pods.entries()) fake.connections = place === turn % 3 ? 90 : 5;
      await rig.moreSamples(pods, 2);
    }
    await rig.planAfter(operator, "moving", periodMs);
    const events = await recording.stop();
    expect(events.length).toBeGreaterThan(0);
    const byName = Map.groupBy(events, ({ object }) => object.metadata.name);
    for (const [, own] of byName) {
      expect(own.every(({ type }) => type === "MODIFIED")).toBe(true);
      expect(new Set(own.map(({ object }) => JSON.stringify(object.endpoints))).size).toBe(1);
      const times = own.map(({ at }) => at);
      const spanMs = times.at(-1)! - times[0]!;
      // Periods begin at given times: so many of them have a part in the span.
      expect(own.length).toBeLessThanOrEqual(Math.ceil(spanMs / periodMs) + 1);
    }
  });

  test("keeps the weights that are there when the operator starts again", async () => {
    const pods = await deploy("again");
    await rig.applyPool("again", { ...base, publish: { to: [{ type: "Cilium", period: "1s" }] } });
    const light = (slices: readonly Slice[]) => isOnePerPod(slices, 3) && Number(weightsIn(slices)[pods[0]!.name]) < 90;
    await waitForForm("again", light, "one for each pod, the first weighing less");
    await rig.stopOperator(operator);
    const before = weightsIn(await rig.slices("again"));
    const recording = await followSlices("again");
    operator = await rig.startOperator();
    await rig.morePlans(operator, "again", 3);
    const events = await recording.stop();
    for (const { object } of events) {
      const name = object.endpoints[0].targetRef.name;
      const [told, earlier] = [Number(object.metadata.annotations?.[annotation]), Number(before[name])];
      expect(Math.abs(told - earlier)).toBeLessThanOrEqual(Math.max(2, 0.5 * earlier));
    }
  });

  test("is what docs/consumers/cilium.md has to paste", async () => {
    const [block] = blocksOf("docs/consumers/cilium.md").filter(({ language }) => language === "yaml");
    const { metadata, spec } = parse(block!.text);
    await rig.deploy(metadata.name, 2);
    await rig.applyPool(metadata.name, spec);
    await waitForForm(metadata.name, (slices) => isOnePerPod(slices, 2), "one for each pod");
    await rig.waitForCondition(metadata.name, "WeightsPublished", "True/Written", patient);
  });

  test("is refused by the API server where it says what it does not mean", async () => {
    const wrong = { ...base, publish: { to: [{ type: "Cilium", hosts: ["a.example"] }] } };
    await expect(rig.applyPool("wrong", wrong)).rejects.toThrow("hosts and labels are only for type Istio");
    const twice = { ...base, publish: { to: [{ type: "Cilium" }, { type: "Cilium" }] } };
    await expect(rig.applyPool("twice", twice)).rejects.toThrow("types must differ");
  });
});
