import type { TestClient } from "../../tools/control-plane/client.ts";
import { strategicMergePatch } from "../../tools/control-plane/client.ts";

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export const podPath = ({ namespace, name }: PodName) => `/api/v1/namespaces/${namespace}/pods/${name}`;

/** API times have whole seconds. */
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** The conditions of a pod whose readiness changed at a time. */
export const readiness = (ready: boolean, time = now()) =>
  ["Ready", "ContainersReady"].map((type) => ({
    type,
    status: ready ? "True" : "False",
    lastTransitionTime: time,
    ...(ready ? { reason: null, message: null } : { reason: "ContainersNotReady", message: "not ready" }),
  }));

export interface RunningPod {
  readonly address: string;
  readonly containers: readonly string[];
  readonly ready: boolean;
}

/** The status that a kubelet writes for a pod that runs, as a strategic merge patch. */
export function runningStatus({ address, containers, ready }: RunningPod) {
  const time = now();
  const done = ["PodScheduled", "PodReadyToStartContainers", "Initialized"];
  return {
    phase: "Running",
    hostIP: "10.0.0.1",
    hostIPs: [{ ip: "10.0.0.1" }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: time,
    conditions: [
      ...done.map((type) => ({ type, status: "True", lastTransitionTime: time })),
      ...readiness(ready, time),
    ],
    containerStatuses: containers.map((name) => ({
      name,
      image: "example.invalid/app:1",
      imageID: "",
      ready,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: time } },
    })),
  };
}

export async function patchStatus(client: TestClient, pod: PodName, status: object): Promise<void> {
  await client.call("PATCH", `${podPath(pod)}/status`, { contentType: strategicMergePatch, body: { status } });
}

/** Turns a pod's readiness as its probe would. */
export const setReady = (client: TestClient, pod: PodName, ready: boolean) =>
  patchStatus(client, pod, { conditions: readiness(ready) });
