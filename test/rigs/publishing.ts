import type { Slice } from "../../src/act/slice.ts";
import type { PoolCondition, PoolStatus } from "../../src/api/status.ts";
import type { Answer } from "../suites/api-suite/connection.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "./embedded-stage.ts";

const managedBy = "endpointslice.kubernetes.io/managed-by";
const serviceName = "kubernetes.io/service-name";

/** A Service as a user makes one: without a selector, and with the port of the pools here. */
export const userService = (name: string, { metadata = {}, spec = {} }: { metadata?: object; spec?: object } = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, ...metadata },
  spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
});

/** A slice as somebody else has it on a Service. */
export const foreignSlice = (name: string, service: string, manager?: string) => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, labels: { [serviceName]: service, ...(manager && { [managedBy]: manager }) } },
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
});

/** An embedded cluster, seen from where pools publish. */
export class Publishing {
  readonly stage: EmbeddedStage;

  private constructor(stage: EmbeddedStage) {
    this.stage = stage;
  }

  /** With a Deployment of this many pods. Ends with the test. */
  static async start(replicas = 2): Promise<Publishing> {
    const stage = await EmbeddedStage.start();
    await stage.session.create(stage.session.deployments, workload("web", { replicas }));
    return new Publishing(stage);
  }

  get session() {
    return this.stage.session;
  }

  get slicesPath(): string {
    return this.session.inNamespace("discovery.k8s.io/v1", "endpointslices");
  }

  /** A pool over the Deployment. */
  createPool(name = "web", spec: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.session.create(poolsPath, poolOf(name, { targetRef: { name: "web" }, ...spec }));
  }

  createService(...given: Parameters<typeof userService>): Promise<Answer> {
    return this.session.create(`${this.session.core}/services`, userService(...given));
  }

  /** A merge patch, by a user. */
  patch(path: string, body: object): Promise<Answer> {
    return this.session.patch(path, body, mergePatch);
  }

  patchService(name: string, body: object): Promise<Answer> {
    return this.patch(`${this.session.core}/services/${name}`, body);
  }

  patchPool(name: string, body: object): Promise<Answer> {
    return this.patch(`${poolsPath}/${name}`, body);
  }

  async remove(path: string, query: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.session.api.request("DELETE", path, { query });
  }

  /** Undefined where there is none. */
  async find(path: string): Promise<Answer | undefined> {
    const { status, body } = await this.session.api.request("GET", path);
    return status === 200 ? body : undefined;
  }

  service(name: string): Promise<Answer | undefined> {
    return this.find(`${this.session.core}/services/${name}`);
  }

  /** Every slice, whosever it is, that is for a Service. */
  async slices(service: string): Promise<Slice[]> {
    const { items } = await this.session.get(this.slicesPath, { labelSelector: `${serviceName}=${service}` });
    return items;
  }

  /** Names of the pods that a Service's slices give as ready, sorted. */
  async ready(service: string): Promise<string[]> {
    const endpoints = (await this.slices(service)).flatMap((slice) => slice.endpoints ?? []);
    return endpoints.flatMap(({ conditions, targetRef }) => (conditions.ready ? (targetRef?.name ?? "?") : [])).sort();
  }

  /** Names of the pods that run and are ready, sorted. */
  async pods(): Promise<string[]> {
    const { items } = await this.session.get(`${this.session.core}/pods`, { labelSelector: "app=web" });
    const isReady = ({ metadata, status }: Answer) =>
      !metadata.deletionTimestamp &&
      status?.conditions?.some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");
    return items
      .filter(isReady)
      .map(({ metadata }: Answer) => metadata.name)
      .sort();
  }

  /** Waits until a Service's slices give these many pods as ready, which are those that there are. */
  waitForReady(service: string, count: number): Promise<true> {
    const look = async () => {
      const [ready, pods] = [await this.ready(service), await this.pods()];
      return ready.length === count && ready.every((name) => pods.includes(name));
    };
    return waitFor(look, `${count} ready pods on ${service}`);
  }

  async condition(pool: string, type = "Ready"): Promise<PoolCondition | undefined> {
    const status: PoolStatus = (await this.find(`${poolsPath}/${pool}`))?.status ?? {};
    return status.conditions?.find((condition) => condition.type === type);
  }

  /** Waits for the condition Ready, as in False/ServiceTaken, and brings its message. */
  async waitForCondition(pool: string, text: `${string}/${string}`, type = "Ready"): Promise<string> {
    const look = async () => {
      const condition = await this.condition(pool, type);
      return condition && `${condition.status}/${condition.reason}` === text && condition;
    };
    const what = `${type} of ${pool} to be ${text}`;
    return (await waitFor(look, what).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(await this.condition(pool, type))}`);
    }))!.message;
  }

  /** What operators have written since, as METHOD PATH. */
  writes(since = 0): string[] {
    return this.stage.passed
      .filter(({ method, at }) => method !== "GET" && at >= since)
      .map(({ method, url }) => `${method} ${new URL(url, "http://any").pathname}`);
  }
}
