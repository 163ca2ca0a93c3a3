import type { TestClient } from "../../tools/control-plane/client.ts";
import { strategicMergePatch } from "../../tools/control-plane/client.ts";

export interface FakeNode {
  readonly name: string;
  readonly zone: string;
}

export const fakeNodes: readonly FakeNode[] = [
  { name: "node-a", zone: "zone-a" },
  { name: "node-b", zone: "zone-b" },
];

/** Makes nodes that are Ready; those that exist stay. Pods need one, or the pod garbage collector deletes them. */
export async function createNodes(client: TestClient, nodes: readonly FakeNode[]): Promise<void> {
  const time = new Date().toISOString();
  await Promise.all(
    nodes.map(async ({ name, zone }) => {
      const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone };
      const body = { metadata: { name, labels } };
      const { status } = await client.request("POST", "/api/v1/nodes", { body });
      if (status === 409) return;
      if (status !== 201) throw new Error(`node ${name} was not made: ${status}`);
      const condition = { type: "Ready", status: "True", reason: "KubeletReady", message: "" };
      await client.call("PATCH", `/api/v1/nodes/${name}/status`, {
        contentType: strategicMergePatch,
        body: { status: { conditions: [{ ...condition, lastHeartbeatTime: time, lastTransitionTime: time }] } },
      });
    }),
  );
}
