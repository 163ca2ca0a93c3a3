import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { podSpec } from "../rigs/pods/manifests.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { applyPatch, type KubeObject } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const costAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const down = { window: "3s", drain: "40s", period: "0s" };
const scaling = { minReplicas: 2, maxReplicas: 5, maxAverageLoad: 50, down };

/** Of pods `db-0` and so on. */
function createStatefulSet(rig: Rig, spec: object) {
  const labels = { app: "db" };
  const usual = {
    serviceName: "db",
    podManagementPolicy: "Parallel",
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec() },
  };
  const body = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "db" }, spec: { ...usual, ...spec } };
  return rig.client.call("POST", rig.path("apps/v1", "statefulsets"), { body });
}

describeCluster("load that falls", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const sockets = new Set<Socket>();
  let cut = 0;

  /** A connection that is held, and counted as cut when the pod ends it. */
  async function hold({ address }: RigPod): Promise<Socket> {
    const socket = connect({ host: address, port: 8_080 });
    socket.on("error", () => {});
    await once(socket, "connect");
    sockets.add(socket);
    socket.once("close", () => {
      if (sockets.delete(socket)) cut += 1;
    });
    return socket;
  }
  const release = (socket: Socket): void => {
    sockets.delete(socket);
    socket.destroy();
  };
  /** Three pods that give their real connections and this load. */
  async function deploy(name: string, load: number): Promise<RigPod[]> {
    const pods = await rig.deploy(name, 3);
    for (const { fake } of pods) Object.assign(fake, { load, connections: undefined });
    return pods;
  }
  const drainOf = (name: string, victim: RigPod) =>
    rig.waitForStatus(name, ({ drain }) => drain?.pods[0]?.uid === victim.uid, `that of a drain of ${victim.name}`);
  const gone = ({ name }: RigPod) =>
    waitFor(
      async () => (await rig.client.request("GET", rig.path("v1", "pods", name))).status === 404,
      `${name} to be gone`,
    );
  const endpointOf = async (service: string, { uid }: RigPod) =>
    (await rig.endpoints(service)).find(({ targetRef }) => targetRef?.uid === uid);
  const costOf = async ({ name }: RigPod): Promise<string | undefined> =>
    (await rig.client.call("GET", rig.path("v1", "pods", name))).metadata.annotations?.[costAnnotation];
  const scales = (since = 0) => operator.writes(since).filter(({ resource }) => resource.endsWith("/scale"));

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterEach(() => {
    for (const socket of sockets) release(socket);
    cut = 0;
  });
  afterAll(() => rig?.stop());

  test("takes the pod without connections out of the list, then away, and cuts none", async () => {
    const [first, idle, third] = (await deploy("web", 10)) as [RigPod, RigPod, RigPod];
    await hold(first);
    await hold(third);
    const recording = await rig.record(rig.path("v1", "pods"));
    const since = performance.now();
    await rig.applyPool("web", { scaling });
    const { drain } = await drainOf("web", idle);
    expect(performance.now() - since).toBeGreaterThan(3_000);
    expect(drain).toMatchObject({ from: 3, to: 2, pods: [{ name: idle.name, uid: idle.uid }] });
    await rig.waitForEndpoints(
      "web",
      (all) => all.some(({ targetRef, conditions }) => targetRef?.uid === idle.uid && !conditions.ready),
      "without the drained pod",
    );
    expect((await endpointOf("web", idle))?.conditions).toEqual({ ready: false, serving: false, terminating: false });

    await gone(idle);
    const { lastScale } = await rig.waitForStatus("web", (now) => !now.drain, "that of no drain");
    expect(lastScale).toMatchObject({ from: 3, to: 2, reason: "LoadBelowLimit" });
    expect(await rig.replicas("web")).toBe(2);
    expect((await rig.pods("web")).map(({ uid }) => uid).sort()).toEqual([first.uid, third.uid].sort());
    expect([cut, sockets.size]).toEqual([0, 2]);
    // Marked once, before it went; nobody else was.
    const events = await recording.stop();
    const marks = new Set(
      events.map(({ object: { metadata } }) => [metadata.name, metadata.annotations?.[costAnnotation]].join()),
    );
    expect([...marks].filter((mark) => mark.endsWith("-2147483647"))).toEqual([`${idle.name},-2147483647`]);
    expect(operator.writes(since).filter(({ resource }) => resource === "pods")).toHaveLength(1);
    expect(scales(since)).toHaveLength(1);
  });

  test("and comes back during the drain brings the pod back", async () => {
    const [first, idle, third] = (await deploy("back", 10)) as [RigPod, RigPod, RigPod];
    for (const pod of [first, first, idle, third, third]) await hold(pod);
    await rig.applyPool("back", { scaling });
    const since = performance.now();
    await drainOf("back", idle);
    await rig.waitForServed(operator, "back", ({ endpoints }) => endpoints.length === 2, "with 2 endpoints");
    for (const { fake } of [first, idle, third]) fake.load = 45;
    await rig.waitForStatus("back", (now) => !now.drain, "that of no drain");
    await rig.waitForEndpoints(
      "back",
      (all) => all.filter(({ conditions }) => conditions.ready).length === 3,
      "3 ready",
    );
    expect(await rig.replicas("back")).toBe(3);
    expect([await costOf(idle), cut, scales(since).length]).toEqual([undefined, 0, 0]);
    const told = async () => {
      const { items } = await rig.client.call<{ items: { reason: string; regarding: { name: string } }[] }>(
        "GET",
        rig.path("events.k8s.io/v1", "events"),
      );
      const reasons = items.filter(({ regarding }) => regarding.name === "back").map(({ reason }) => reason);
      return reasons.includes("Draining") && reasons.includes("DrainUndone");
    };
    await waitFor(told, "the Events of the drain");
  });

  test("is followed to the end by an operator that starts during the drain", async () => {
    const [first, idle, third] = (await deploy("again", 10)) as [RigPod, RigPod, RigPod];
    for (const pod of [first, first, third, third]) await hold(pod);
    const held = await hold(idle);
    await rig.applyPool("again", { scaling });
    const before = await drainOf("again", idle);
    await rig.stopOperator(operator);
    operator = await rig.startOperator();
    await rig.waitForServed(
      operator,
      "again",
      ({ excluded }) => excluded.some(({ reason }) => reason === "Draining"),
      "draining",
    );
    await rig.planAfter(operator, "again", 3_000);
    expect((await rig.status("again")).drain).toEqual(before.drain);
    expect(await rig.replicas("again")).toBe(3);
    release(held);
    await gone(idle);
    expect([await rig.replicas("again"), cut]).toEqual([2, 0]);
    await rig.waitForStatus("again", (now) => !now.drain, "that of no drain");
  });

  const give = ({ name }: RigPod, fieldManager: string, cost: string) =>
    rig.client.call("PATCH", rig.path("v1", "pods", name), {
      contentType: applyPatch,
      query: { fieldManager, force: true },
      body: { apiVersion: "v1", kind: "Pod", metadata: { name, annotations: { [costAnnotation]: cost } } },
    });

  test("spares a pod by a cost that somebody gave it, though the operator put it back", async () => {
    const [first, idle, third] = (await deploy("spared", 10)) as [RigPod, RigPod, RigPod];
    await hold(first);
    await hold(first);
    const held = await hold(third);
    await give(idle, "evenkeel", "7");
    await rig.applyPool("spared", { scaling });
    await drainOf("spared", third);
    release(held);
    await gone(third);
    expect([await costOf(idle), await costOf(first), await rig.replicas("spared")]).toEqual(["7", undefined, 2]);
  });

  test("leaves a mark that is somebody else's as well, and takes off one that nobody needs", async () => {
    const [first, second] = (await deploy("marked", 45)) as [RigPod, RigPod];
    const mark = "-2147483647";
    await give(second, "evenkeel", mark);
    await give(second, "batch", mark);
    await give(first, "evenkeel", mark);
    await rig.applyPool("marked", { scaling });
    await waitFor(async () => (await costOf(first)) === undefined, "the mark to be taken off");
    expect(await costOf(second)).toBe(mark);
  });

  test("of pods that are not measured is no reason, as they may carry as much as the limit", async () => {
    const pods = await deploy("blind", 30);
    const silent = pods[2]!;
    silent.fake.load = 2;
    silent.fake.misbehaviour = { kind: "refuse" };
    const since = performance.now();
    await rig.applyPool("blind", { scaling });
    const isHeld = ({ decision }: PoolDocument) =>
      decision.reason === "PodsNotMeasured" &&
      decision.message.includes("average load 30.0% of 2 measured pods and 1 taken to be at the limit");
    await rig.waitForServed(operator, "blind", isHeld, "as held, with its arithmetic");
    await rig.planAfter(operator, "blind", 9_000);
    expect((await rig.status("blind")).drain).toBeUndefined();
    expect(scales(since)).toEqual([]);
    silent.fake.misbehaviour = undefined;
    await rig.waitForStatus("blind", ({ lastScale }) => lastScale?.to === 2, "that of a scale to 2");
  });

  testWith("StatefulSets")(
    "of a StatefulSet takes the highest ordinal, however busy, when its connections have ended",
    async () => {
      await createStatefulSet(rig, { replicas: 3 });
      const pods = await rig.waitForPods("db", 3);
      for (const { fake } of pods) Object.assign(fake, { load: 10, connections: undefined });
      const last = pods.at(-1)!;
      expect(last.name).toBe("db-2");
      const held = await hold(last);
      await rig.applyPool("db", { targetRef: { kind: "StatefulSet", name: "db" }, scaling });
      await drainOf("db", last);
      await rig.planAfter(operator, "db", 3_000);
      expect((await rig.client.call("GET", rig.path("apps/v1", "statefulsets", "db"))).spec.replicas).toBe(3);
      release(held);
      await gone(last);
      expect((await rig.pods("db")).map(({ name }) => name)).toEqual(["db-0", "db-1"]);
      expect([cut, await costOf(pods[0]!)]).toEqual([0, undefined]);
    },
  );
});

describeCluster(
  "a StatefulSet that keeps some of its pods on the template that they have",
  { needs: ["StatefulSets"] },
  (cluster) => {
    let rig: Rig;
    const path = () => rig.path("apps/v1", "statefulsets", "db");

    beforeAll(async () => {
      rig = await Rig.start(cluster);
      await rig.startOperator();
      const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 3 } };
      await createStatefulSet(rig, { replicas: 4, updateStrategy });
      await rig.waitForPods("db", 4);
    });
    afterAll(() => rig?.stop());

    test("is made smaller when the others have the new one", async () => {
      await rig.client.call("PATCH", path(), {
        body: { spec: { template: { metadata: { annotations: { edition: "2" } } } } },
      });
      const isRolled = ({ status }: KubeObject) => status?.updatedReplicas === 1 && status.availableReplicas === 4;
      await waitFor(async () => isRolled(await rig.client.call("GET", path())), "one pod to be rolled");
      const pods = await rig.waitForPods("db", 4);
      expect(new Set(pods.map(({ object }) => object.metadata.labels?.["controller-revision-hash"])).size).toBe(2);
      for (const { fake } of pods) Object.assign(fake, { load: 5, connections: 0 });
      await rig.applyPool("db", {
        targetRef: { kind: "StatefulSet", name: "db" },
        scaling: { ...scaling, minReplicas: 3 },
      });
      const { lastScale } = await rig.waitForStatus("db", (status) => status.lastScale, "that of a scale");
      expect(lastScale).toMatchObject({ from: 4, to: 3 });
    });
  },
);

describeCluster("a pod that somebody drains by annotation", (cluster) => {
  let rig: Rig;
  let pods: RigPod[];
  const annotate = ({ name }: RigPod, value: string | null) =>
    rig.client.call("PATCH", rig.path("v1", "pods", name), {
      body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
    });
  const readyOnes = (...wanted: readonly RigPod[]) =>
    rig.waitForEndpoints(
      "web",
      (all) =>
        all.length === 3 &&
        wanted.length === all.filter(({ conditions }) => conditions.ready).length &&
        wanted.every(({ uid }) => all.some(({ targetRef, conditions }) => targetRef?.uid === uid && conditions.ready)),
      `ready: ${wanted.map(({ name }) => name).join(", ")}`,
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.startOperator();
    pods = await rig.deploy("web", 3);
    await rig.applyPool("web");
    await readyOnes(...pods);
  });
  afterAll(() => rig?.stop());

  test("leaves the list, goes on serving, and comes back", async () => {
    const [one, two, three] = pods as [RigPod, RigPod, RigPod];
    await annotate(two, "true");
    const endpoints = await readyOnes(one, three);
    const drained = endpoints.find(({ targetRef }) => targetRef?.uid === two.uid);
    expect(drained?.conditions).toEqual({ ready: false, serving: false, terminating: false });
    await annotate(two, null);
    await readyOnes(one, two, three);
  });

  test("stays where no other pod is left, and Ready says so", async () => {
    const [one, two, three] = pods as [RigPod, RigPod, RigPod];
    await annotate(one, "true");
    await annotate(two, "true");
    await readyOnes(three);
    await rig.waitForStatus("web", ({ endpoints }) => endpoints?.length === 1, "that of 1 endpoint");
    await annotate(three, "true");
    await rig.waitForCondition("web", "Ready", "True/DrainRefused");
    await readyOnes(three);
  });
});
