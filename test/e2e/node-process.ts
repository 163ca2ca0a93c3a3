import { runProgram } from "../../tools/image/run-program.ts";
import type { Stage } from "./stage.ts";

/** The process of a pod's container, as the node sees it. */
export interface NodeProcess {
  /** Of this life of the container. */
  readonly containerId: string;
  /** Sends a signal by its name without SIG; the process is not asked. */
  signal(name: "KILL" | "STOP" | "CONT"): Promise<void>;
}

/** Whose it is now: another after a restart. */
export async function containerIdOf(stage: Stage, pod: string, namespace: string): Promise<string> {
  const { status } = await stage.client.call("GET", `/api/v1/namespaces/${namespace}/pods/${pod}`);
  return String(status.containerStatuses[0].containerID).replace("containerd://", "");
}

/** Of a pod with one container. */
export async function findProcess(stage: Stage, pod: string, namespace: string): Promise<NodeProcess> {
  const { spec } = await stage.client.call("GET", `/api/v1/namespaces/${namespace}/pods/${pod}`);
  const containerId = await containerIdOf(stage, pod, namespace);
  // kind calls a node's container as the node.
  const onNode = (...words: readonly string[]) => runProgram("docker", ["exec", spec.nodeName, ...words]);
  const template = ["--output", "go-template", "--template", "{{.info.pid}}"];
  const pid = (await onNode("crictl", "inspect", ...template, containerId)).trim();
  return {
    containerId,
    signal: async (name) => void (await onNode("sh", "-c", `kill -${name} ${pid}`)),
  };
}
