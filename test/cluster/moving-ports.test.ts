import { afterAll, beforeAll, expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

interface SliceEvent {
  readonly type: string;
  readonly object: Slice;
}

/** Pods that slices name as ready, after each event. */
function readyAfterEach(before: readonly Slice[], events: readonly SliceEvent[]): string[][] {
  const slices = new Map(before.map((slice) => [slice.metadata.name, slice]));
  return events.map(({ type, object }) => {
    if (type === "DELETED") slices.delete(object.metadata.name);
    else slices.set(object.metadata.name, object);
    const all = [...slices.values()].flatMap(({ endpoints }) => endpoints ?? []);
    return [...new Set(all.flatMap(({ conditions, targetRef }) => (conditions.ready ? targetRef.name : [])))];
  });
}

describeCluster("a rollout that moves the port", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const slicesPath = () => rig.path("discovery.k8s.io/v1", "endpointslices");

  /** Where the slices and the feed have each pod. */
  const placesIn = async (service: string): Promise<string[]> =>
    (await rig.slices(service))
      .flatMap(({ endpoints, ports }) =>
        (endpoints ?? []).flatMap(({ conditions, targetRef }) =>
          conditions.ready ? `${targetRef.name}:${ports.map(({ port }) => port).join()}` : [],
        ),
      )
      .sort();
  const served = async (name: string): Promise<string[]> =>
    ((await operator.pool(rig.namespace, name))?.endpoints ?? [])
      .map(({ pod, ports }) => `${pod}:${ports.map(({ port }) => port).join()}`)
      .sort();
  const declared = async (name: string): Promise<string[]> =>
    (await rig.pods(name))
      .map(({ object }) => `${object.metadata.name}:${object.spec.containers[0].ports[0].containerPort}`)
      .sort();

  /** Starts a rollout of the Deployment to another number, with what `beside` does at the same time. */
  async function moveTo(name: string, number: number, beside: () => Promise<unknown>): Promise<string[][]> {
    const recording = await rig.record(slicesPath());
    const before = await rig.slices(name);
    const container = { name: "app", ports: [{ name: "http", containerPort: number, $patch: "replace" }] };
    const ports = [
      { name: "http", containerPort: number },
      { name: "metrics", containerPort: rig.farm.ports.metrics },
    ];
    await Promise.all([
      beside(),
      rig.client.call("PATCH", rig.path("apps/v1", "deployments", name), {
        body: {
          spec: { template: { spec: { containers: [{ ...container, image: "example.invalid/app:2", ports }] } } },
        },
      }),
    ]);
    const isMoved = async () => {
      const pods = await declared(name);
      return pods.length === 3 && pods.every((pod) => pod.endsWith(`:${number}`)) && pods;
    };
    const pods = await waitFor(isMoved, `${name} to be at ${number}`, { timeoutMs: 40_000 });
    await waitFor(async () => (await placesIn(name)).join() === pods.join(), `the slices of ${name} to follow`);
    const events = await recording.stop();
    const ofService = events.filter(({ object }) => object.metadata.labels?.["kubernetes.io/service-name"] === name);
    return readyAfterEach(before, ofService as unknown as SliceEvent[]);
  }

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("by name has each pod at its own number, in slices and feed, and never fewer than before", async () => {
    await rig.deploy("named", 3);
    await rig.applyPool("named", { ports: [{ port: 80, targetPort: "http", appProtocol: "kubernetes.io/h2c" }] });
    await waitFor(async () => (await placesIn("named")).length === 3, "three endpoints");
    const { spec } = await rig.client.call("GET", rig.path("v1", "services", "named"));
    expect(spec.ports).toMatchObject([
      { name: "http", port: 80, targetPort: "http", appProtocol: "kubernetes.io/h2c" },
    ]);
    const [slice] = await rig.slices("named");
    const port = rig.farm.ports.traffic;
    expect(slice!.ports).toEqual([{ name: "http", port, protocol: "TCP", appProtocol: "kubernetes.io/h2c" }]);
    rig.kubelet.startMs = 700;
    const states = await moveTo("named", 8090, async () => undefined);
    expect(Math.min(...states.map((ready) => ready.length))).toBeGreaterThanOrEqual(2);
    expect(await placesIn("named")).toEqual(await declared("named"));
    await rig.waitForServed(operator, "named", ({ endpoints }) => endpoints.length === 3, "with three endpoints");
    expect(await served("named")).toEqual(await declared("named"));
  });

  test("by number, pool and Deployment changed at once, keeps the old pods until the new ones are there", async () => {
    rig.kubelet.startMs = 0;
    await rig.deploy("counted", 3);
    await rig.applyPool("counted");
    await waitFor(async () => (await placesIn("counted")).length === 3, "three endpoints");
    rig.kubelet.startMs = 1_500;
    const states = await moveTo("counted", 8090, () =>
      rig.applyPool("counted", { ports: [{ name: "http", port: 8090 }] }),
    );
    expect(Math.min(...states.map((ready) => ready.length))).toBeGreaterThanOrEqual(2);
    await rig.waitForCondition("counted", "Ready", "True/EndpointsReady");
  });

  test("to a port that nobody declares is told, and takes nobody out, a new operator neither", async () => {
    rig.kubelet.startMs = 0;
    await rig.deploy("mistaken", 2);
    await rig.applyPool("mistaken");
    await waitFor(async () => (await placesIn("mistaken")).length === 2, "two endpoints");
    const before = await placesIn("mistaken");
    await rig.applyPool("mistaken", { ports: [{ name: "http", port: 80, targetPort: "grpc" }] });
    const status = await rig.waitForCondition("mistaken", "Ready", "False/PortNotDeclared");
    expect(conditionOf(status, "Ready")!.message).toMatch(
      /^2 endpoints take traffic, 2 of them at the ports that they were published with before\. No pod declares port grpc \(spec\.ports\[0\]\.targetPort\)\./,
    );
    expect(await placesIn("mistaken")).toEqual(before);
    await rig.stopOperator(operator);
    operator = await rig.startOperator();
    await rig.morePlans(operator, "mistaken");
    expect(await placesIn("mistaken")).toEqual(before);
    await rig.applyPool("mistaken");
    await rig.waitForCondition("mistaken", "Ready", "True/EndpointsReady");
  });
});
