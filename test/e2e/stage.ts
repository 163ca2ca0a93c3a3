import type { Slice } from "../../src/act/slice.ts";
import type { PoolStatus } from "../../src/api/status.ts";
import { ProgramError, type ProgramOptions, runProgram } from "../../tools/image/run-program.ts";
import { type KubeObject, TestClient } from "../tools/control-plane/client.ts";
import { readKubeconfig } from "./read-kubeconfig.ts";
import { readRecord, type StageRecord } from "./stage-record.ts";

interface List<T> {
  readonly items: T[];
}

/** What the example's client counted since it started. */
export interface Counted {
  readonly answers: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
}

export interface Refusal {
  readonly code: number | null;
  readonly stderr: string;
}

const isReady = ({ metadata, status }: KubeObject): boolean =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");

/** The cluster on which the quick start was followed: Evenkeel in `evenkeel`, the example in `default`. */
export class Stage {
  readonly record: StageRecord = readRecord();
  readonly client = new TestClient(readKubeconfig(this.record.kubeconfig, this.record.kubectl));

  kubectl(words: readonly string[], options: ProgramOptions = {}): Promise<string> {
    return runProgram(this.record.kubectl, words, { env: this.record.env, ...options });
  }

  /** What kubectl says when it is refused. */
  async refusal(words: readonly string[], options: ProgramOptions = {}): Promise<Refusal | undefined> {
    try {
      await this.kubectl(words, options);
      return undefined;
    } catch (error) {
      if (error instanceof ProgramError) return error;
      throw error;
    }
  }

  /** A command of a page; brings what it wrote to stdout. */
  shell(command: string): Promise<string> {
    return runProgram("sh", ["-c", command], { env: this.record.env });
  }

  /** `kubectl evenkeel`, by a kubeconfig that is not the administrator's. */
  async evenkeelAs(kubeconfig: string, ...words: readonly string[]): Promise<Refusal & { readonly stdout: string }> {
    const env = { ...this.record.env, KUBECONFIG: kubeconfig };
    try {
      const stdout = await runProgram(this.record.kubectl, ["evenkeel", ...words], { env });
      return { code: 0, stdout, stderr: "" };
    } catch (error) {
      if (error instanceof ProgramError) return { code: error.code, stdout: "", stderr: error.stderr };
      throw error;
    }
  }

  helm(words: readonly string[]): Promise<string> {
    return runProgram(this.record.helm, words, { env: this.record.env });
  }

  async list<T = KubeObject>(path: string, labelSelector?: string): Promise<T[]> {
    const query = labelSelector === undefined ? {} : { labelSelector };
    return (await this.client.call<List<T>>("GET", path, { query })).items;
  }

  /** Names of the pods of `app` that are ready and stay. */
  async readyPods(app: string, namespace = "default"): Promise<string[]> {
    const pods = await this.list(`/api/v1/namespaces/${namespace}/pods`, `app=${app}`);
    return pods
      .filter(isReady)
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  /** Names of the operator's pods that are ready and stay. */
  async readyOperators(): Promise<string[]> {
    const pods = await this.list("/api/v1/namespaces/evenkeel/pods", "app.kubernetes.io/name=evenkeel");
    return pods.filter(isReady).map(({ metadata }) => metadata.name);
  }

  slices(service: string, namespace = "default"): Promise<Slice[]> {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    return this.list<Slice>(path, `kubernetes.io/service-name=${service}`);
  }

  /** Pods that the slices of a Service call ready. */
  async readyEndpoints(service: string, namespace = "default"): Promise<string[]> {
    const endpoints = (await this.slices(service, namespace)).flatMap((slice) => slice.endpoints ?? []);
    return endpoints
      .filter(({ conditions }) => conditions.ready)
      .map(({ targetRef }) => targetRef.name)
      .sort();
  }

  async replicas(deployment: string): Promise<number> {
    return (await this.client.call("GET", `/apis/apps/v1/namespaces/default/deployments/${deployment}`)).spec.replicas;
  }

  async poolStatus(name: string): Promise<PoolStatus | undefined> {
    const path = `/apis/evenkeel.io/v1alpha1/namespaces/default/loadbalancerpools/${name}`;
    return (await this.client.call("GET", path)).status;
  }

  /** Asks the example's client through the API server. */
  async counted(): Promise<Counted> {
    const [pod] = await this.readyPods("hello-client");
    return this.client.call<Counted>("GET", `/api/v1/namespaces/default/pods/${pod}:8081/proxy/`);
  }

  /** Who holds the Lease: another for each life of a replica. */
  async holder(): Promise<string> {
    const path = "/apis/coordination.k8s.io/v1/namespaces/evenkeel/leases/evenkeel";
    const { spec } = await this.client.call("GET", path);
    return String(spec.holderIdentity);
  }

  /** The pod that leads. */
  async leader(): Promise<string> {
    return (await this.holder()).split("_")[0]!;
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
