import { Agent, request } from "undici";
import type { Cluster } from "../../rigs/cluster.ts";
import type { CreatedPod } from "../../rigs/pods/create-pods.ts";
import { podPath, runningStatus } from "../../rigs/pods/pod-status.ts";
import { strategicMergePatch } from "../../tools/control-plane/client.ts";

/** When a status write was sent and when its answer was here, in milliseconds of `performance.now()`. */
export interface Written {
  readonly sentAt: number;
  readonly answeredAt: number;
}

const conditionsOf = ({ address }: CreatedPod, ready: boolean) =>
  runningStatus({ address, containers: [], ready }).conditions.filter(({ type }) =>
    ["Ready", "ContainersReady"].includes(type),
  );

/** Turns the readiness of pods, as their kubelets would, and tells when. */
export class ReadinessWriter implements AsyncDisposable {
  readonly #server: string;
  readonly #agent: Agent;

  /** At most `connections` writes are under way at once. */
  constructor({ server, ca, cert, key }: Cluster, connections: number) {
    this.#server = server;
    this.#agent = new Agent({ connect: { ca, cert, key }, connections, pipelining: 1, allowH2: false });
  }

  async write(pod: CreatedPod, ready: boolean): Promise<Written> {
    const body = JSON.stringify({ status: { conditions: conditionsOf(pod, ready) } });
    const sentAt = performance.now();
    const response = await request(`${this.#server}${podPath(pod)}/status`, {
      dispatcher: this.#agent,
      method: "PATCH",
      headers: { accept: "application/json", "content-type": strategicMergePatch },
      body,
    });
    const answeredAt = performance.now();
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`status of ${pod.name}: ${response.statusCode} ${text}`);
    return { sentAt, answeredAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
