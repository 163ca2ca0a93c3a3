import type { Slice } from "../../../src/act/slice.ts";
import type { ProgramOptions } from "../../../tools/image/run-program.ts";
import type { KubeObject, TestClient } from "../../tools/control-plane/client.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Answer, Counted, Load } from "./load.ts";
import {
  clientName,
  controlPort,
  metricsPort,
  poolsOf,
  type ServiceOptions,
  serverName,
  workloadOf,
} from "./manifests.ts";
import type { Look } from "./spread.ts";

export type Kubectl = (words: readonly string[], options?: ProgramOptions) => Promise<string>;

/** What clients met that no pod which ended explains. */
export interface Harm {
  /** Connections that a pod answered. */
  readonly opened: number;
  /** Of each that none answered, its Service, time and reason. */
  readonly refused: readonly string[];
  /** Ended although their pod goes on, and was not asked to. */
  readonly cut: number;
  /** Ended by pods that were asked to, and come back. */
  readonly moved: number;
}

const isStaying = ({ metadata, status }: KubeObject): boolean =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");

const hasReady = (slice: Slice): number => slice.endpoints?.filter(({ conditions }) => conditions.ready).length ?? 0;

/** Open connections by Service, as a pod tells them. */
const parseCounts = (page: string): Record<string, number> =>
  Object.fromEntries(
    [...page.matchAll(/^open_connections\{service="(.+?)"\} (\d+)$/gm)].map(([, service, count]) => [
      service!,
      Number(count),
    ]),
  );

/** Connections that a pod has ended because it was asked to. */
const parseClosed = (page: string): number => Number(/^closed_connections_total (\d+)$/m.exec(page)?.[1] ?? 0);

const patience = { timeoutMs: 180_000, intervalMs: 500 };

/** Pods behind several Services at once, and clients that open connections through each, on a cluster with kube-proxy. */
export class ServiceRig {
  readonly options: ServiceOptions;
  readonly #client: TestClient;
  readonly #kubectl: Kubectl;
  /** By pod, as long as it went on. */
  readonly #cut = new Map<string, number>();
  #targets: Record<string, string> = {};

  constructor(client: TestClient, kubectl: Kubectl, options: ServiceOptions) {
    this.options = options;
    this.#client = client;
    this.#kubectl = kubectl;
  }

  async deploy(): Promise<void> {
    await this.apply(workloadOf(this.options));
    for (const name of [serverName, clientName]) await this.rolledOut(name);
    await this.apply(poolsOf(this.options));
    await waitFor(() => this.#findTargets(), "every Service to have all pods ready", patience);
    await this.#reachAll();
  }

  async apply(items: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    if (items.length > 0) await this.#kubectl(["apply", "-f", "-"], { input });
  }

  rolledOut(name: string): Promise<string> {
    return this.#kubectl([...this.#inNamespace, "rollout", "status", `deployment/${name}`, "--timeout=5m"]);
  }

  /** Replaces every server, old ones ending as new ones are ready. */
  async restartServers(): Promise<void> {
    await this.#kubectl([...this.#inNamespace, "rollout", "restart", `deployment/${serverName}`]);
    await this.rolledOut(serverName);
  }

  async scaleServers(replicas: number): Promise<void> {
    await this.#kubectl([...this.#inNamespace, "scale", `deployment/${serverName}`, `--replicas=${replicas}`]);
  }

  /** Gives a server no new connection through any pool, or lets it back. */
  async drain(pod: string, isDrained: boolean): Promise<void> {
    const mark = isDrained ? "evenkeel.io/drain=true" : "evenkeel.io/drain-";
    await this.#kubectl([...this.#inNamespace, "annotate", "pod", pod, "--overwrite", mark]);
  }

  /** In place of what was before: all clients together do it. */
  async start(load: Omit<Load, "targets" | "comesBack">): Promise<void> {
    const clients = await this.#pods(clientName);
    const body: Load = {
      ...load,
      targets: this.#targets,
      comesBack: this.options.fronts.flatMap(({ service, isRebalanced }) => (isRebalanced ? [service] : [])),
      perSecond: load.perSecond / clients.length,
      initial: Math.round(load.initial / clients.length),
    };
    await Promise.all(clients.map((pod) => this.#client.call("PUT", this.#proxy(pod, controlPort, "load"), { body })));
  }

  async stop(): Promise<void> {
    const clients = await this.#pods(clientName);
    await Promise.all(clients.map((pod) => this.#client.call("DELETE", this.#proxy(pod, controlPort, "load"))));
  }

  /** Since the clients began. To be asked before pods are made to end, whose cuts count until then. */
  async harm(): Promise<Harm> {
    const clients = await this.#pods(clientName);
    const counted = await Promise.all(
      clients.map((pod) => this.#client.call<Counted>("GET", this.#proxy(pod, controlPort, "counted"))),
    );
    const going = await this.#pods(serverName);
    const closed = await Promise.all(going.map(async (pod) => parseClosed(await this.#metrics(pod))));
    const sumOf = (tallies: readonly Readonly<Record<string, number>>[], pod: string): number =>
      tallies.reduce((sum, tally) => sum + (tally[pod] ?? 0), 0);
    const [cut, moved] = [counted.map((one) => one.cut), counted.map((one) => one.moved)];
    going.forEach(({ metadata: { name } }, place) => {
      // What a pod ended without being asked to.
      const unasked = Math.max(0, sumOf(moved, name) - closed[place]!);
      const total = sumOf(cut, name) + unasked;
      if (total > 0) this.#cut.set(name, total);
    });
    return {
      opened: counted.reduce((sum, { opened }) => sum + opened, 0),
      refused: counted.flatMap(({ refused }) => refused),
      cut: [...this.#cut.values()].reduce((sum, count) => sum + count, 0),
      moved: going.reduce((sum, { metadata: { name } }) => sum + sumOf(moved, name), 0),
    };
  }

  /** Servers that are ready and stay. */
  async servers(): Promise<string[]> {
    return (await this.#pods(serverName)).map(({ metadata }) => metadata.name);
  }

  /** What DNS answers a client for a Service. */
  async addresses(service: string): Promise<string[]> {
    const [pod] = await this.#pods(clientName);
    return this.#client.call<string[]>("GET", this.#proxy(pod!, controlPort, `addresses/${this.#hostOf(service)}`));
  }

  slices(service: string): Promise<Slice[]> {
    return this.#list<Slice>(
      `/apis/discovery.k8s.io/v1/namespaces/${this.options.namespace}/endpointslices`,
      `kubernetes.io/service-name=${service}`,
    );
  }

  async look(): Promise<Look> {
    const atMs = performance.now();
    const [pods, slices] = await Promise.all([
      this.#pods(serverName),
      this.#list<Slice & KubeObject>(`/apis/discovery.k8s.io/v1/namespaces/${this.options.namespace}/endpointslices`),
    ]);
    const pages = await Promise.all(pods.map((pod) => this.#metrics(pod)));
    // A pod that ends while it is asked is not one of those that stay.
    const counts = pages.filter((page) => page !== "").map(parseCounts);
    const of = (service: string) =>
      slices.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service);
    const byService = <T>(read: (service: string) => T) =>
      Object.fromEntries(this.options.fronts.map(({ service }) => [service, read(service)]));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      atMs,
      counts: byService((service) => counts.map((count) => count[service] ?? 0)),
      ready: byService((service) => sum(of(service).map(hasReady))),
      generations: byService((service) => sum(of(service).map(({ metadata }) => Number(metadata.generation ?? 0)))),
    };
  }

  /** Empty of a pod that does not answer. */
  async #metrics(pod: KubeObject): Promise<string> {
    const { status, body } = await this.#client.request<string>("GET", this.#proxy(pod, metricsPort, "metrics"));
    return status === 200 ? body : "";
  }

  get #inNamespace(): readonly string[] {
    return ["--namespace", this.options.namespace];
  }

  /** Addresses of the Services, as soon as each has all pods. */
  async #findTargets(): Promise<boolean> {
    const { fronts, namespace, pods } = this.options;
    const services = await this.#list(`/api/v1/namespaces/${namespace}/services`);
    const { ready } = await this.look();
    const found = fronts.flatMap(({ service, port }) => {
      const ip = services.find(({ metadata }) => metadata.name === service)?.spec.clusterIP;
      const host = ip === "None" ? this.#hostOf(service) : ip;
      return host && ready[service] === pods ? [[service, `${host}:${port}`] as const] : [];
    });
    this.#targets = Object.fromEntries(found);
    return found.length === fronts.length;
  }

  /** kube-proxy and DNS are later than the slices. */
  async #reachAll(): Promise<void> {
    for (const pod of await this.#pods(clientName))
      for (const target of Object.values(this.#targets)) {
        const path = this.#proxy(pod, controlPort, `answers/${target}`);
        const answer = async () => {
          const said = await this.#client.call<Answer>("GET", path);
          if ("problem" in said) throw new Error(said.problem);
          return said.pod;
        };
        await waitFor(answer, `a pod behind ${target} to answer ${pod.metadata.name}`, patience);
      }
  }

  async #pods(app: string): Promise<KubeObject[]> {
    return (await this.#list(`/api/v1/namespaces/${this.options.namespace}/pods`, `app=${app}`)).filter(isStaying);
  }

  async #list<T = KubeObject>(path: string, labelSelector?: string): Promise<T[]> {
    const query = labelSelector === undefined ? {} : { labelSelector };
    return (await this.#client.call<{ items: T[] }>("GET", path, { query })).items;
  }

  #hostOf(service: string): string {
    return `${service}.${this.options.namespace}.svc.cluster.local`;
  }

  #proxy({ metadata }: KubeObject, port: number, path: string): string {
    return `/api/v1/namespaces/${this.options.namespace}/pods/${metadata.name}:${port}/proxy/${path}`;
  }
}
