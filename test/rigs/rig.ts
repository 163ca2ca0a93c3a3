import type { Slice, SliceEndpoint } from "../../src/act/slice.ts";
import type { PoolCondition, PoolStatus } from "../../src/api/status.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { applyPatch, TestClient } from "../tools/control-plane/client.ts";
import { type WaitOptions, waitFor } from "../tools/control-plane/wait-for.ts";
import type { Cluster } from "./cluster.ts";
import { type OperatorSettings, RunningOperator } from "./operator.ts";
import { FakeKubelet } from "./pods/fake-kubelet.ts";
import type { FakePod } from "./pods/fake-pod.ts";
import { type DeploymentOptions, deploymentManifest } from "./pods/manifests.ts";
import { PodFarm } from "./pods/pod-farm.ts";
import { installCrd } from "./rig-crd.ts";
import { poolManifest } from "./rig-pool.ts";
import { type Recorded, Recording } from "./rig-recording.ts";

interface List<T = KubeObject> {
  readonly items: T[];
}

/** A pod object and the server behind it. */
export interface RigPod {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly fake: FakePod;
  readonly object: KubeObject;
}

const isReady = ({ metadata, status }: KubeObject): boolean =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");

export const conditionOf = (status: PoolStatus, type: string): PoolCondition | undefined =>
  status.conditions?.find((condition) => condition.type === type);

/** A namespace with pods that run, and operators that look at nothing else. */
export class Rig {
  readonly client: TestClient;
  readonly farm: PodFarm;
  readonly kubelet: FakeKubelet;
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #operators = new Set<RunningOperator>();
  readonly #recordings: Recording[] = [];

  private constructor(cluster: Cluster, parts: Pick<Rig, "client" | "farm" | "kubelet" | "namespace">) {
    this.#cluster = cluster;
    this.client = parts.client;
    this.farm = parts.farm;
    this.kubelet = parts.kubelet;
    this.namespace = parts.namespace;
  }

  /** In a namespace that no other test has, or in the one that is named, which must not be there. */
  static async start(cluster: Cluster, { namespace: given }: { readonly namespace?: string } = {}): Promise<Rig> {
    const client = new TestClient(cluster);
    const farm = await (cluster.podsOnLoopback ? PodFarm.startOnLoopback() : PodFarm.start());
    await installCrd(client);
    const namespace = given ?? (await client.createNamespace());
    if (given !== undefined) await client.call("POST", "/api/v1/namespaces", { body: { metadata: { name: given } } });
    const kubelet = await FakeKubelet.start({ client, farm, namespace });
    return new Rig(cluster, { client, farm, kubelet, namespace });
  }

  async startOperator(settings: Partial<OperatorSettings> = {}): Promise<RunningOperator> {
    const operator = await RunningOperator.start({
      kubeconfigPath: this.#cluster.kubeconfigPath,
      allowLoopback: this.#cluster.podsOnLoopback,
      namespaces: [this.namespace],
      lease: { namespace: this.namespace, name: "evenkeel" },
      ...settings,
    });
    this.#operators.add(operator);
    return operator;
  }

  async stopOperator(operator: RunningOperator): Promise<void> {
    this.#operators.delete(operator);
    await operator.stop();
  }

  /** Records from now on what happens in these collections. */
  async record(...paths: readonly string[]): Promise<{ stop(): Promise<readonly Recorded[]> }> {
    const recordings = await Promise.all(paths.map((path) => Recording.start(this.client, path)));
    this.#recordings.push(...recordings);
    return { stop: async () => (await Promise.all(recordings.map((recording) => recording.stop()))).flat() };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#recordings.map((recording) => recording.stop()));
    await Promise.all([...this.#operators].map((operator) => operator.stop()));
    await this.kubelet.stop();
    await this.farm.stop();
    // Operators of other tests, which look at the whole cluster, must not find pools whose namespace is on its way out.
    await this.client.request("DELETE", this.path("evenkeel.io/v1alpha1", "loadbalancerpools"));
    // The control plane ends with the tests: nobody waits for the namespace to be emptied.
    await this.client.request("DELETE", `/api/v1/namespaces/${this.namespace}`);
    await this.client.close();
  }

  /** The path of a resource in the rig's namespace: `path("apps/v1", "deployments", "web")`. */
  path(apiVersion: string, ...rest: readonly string[]): string {
    const root = apiVersion.includes("/") ? "apis" : "api";
    return [`/${root}/${apiVersion}/namespaces/${this.namespace}`, ...rest].join("/");
  }

  apply(path: string, body: object): Promise<KubeObject> {
    const query = { fieldManager: "test", force: true };
    return this.client.call("PATCH", path, { contentType: applyPatch, query, body });
  }

  /** The pool over the Deployment of its name, with these fields of the spec. */
  applyPool(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<KubeObject> {
    return this.apply(this.poolPath(name), poolManifest(name, spec));
  }

  poolPath(name: string): string {
    return this.path("evenkeel.io/v1alpha1", "loadbalancerpools", name);
  }

  createDeployment(options: DeploymentOptions): Promise<KubeObject> {
    return this.client.call("POST", this.path("apps/v1", "deployments"), { body: deploymentManifest(options) });
  }

  /** A Deployment whose pods are all ready. */
  async deploy(name: string, replicas: number): Promise<RigPod[]> {
    await this.createDeployment({ name, replicas });
    return this.waitForPods(name, replicas);
  }

  async setReplicas(deployment: string, replicas: number): Promise<void> {
    const path = this.path("apps/v1", "deployments", deployment, "scale");
    await this.client.call("PATCH", path, { body: { spec: { replicas } } });
  }

  async replicas(deployment: string): Promise<number> {
    return (await this.client.call("GET", this.path("apps/v1", "deployments", deployment))).spec.replicas;
  }

  /** Ready pods with this `app` label, by name. */
  async pods(app: string): Promise<RigPod[]> {
    const query = { labelSelector: `app=${app}` };
    const { items } = await this.client.call<List>("GET", this.path("v1", "pods"), { query });
    return items
      .filter(isReady)
      .flatMap((object) => {
        const fake = this.farm.at(object.status.podIP);
        const { name, uid } = object.metadata;
        return fake ? [{ name, uid, address: fake.address, fake, object }] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  waitForPods(app: string, count: number, options: WaitOptions = { timeoutMs: 40_000 }): Promise<RigPod[]> {
    const ready = async () => {
      const pods = await this.pods(app);
      return pods.length === count && pods;
    };
    return waitFor(ready, `${count} ready pods of ${app}`, options);
  }

  /** What every pod of the farm reports from now on. */
  setLoad(load: number, connections = 10): void {
    for (const pod of this.farm.pods) {
      pod.load = load;
      pod.connections = connections;
    }
  }

  async slices(service: string): Promise<Slice[]> {
    const query = { labelSelector: `kubernetes.io/service-name=${service}` };
    const path = this.path("discovery.k8s.io/v1", "endpointslices");
    const { items } = await this.client.call<List<Slice>>("GET", path, { query });
    return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  async endpoints(service: string): Promise<SliceEndpoint[]> {
    return (await this.slices(service)).flatMap(({ endpoints }) => endpoints ?? []);
  }

  /** Waits until what the slices of a Service hold is as wanted, and brings it. */
  waitForEndpoints(
    service: string,
    wanted: (endpoints: readonly SliceEndpoint[]) => boolean,
    what: string,
    options: WaitOptions = {},
  ): Promise<SliceEndpoint[]> {
    const look = async () => {
      const endpoints = await this.endpoints(service);
      return wanted(endpoints) && endpoints;
    };
    return waitFor(look, `the endpoints of ${service} to be ${what}`, options);
  }

  async status(pool: string): Promise<PoolStatus> {
    return (await this.client.call("GET", this.poolPath(pool))).status ?? {};
  }

  waitForStatus(
    pool: string,
    wanted: (status: PoolStatus) => unknown,
    what: string,
    options: WaitOptions = {},
  ): Promise<PoolStatus> {
    let seen: PoolStatus = {};
    const look = async () => {
      seen = await this.status(pool);
      return Boolean(wanted(seen)) && seen;
    };
    return waitFor(look, `the status of ${pool} to be ${what}`, options).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(seen, undefined, 1)}`);
    });
  }

  /** Waits for what an operator serves, which is newer than what it writes. */
  waitForServed(
    operator: Pick<RunningOperator, "pool">,
    pool: string,
    wanted: (served: PoolDocument) => boolean,
    what: string,
    options: WaitOptions = {},
  ): Promise<PoolDocument> {
    const look = async () => {
      const served = await operator.pool(this.namespace, pool);
      return served !== undefined && wanted(served) && served;
    };
    return waitFor(look, `${pool} to be served ${what}`, options);
  }

  /** Waits until an operator has planned so many times more: what was to follow from what it knows now has come. */
  async morePlans(operator: Pick<RunningOperator, "pool">, pool: string, count = 2): Promise<void> {
    const seen = new Set<string>();
    // The plan that is served now, or that is on its way, may know less.
    const enough = ({ plannedAt }: PoolDocument) => seen.add(plannedAt).size > count + 1;
    await this.waitForServed(operator, pool, enough, `${count} plans later`, { intervalMs: 20 });
  }

  /** Waits for a plan that is made so long from now: what takes the operator its time has come, too. */
  async planAfter(operator: Pick<RunningOperator, "pool">, pool: string, ms: number): Promise<void> {
    const from = Date.now() + ms;
    const isLater = ({ plannedAt }: PoolDocument) => Date.parse(plannedAt) > from;
    await this.waitForServed(operator, pool, isLater, `${ms} ms later`);
  }

  /** Waits until every one of these pods has been read so many times more. */
  async moreSamples(pods: readonly Pick<RigPod, "fake">[], count = 2): Promise<void> {
    const before = new Map(pods.map(({ fake }) => [fake, fake.scrapes]));
    const isRead = () => [...before].every(([fake, scrapes]) => fake.scrapes >= scrapes + count);
    await waitFor(isRead, `${count} more samples of ${pods.length} pods`, { intervalMs: 20 });
  }

  /** Waits for the second after the one in which an object was made, so that what is made next is younger. */
  async secondAfter({ metadata }: KubeObject): Promise<void> {
    const madeAt = Date.parse(String(metadata.creationTimestamp));
    await waitFor(() => Date.now() >= madeAt + 1_000, "the next second", { intervalMs: 20 });
  }

  waitForDecision(operator: Pick<RunningOperator, "pool">, pool: string, reason: string, options: WaitOptions = {}) {
    const decided = ({ decision }: PoolDocument) => decision.reason === reason;
    return this.waitForServed(operator, pool, decided, `with the decision ${reason}`, options);
  }

  waitForCondition(pool: string, type: string, text: `${string}/${string}`, options: WaitOptions = {}) {
    const is = (status: PoolStatus) => {
      const condition = conditionOf(status, type);
      return condition && `${condition.status}/${condition.reason}` === text;
    };
    return this.waitForStatus(pool, is, `${type} ${text}`, options);
  }
}
