import { expect, test } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { nextAddress, useCleanups } from "../observe/sampling/fake-pods.ts";
import { poolOf, poolsPath } from "../rigs/embedded-stage.ts";
import { RunningOperator } from "../rigs/operator.ts";
import { StartingPods, type StartingPodsOptions, startingPort } from "../rigs/pods/starting-pods.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { Session, strategicPatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const cleanups = useCleanups();

const deployment = (replicas: number, strategy: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "java" },
  spec: {
    replicas,
    strategy,
    selector: { matchLabels: { app: "java" } },
    template: {
      metadata: { labels: { app: "java" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "java", image: "java", ports: [{ name: "http", containerPort: startingPort }] }],
      },
    },
  },
});

const http = {
  interval: "200ms",
  timeout: "150ms",
  source: { http: { port: "http", connections: { name: "app_connections" }, load: { name: "app_load" } } },
};

/** What metrics-server serves, as far as an API server that knows it by this alone can. */
const podMetricsCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "pods.metrics.k8s.io" },
  spec: {
    group: "metrics.k8s.io",
    scope: "Namespaced",
    names: { plural: "pods", singular: "podmetrics", kind: "PodMetrics", listKind: "PodMetricsList" },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

interface SceneOptions extends Omit<StartingPodsOptions, "nextAddress"> {
  readonly replicas: number;
  readonly strategy?: object;
  readonly metrics?: object;
  readonly scaling?: object;
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** A Deployment of pods that start hot, of which all serve, and a pool on it with the real operator. */
class Scene {
  readonly pods: StartingPods;
  readonly session: Session;
  readonly operator: RunningOperator;

  private constructor(pods: StartingPods, session: Session, operator: RunningOperator) {
    this.pods = pods;
    this.session = session;
    this.operator = operator;
  }

  static async start({ replicas, strategy = {}, metrics = http, scaling = {}, ...rest }: SceneOptions): Promise<Scene> {
    const pods = new StartingPods({ nextAddress, ...rest });
    const embedded = await startEmbedded({ crds: [crd(), podMetricsCrd], runtime: pods });
    cleanups.add(() => embedded.close());
    const session = new Session(connectHttp(embedded.url, "default"));
    await session.create(session.deployments, deployment(replicas, strategy));
    const operator = await RunningOperator.start({
      embeddedUrl: embedded.url,
      namespaces: undefined,
      lease: undefined,
    });
    cleanups.add(() => operator.stop());
    const scene = new Scene(pods, session, operator);
    await scene.waitForReady(replicas);
    const limits = { maxReplicas: 30, maxAverageLoad: 50, down: { enabled: false }, ...scaling };
    await session.create(poolsPath, poolOf("java", { ports: [{ port: startingPort }], metrics, scaling: limits }));
    return scene;
  }

  /** The ready pods, when there are so many and no others, none of them of those that were before. */
  waitForReady(count: number, before: readonly PodObject[] = []): Promise<PodObject[]> {
    const old = new Set(before.map(({ metadata: { uid } }) => uid));
    const isReady = ({ status }: PodObject) =>
      status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") ?? false;
    const look = async () => {
      const { items }: { items: PodObject[] } = await this.session.get(`${this.session.core}/pods`);
      const isWhole = items.length === count && items.every((pod) => isReady(pod) && !old.has(pod.metadata.uid));
      return isWhole && items;
    };
    return waitFor(look, `${count} ready pods`);
  }

  rollOut(): Promise<unknown> {
    const spec = { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } } };
    return this.session.patch(`${this.session.deployments}/java`, { spec }, strategicPatch);
  }

  waitForDecision(wanted: (served: PoolDocument) => boolean, what: string): Promise<PoolDocument> {
    const look = async () => {
      const served = await this.operator.pool("default", "java");
      return served && wanted(served) && served;
    };
    return waitFor(look, what);
  }

  /** Until every pod has been read so often since now. */
  waitForSamples(count: number): Promise<unknown> {
    const before = new Map(this.pods.pods.map((pod) => [pod, pod.scrapes]));
    const look = () => [...before].every(([pod, scrapes]) => pod.scrapes >= scrapes + count);
    return waitFor(look, `${count} samples of each pod`);
  }

  get scales(): number {
    return this.operator.writes().filter(({ resource }) => resource === "deployments/scale").length;
  }

  async replicas(): Promise<number> {
    const { spec } = await this.session.get(`${this.session.deployments}/java`);
    return spec.replicas;
  }
}

const sampleMs = 100;

/** What a pod used since a moment, in milliseconds of the monotonic clock, until the next. */
interface Usage {
  readonly since: number;
  readonly load: number;
}

/** As metrics-server tells it now. On a busy machine samples come late: the window is as long as they took. */
function podMetricsOf(name: string, used: readonly Usage[], now: number): object {
  const windowMs = now - used[0]!.since;
  const times = used.map(({ since, load }, index) => load * ((used[index + 1]?.since ?? now) - since));
  const millicores = Math.round((10 * times.reduce((sum, time) => sum + time, 0)) / windowMs);
  return {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "PodMetrics",
    metadata: { name, labels: { app: "java" } },
    timestamp: new Date().toISOString(),
    window: `${Math.ceil(windowMs)}ms`,
    containers: [{ name: "java", usage: { cpu: `${millicores}m` } }],
  };
}

/** Tells every second what each pod used on average, over windows that are about so long once it has run for that long. */
function serveUsage({ pods, session }: Scene, windowMs: number): void {
  const path = session.inNamespace("metrics.k8s.io/v1beta1", "pods");
  const usages = new Map<string, readonly Usage[]>();
  let since = performance.now();
  let toldAt = since;
  let telling: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const { name, load } of pods.pods) {
      const used = [...(usages.get(name) ?? []), { since, load }];
      const within = used.filter((one) => one.since >= now - windowMs);
      usages.set(name, within.length > 0 ? within : used.slice(-1));
    }
    since = now;
    if (now - toldAt < 1_000) return;
    toldAt = now;
    for (const { name } of pods.pods) {
      const metrics = podMetricsOf(name, usages.get(name)!, now);
      telling = telling
        .then(() => session.api.request("DELETE", `${path}/${name}`))
        .then(() => session.create(path, metrics));
    }
  }, sampleMs);
  cleanups.add(async () => {
    clearInterval(timer);
    await telling;
  });
}

const isWithin = ({ decision: { reason } }: PoolDocument): boolean => reason === "WithinLimit";

test.each([
  ["one after the other", { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
  ["all at once", { rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } }],
])("pods that start hot make no replicas more when they are rolled out, %s", async (_, strategy) => {
  const options = { replicas: 4, demand: 180, hot: 400, startMs: 1_200, scaling: { warmUp: "0s" } };
  const scene = await Scene.start({ ...options, strategy });
  const before = await scene.waitForReady(4);
  await scene.waitForDecision(isWithin, "within the limit");
  await scene.rollOut();
  await scene.waitForReady(4, before);
  await scene.waitForSamples(4);
  const { averageLoad, endpoints } = await scene.waitForDecision(isWithin, "within the limit again");
  expect(averageLoad).toBe(45);
  expect(endpoints.map(({ load }) => load)).toEqual([45, 45, 45, 45]);
  expect([scene.scales, await scene.replicas()]).toEqual([0, 4]);
});

test("pods that start hot are as many as the load needs, and no more", async () => {
  const scaling = { warmUp: "0s", up: { period: "0s" } };
  const scene = await Scene.start({ replicas: 2, demand: 180, hot: 400, startMs: 1_500, scaling });
  await scene.waitForReady(4);
  await scene.waitForSamples(4);
  await scene.waitForDecision(({ averageLoad }) => averageLoad === 45, "the load to be shared by four");
  expect([scene.scales, await scene.replicas()]).toEqual([1, 4]);
});

test("pods that are out for their readiness and hot meanwhile make no replicas more", async () => {
  const scene = await Scene.start({ replicas: 4, demand: 180, hot: 400, startMs: 100, scaling: { warmUp: "0s" } });
  await scene.waitForDecision(isWithin, "within the limit");
  for (let round = 0; round < 6; round += 1) {
    await scene.pods.takeOut(scene.pods.pods[round % 4]!.name, 700);
    await scene.waitForSamples(3);
  }
  await scene.waitForDecision(isWithin, "within the limit again");
  expect([scene.scales, await scene.replicas()]).toEqual([0, 4]);
});

test("pods that are all new are said to warm up, and are scaled by when they have", async () => {
  const options = { replicas: 4, demand: 180, hot: 400, startMs: 800, scaling: { warmUp: "3s" } };
  const scene = await Scene.start({ ...options, strategy: { type: "Recreate" } });
  const before = await scene.waitForReady(4);
  await scene.waitForDecision(isWithin, "within the limit");
  // Pods that are made now come later than the pool.
  await scene.waitForSamples(15);
  await scene.rollOut();
  const old = new Set(before.map(({ metadata: { name } }) => name));
  await waitFor(() => scene.pods.pods.every(({ name }) => !old.has(name)), "the old pods to be gone");
  scene.pods.demand = 380;
  const [held] = await Promise.all([
    scene.waitForDecision(({ decision: { reason } }) => reason === "PodsWarmingUp", "pods that warm up"),
    scene.waitForReady(4, before),
  ]);
  expect(held.decision.message).toBe(
    "No pod has served for long enough yet for its figures to count: spec.scaling.warmUp is 3s.",
  );
  expect(await scene.replicas()).toBe(4);
  const scaled = await scene.waitForDecision(({ replicas }) => replicas === 8, "8 replicas");
  expect(scaled.lastScale).toMatchObject({ to: 8, reason: "LoadAboveLimit" });
});

test("a window that began before its pod served is none of its load", async () => {
  const metrics = { interval: "5s", timeout: "1s", source: { resource: { capacity: "1" } } };
  const scaling = { warmUp: "0s", up: { polls: 1 } };
  const options = { replicas: 2, demand: 90, hot: 400, startMs: 3_000, metrics, scaling };
  const scene = await Scene.start({ ...options, strategy: { rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } } });
  // Longer than the interval: some are read that began before and ended after.
  serveUsage(scene, 6_000);
  const before = await scene.waitForReady(2);
  await scene.waitForDecision(isWithin, "within the limit");
  await scene.rollOut();
  await scene.waitForReady(2, before);
  // A window of a calm pod may still be one that began before anybody saw it serve.
  const isCalm = ({ endpoints, decision }: PoolDocument) =>
    decision.reason !== "PodsWarmingUp" &&
    endpoints.length === 2 &&
    endpoints.every(({ pod, load }) => load === 45 && !before.some(({ metadata }) => metadata.name === pod));
  const { decision } = await scene.waitForDecision(isCalm, "windows in which all pods served");
  expect(decision.reason).toBe("WithinLimit");
  expect([scene.scales, await scene.replicas()]).toEqual([0, 2]);
});
