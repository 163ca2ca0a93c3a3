import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, TestClient } from "../../tools/control-plane/client.ts";
import { strategicMergePatch } from "../../tools/control-plane/client.ts";
import type { FakePod } from "./fake-pod.ts";
import type { FakeNode } from "./nodes.ts";
import { createNodes, fakeNodes } from "./nodes.ts";
import type { PodFarm } from "./pod-farm.ts";
import { podPath, readiness, runningStatus } from "./pod-status.ts";

const retryMs = 250;

export interface FakeKubeletOptions {
  readonly client: TestClient;
  readonly farm: PodFarm;
  /** Every namespace, when left out. */
  readonly namespace?: string;
  readonly nodes?: readonly FakeNode[];
}

/**
 * Scheduler and kubelets in one: binds each new pod to one of its nodes in turn, gives it an address and a real server,
 * says that it is ready, and ends it when it is deleted. Outlives failures of the API server.
 */
export class FakeKubelet {
  /** From the pod's binding to its readiness. */
  startMs = 0;
  /** What pods tell while they start, and then: they run meanwhile. Undefined: nothing of a pod is there before it is ready. */
  loads: { readonly starting: number; readonly ready: number } | undefined;
  /** From the deletion of a pod to the end of its server and of the object; its grace period, as it were. */
  terminationMs = 0;
  readonly #client: TestClient;
  readonly #farm: PodFarm;
  readonly #nodes: readonly FakeNode[];
  readonly #path: string;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, FakePod>();
  readonly #busy = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  #turn = 0;
  #loop: Promise<void> = Promise.resolve();

  private constructor({ client, farm, namespace, nodes = fakeNodes }: FakeKubeletOptions) {
    this.#client = client;
    this.#farm = farm;
    this.#nodes = nodes;
    this.#path = namespace ? `/api/v1/namespaces/${namespace}/pods` : "/api/v1/pods";
  }

  static async start(options: FakeKubeletOptions): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(options);
    await createNodes(options.client, kubelet.#nodes);
    kubelet.#loop = kubelet.#run();
    return kubelet;
  }

  /** The server behind a pod object, once it has an address. */
  fakeOf(pod: KubeObject): FakePod | undefined {
    return this.#running.get(pod.metadata.uid);
  }

  /** Stops watching; the pods' servers stay with the farm. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all(this.#tasks);
  }

  get #signal(): AbortSignal {
    return this.#stopping.signal;
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#listAndWatch();
      } catch {
        await this.#pause(retryMs);
      }
    }
  }

  async #listAndWatch(): Promise<void> {
    const list = await this.#client.call<{ metadata: { resourceVersion: string }; items: KubeObject[] }>(
      "GET",
      this.#path,
      { signal: this.#signal },
    );
    const present = new Set(list.items.map((pod) => pod.metadata.uid));
    for (const uid of this.#running.keys()) if (!present.has(uid)) this.#end(uid);
    for (const pod of list.items) this.#take(pod);
    const query = { resourceVersion: list.metadata.resourceVersion };
    for await (const { type, object } of this.#client.watch(this.#path, query, this.#signal)) {
      if (type === "ERROR") return;
      if (type === "DELETED") this.#end(object.metadata.uid);
      else this.#take(object);
    }
  }

  #take(pod: KubeObject): void {
    const { uid } = pod.metadata;
    const node = pod.spec.nodeName as string | undefined;
    if (!node && !pod.metadata.deletionTimestamp) this.#once(`bind ${uid}`, () => this.#bind(pod));
    else if (node && !this.#nodes.some(({ name }) => name === node)) return;
    else if (pod.metadata.deletionTimestamp) this.#once(`end ${uid}`, () => this.#terminate(pod));
    else if (!this.#running.has(uid)) this.#once(`start ${uid}`, () => this.#startPod(pod));
  }

  async #bind(pod: KubeObject): Promise<void> {
    const node = this.#nodes[this.#turn++ % this.#nodes.length];
    const target = { apiVersion: "v1", kind: "Node", name: node?.name };
    const { name, uid } = pod.metadata;
    const body = { apiVersion: "v1", kind: "Binding", metadata: { name, uid }, target };
    await this.#insist("POST", `${this.#pathOf(pod)}/binding`, { body });
  }

  async #startPod(pod: KubeObject): Promise<void> {
    const { uid, name } = pod.metadata;
    const address = pod.status?.podIP as string | undefined;
    const fake = (address && this.#farm.at(address)) || this.#farm.add({ ...(address && { address }), name });
    this.#running.set(uid, fake);
    if (address) return;
    const containers = (pod.spec.containers as { name: string }[]).map((container) => container.name);
    const running = (ready: boolean) => runningStatus({ address: fake.address, containers, ready });
    const { loads } = this;
    if (loads) {
      fake.load = loads.starting;
      await this.#writeStatus(pod, running(false));
    }
    await this.#pause(this.startMs);
    if (loads) fake.load = loads.ready;
    await this.#writeStatus(pod, loads ? { conditions: readiness(true) } : running(true));
  }

  #writeStatus(pod: KubeObject, status: object): Promise<void> {
    const body = { metadata: { uid: pod.metadata.uid }, status };
    return this.#insist("PATCH", `${this.#pathOf(pod)}/status`, { contentType: strategicMergePatch, body });
  }

  async #terminate(pod: KubeObject): Promise<void> {
    await this.#pause(this.terminationMs);
    if (this.#signal.aborted) return;
    const { uid } = pod.metadata;
    this.#end(uid);
    const body = { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0, preconditions: { uid } };
    await this.#insist("DELETE", this.#pathOf(pod), { body });
  }

  #end(uid: string): void {
    const fake = this.#running.get(uid);
    this.#running.delete(uid);
    if (fake) this.#farm.remove(fake);
  }

  #pathOf({ metadata: { namespace = "", name } }: KubeObject): string {
    return podPath({ namespace, name });
  }

  /** Runs a step of a pod's life unless it runs already. */
  #once(step: string, work: () => Promise<void>): void {
    if (this.#busy.has(step)) return;
    this.#busy.add(step);
    const task = work().finally(() => {
      this.#busy.delete(step);
      this.#tasks.delete(task);
    });
    this.#tasks.add(task);
  }

  /** Repeats a write until it is taken, or refused because the pod has changed or gone. */
  async #insist(method: string, path: string, options: { body: unknown; contentType?: string }): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        const { status } = await this.#client.request(method, path, { ...options, signal: this.#signal });
        if (status < 300 || status === 404 || status === 409) return;
      } catch {
        // The API server is away.
      }
      await this.#pause(retryMs);
    }
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#signal }).catch(() => {});
  }
}
