import type { Rig, RigPod } from "./rig.ts";

/**
 * The operator's Service as the chart makes it, but for the selector: nobody but us writes its endpoints here. The operator
 * lives at the address of a pod, as it does in a cluster, for the API server's proxy dials addresses of pods alone.
 */
export async function createOperatorService(
  rig: Rig,
  { name, uid, address }: RigPod,
  port: number,
  appProtocol?: "https",
): Promise<void> {
  const targetRef = { kind: "Pod", namespace: rig.namespace, name, uid };
  const labels = { "app.kubernetes.io/name": "evenkeel", "app.kubernetes.io/component": "api" };
  const ports = [{ name: "http", port: 80, protocol: "TCP", ...(appProtocol && { appProtocol }) }];
  const metadata = { name: "evenkeel", labels };
  await rig.client.call("POST", rig.path("v1", "services"), { body: { metadata, spec: { ports } } });
  const reached = [{ name: "http", port, protocol: "TCP" }];
  await rig.client.call("POST", rig.path("v1", "endpoints"), {
    body: { metadata: { name: "evenkeel" }, subsets: [{ addresses: [{ ip: address, targetRef }], ports: reached }] },
  });
  await rig.client.call("POST", rig.path("discovery.k8s.io/v1", "endpointslices"), {
    body: {
      metadata: { name: "evenkeel-1", labels: { "kubernetes.io/service-name": "evenkeel" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true }, targetRef }],
      ports: reached,
    },
  });
}
