import { arch, cpus, platform, totalmem } from "node:os";
import { nodes } from "../kinds/cluster.ts";
import { type StoredObject, timestamp } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";

const manager = "kubelet";

/** Adds the one node, this machine, ready to run pods. */
export function registerNode(registry: Registry, name: string, address: string): void {
  const time = timestamp(registry.now());
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": platform(),
    "kubernetes.io/arch": arch(),
    "topology.kubernetes.io/region": "local",
    "topology.kubernetes.io/zone": "local-a",
  };
  const capacity = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: "10000" };
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    message: "the embedded pod runner is ready",
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  const node: StoredObject = { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec: {} };
  registry.create(nodes, undefined, node, { manager });
  const status = {
    capacity,
    allocatable: capacity,
    conditions: [ready],
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    nodeInfo: {
      kubeletVersion: "v1.36.3+evenkeel-embedded",
      containerRuntimeVersion: "loopback://1",
      operatingSystem: platform(),
      architecture: arch(),
    },
  };
  registry.update(nodes, undefined, name, (current) => ({ ...current, status }), { manager, subresource: "status" });
}
