import { request } from "undici";
import { describe, expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { applyPatch, mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const cost = "controller.kubernetes.io/pod-deletion-cost";
const before = "evenkeel.io/deletion-cost-before-drain";
const mark = "-2147483647";
const scaling = { minReplicas: 2, maxReplicas: 9, down: { window: "0s", drain: "0s", period: "0s" } };
const measured = { metrics: loopbackMetrics, strategy: { type: "LeastConnections", slowStart: "0s" } };
const lease = {
  namespace: "default",
  name: "evenkeel",
  leaseDurationMs: 60_000,
  renewDeadlineMs: 30_000,
  retryPeriodMs: 300,
};

interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly managedFields: readonly { readonly manager: string }[];
  };
}

/** Pods of a Deployment on an embedded cluster, of which a pool drains one that it may not remove until it is allowed. */
class Scene {
  readonly stage: EmbeddedStage;
  #isFrozen = true;

  private constructor(stage: EmbeddedStage) {
    this.stage = stage;
    stage.intercept = ({ method, url }) =>
      this.#isFrozen && method === "PATCH" && /\/scale\b/.test(url)
        ? [
            403,
            JSON.stringify({ kind: "Status", status: "Failure", reason: "Forbidden", message: "frozen", code: 403 }),
          ]
        : undefined;
  }

  static async start(replicas = 3): Promise<Scene> {
    const scene = new Scene(await EmbeddedStage.start());
    const { session } = scene;
    await session.create(session.deployments, workload("web", { replicas }));
    await waitFor(async () => (await scene.pods()).length === replicas, `${replicas} pods`);
    return scene;
  }

  get session() {
    return this.stage.session;
  }

  allowScale(): void {
    this.#isFrozen = false;
  }

  async pods(): Promise<PodObject[]> {
    const { items } = await this.session.get(`${this.session.core}/pods`);
    return items.filter(({ metadata }: PodObject) => !metadata.deletionTimestamp);
  }

  pool(name: string, spec: Readonly<Record<string, unknown>>) {
    return this.session.create(poolsPath, poolOf(name, { targetRef: { name: "web" }, ...spec }));
  }

  change(pool: string, spec: object) {
    return this.session.patch(`${poolsPath}/${pool}`, { spec }, mergePatch);
  }

  remove(pool: string) {
    return this.session.expect(200, "DELETE", `${poolsPath}/${pool}`);
  }

  async status(pool: string): Promise<PoolStatus> {
    return (await this.session.get(`${poolsPath}/${pool}`)).status ?? {};
  }

  annotate({ metadata: { name } }: PodObject, annotations: Readonly<Record<string, string | null>>) {
    return this.session.patch(`${this.session.core}/pods/${name}`, { metadata: { annotations } }, mergePatch);
  }

  /** As somebody who applies. */
  apply({ metadata: { name } }: PodObject, manager: string) {
    const body = { apiVersion: "v1", kind: "Pod", metadata: { name, annotations: { [cost]: mark } } };
    const query = { fieldManager: manager, force: "true" };
    return this.session.expect(200, "PATCH", `${this.session.core}/pods/${name}`, {
      body,
      query,
      contentType: applyPatch,
    });
  }

  /** Costs by the pods that have one. */
  async costs(): Promise<Readonly<Record<string, string>>> {
    const entries = (await this.pods()).flatMap(({ metadata: { name, annotations } }) =>
      annotations?.[cost] === undefined ? [] : [[name, annotations[cost]]],
    );
    return Object.fromEntries(entries);
  }

  /** The pod that the pool has drained and marked. */
  async marked(pool: string): Promise<PodObject> {
    const find = async () => {
      const drained = (await this.status(pool)).drain?.pods[0]?.uid;
      return (await this.pods()).find(
        ({ metadata: { uid, annotations } }) => uid === drained && annotations?.[cost] === mark,
      );
    };
    return waitFor(find, `a mark of ${pool}`);
  }

  unmarked(): Promise<unknown> {
    return waitFor(async () => Object.keys(await this.costs()).length === 0, "the marks to come off");
  }

  /** A connection that stays open. */
  async hold(podIP: string): Promise<void> {
    const { body } = await request(`http://${podIP}:8080/hold`);
    body.on("error", () => {}).resume();
  }

  served(operator: RunningOperator, pool: string, endpoints: number): Promise<unknown> {
    return waitFor(
      async () => (await operator.pool("default", pool))?.endpoints.length === endpoints,
      `${endpoints} endpoints of ${pool}`,
    );
  }
}

/** With a pod that pool `http` has marked. */
async function startMarked() {
  const scene = await Scene.start();
  await scene.pool("http", { ...measured, scaling });
  const operator = await scene.stage.startOperator();
  const pod = await scene.marked("http");
  return { scene, operator, pod };
}

type Change = (scene: Scene) => Promise<unknown>;
const moved = async (scene: Scene): Promise<void> => {
  const { session } = scene;
  await session.create(session.deployments, workload("api", { replicas: 2 }));
  await scene.change("http", { targetRef: { name: "api" } });
};

const ends: readonly (readonly [what: string, change: Change])[] = [
  ["is deleted", (scene) => scene.remove("http")],
  [
    "is deleted and made again",
    async (scene) => {
      await scene.remove("http");
      await scene.pool("http", measured);
    },
  ],
  ["is about another Deployment", moved],
  [
    "goes by another selector",
    (scene) => scene.change("http", { targetRef: null, scaling: null, selector: { matchLabels: { app: "other" } } }),
  ],
  ["is paused", (scene) => scene.change("http", { scaling: { mode: "Paused" } })],
  ["only recommends", (scene) => scene.change("http", { scaling: { mode: "Recommend" } })],
  ["scales no more", (scene) => scene.change("http", { scaling: null })],
];

describe("a mark comes off when its pool", () => {
  test.each(ends)("%s", async (_, change) => {
    const { scene } = await startMarked();
    await change(scene);
    await scene.unmarked();
    const managers = (await scene.pods()).flatMap(({ metadata }) =>
      metadata.managedFields.map(({ manager }) => manager),
    );
    expect(managers.filter((manager) => manager.startsWith("evenkeel-drain-"))).toEqual([]);
  });

  test.each(ends)("%s while no operator runs", async (_, change) => {
    const { scene, operator } = await startMarked();
    await scene.stage.stopOperator(operator);
    await change(scene);
    expect(Object.values(await scene.costs())).toEqual([mark]);
    await scene.stage.startOperator();
    await scene.unmarked();
  });

  test("is deleted, and what somebody had said of the cost is put back", async () => {
    const scene = await Scene.start();
    for (const pod of await scene.pods()) await scene.annotate(pod, { [cost]: "7" });
    await scene.pool("http", { ...measured, scaling });
    const operator = await scene.stage.startOperator();
    const pod = await scene.marked("http");
    expect(pod.metadata.annotations).toMatchObject({ [cost]: mark, [before]: "7" });
    await scene.stage.stopOperator(operator);
    await scene.remove("http");
    await scene.stage.startOperator();
    await waitFor(async () => new Set(Object.values(await scene.costs())).size === 1, "the cost to be put back");
    expect(Object.values(await scene.costs())).toEqual(["7", "7", "7"]);
    for (const { metadata } of await scene.pods()) expect(metadata.annotations).not.toHaveProperty([before]);
  });

  test("is deleted, by the leader's doing alone", async () => {
    const scene = await Scene.start();
    await scene.pool("http", { ...measured, scaling });
    const leader = await scene.stage.startOperator({ lease });
    await scene.marked("http");
    const standby = await scene.stage.startOperator({ lease });
    await waitFor(async () => (await standby.get("/readyz")).status === 200, "the standby to be ready");
    const since = performance.now();
    await scene.remove("http");
    await scene.unmarked();
    // The write is told of when it is answered, and seen before.
    const ofPods = () => leader.writes(since).filter(({ resource }) => resource === "pods");
    await waitFor(() => ofPods().length > 0, "the answer to the leader's write");
    expect(ofPods()).toHaveLength(1);
    expect(standby.writes()).toEqual([]);
  });
});

test("marks of version 0.1, which tell no pool, come off pods that nobody drains; those of others stay", async () => {
  const scene = await Scene.start();
  const [own, shared, foreign] = (await scene.pods()) as [PodObject, PodObject, PodObject];
  await scene.apply(own, "evenkeel");
  await scene.apply(shared, "evenkeel");
  await scene.apply(shared, "batch");
  await scene.apply(foreign, "batch");
  // No pool is there at all.
  await scene.stage.startOperator();
  const wanted = { [shared.metadata.name]: mark, [foreign.metadata.name]: mark };
  await waitFor(async () => (await scene.costs())[own.metadata.name] === undefined, "the mark to come off");
  expect(await scene.costs()).toEqual(wanted);
});

test("a drain that version 0.1 began goes on with the mark that it made", async () => {
  const { scene, operator, pod } = await startMarked();
  await scene.stage.stopOperator(operator);
  const manager = pod.metadata.managedFields.find((entry) => entry.manager.startsWith("evenkeel-drain-"))!.manager;
  await scene.apply(pod, "evenkeel");
  const { name } = pod.metadata;
  await scene.session.expect(200, "PATCH", `${scene.session.core}/pods/${name}`, {
    body: { apiVersion: "v1", kind: "Pod", metadata: { name } },
    query: { fieldManager: manager },
    contentType: applyPatch,
  });
  expect((await scene.costs())[name]).toBe(mark);
  scene.allowScale();
  await scene.stage.startOperator();
  await waitFor(async () => (await scene.pods()).length === 2, "the pod to be removed");
  expect((await scene.pods()).map((left) => left.metadata.name)).not.toContain(name);
});

describe("a pool beside the one that drains", () => {
  const publishing = { ports: [{ name: "metrics", port: 9090 }] };
  const kinds: readonly (readonly [what: string, spec: Readonly<Record<string, unknown>>])[] = [
    ["without scaling", publishing],
    ["by selector", { ...publishing, targetRef: undefined, selector: { matchLabels: { app: "web" } } }],
    ["in mode Recommend", { ...publishing, ...measured, scaling: { ...scaling, mode: "Recommend" } }],
    ["in mode Paused", { ...publishing, ...measured, scaling: { ...scaling, mode: "Paused" } }],
  ];

  test.each(kinds)("%s takes the drained pod out of its list, and its mark stays until it is gone", async (_, spec) => {
    const scene = await Scene.start();
    // Older: the one that scales would do so all the same.
    await scene.pool("admin", spec);
    await scene.pool("http", { ...measured, scaling: { ...scaling, down: { ...scaling.down, drain: "2s" } } });
    scene.allowScale();
    const [idle, ...busy] = scene.stage.pods.pods();
    await Promise.all(busy.map(({ podIP }) => scene.hold(podIP)));
    const operator = await scene.stage.startOperator();
    await scene.served(operator, "admin", 2);
    expect((await operator.pool("default", "admin"))?.excluded).toEqual([
      { pod: idle!.name, reason: "Draining: for pool http" },
    ]);
    await waitFor(async () => (await scene.status("admin")).draining?.[0]?.pod === idle!.name, "status to tell of it");
    await waitFor(async () => (await scene.pods()).length === 2, "a pod to be removed");
    expect((await scene.pods()).map(({ metadata }) => metadata.name)).not.toContain(idle!.name);
    const ofPods = () => operator.writes().filter(({ resource }) => resource === "pods");
    await waitFor(() => ofPods().length > 0, "the answer to the write of the mark");
    expect(ofPods()).toHaveLength(1);
  });

  test("has the pod back when the drain is undone", async () => {
    const scene = await Scene.start();
    await scene.pool("admin", publishing);
    await scene.pool("http", { ...measured, scaling });
    const operator = await scene.stage.startOperator();
    await scene.served(operator, "admin", 2);
    await scene.change("http", { scaling: { mode: "Paused" } });
    await scene.served(operator, "admin", 3);
  });

  test("scales in its place as soon as it only recommends, and yields to it again", async () => {
    const scene = await Scene.start();
    await scene.pool("aged", { ...measured, scaling: { ...scaling, down: { enabled: false } } });
    await scene.pool("http", { ...measured, scaling });
    const operator = await scene.stage.startOperator();
    const decided = (reason: string) =>
      waitFor(async () => (await operator.pool("default", "http"))?.decision.reason === reason, reason);
    await decided("ScaledByAnother");
    await scene.change("aged", { scaling: { mode: "Recommend" } });
    await scene.marked("http");
    await scene.change("aged", { scaling: { mode: "Auto" } });
    await decided("ScaledByAnother");
    await scene.unmarked();
  });
});
