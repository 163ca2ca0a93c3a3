import { Agent, fetch } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toEntries, toPorts, toSlices } from "../../src/act/endpoints.ts";
import { pack } from "../../src/act/pack.ts";
import { maxPerSlice } from "../../src/act/slice.ts";
import { pod, pool } from "../builders/builders.ts";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { tablesOf } from "../tools/documents/pages.ts";

// What a change of the ready set costs, by docs/plain-services.md.

/** Pods with names, UIDs, nodes and zones as long as those of a cloud's cluster. */
const members = (namespace: string, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const digits = String(index).padStart(5, "0");
    return {
      isIn: index % 3 > 0,
      pod: pod(`checkout-app-7d9c5b6f4-${digits}`, {
        namespace,
        uid: `3f0c5a52-8d5e-4a9b-9b1e-0c2d4e6${digits}`,
        addresses: [`10.128.${index >> 8}.${index & 255}`],
        node: `ip-10-0-131-${index & 255}.eu-central-1.compute.internal`,
        zone: `eu-central-1${"abc"[index % 3]}`,
      }),
    };
  });

/** The slices of so many pods, as kube-proxy gets them: bytes of each. */
async function measure(cluster: Cluster, client: TestClient, namespace: string, count: number): Promise<number[]> {
  const checkout = pool({}, { namespace, name: `checkout-${count}`, uid: "3f0c5a52-8d5e-4a9b-9b1e-0c2d4e6f8a1b" });
  const all = members(namespace, count);
  const packed = pack([], toEntries(all, "IPv4", "NotReady"), toPorts(checkout), maxPerSlice).write;
  const slices = toSlices(checkout, { name: checkout.name }, "IPv4", packed, all, []);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const dispatcher = new Agent({ connect: { ca: cluster.ca, cert: cluster.cert, key: cluster.key } });
  const sizes: number[] = [];
  for (const { metadata, ...slice } of slices) {
    // Nobody is there to own it.
    const { ownerReferences: _, ...rest } = metadata;
    await client.call("POST", path, { body: { ...slice, metadata: rest } });
    const headers = { accept: "application/vnd.kubernetes.protobuf" };
    const answer = await fetch(`${cluster.server}${path}/${metadata.name}`, { headers, dispatcher });
    expect(answer.headers.get("content-type")).toBe("application/vnd.kubernetes.protobuf");
    sizes.push((await answer.arrayBuffer()).byteLength);
  }
  await dispatcher.close();
  return sizes;
}

describeCluster("a change of the ready set", { needs: ["Protobuf"] }, (cluster) => {
  let client: TestClient;
  let namespace: string;

  beforeAll(async () => {
    client = new TestClient(cluster);
    namespace = await client.createNamespace();
  });
  afterAll(() => client?.close());

  test("costs each node what docs/plain-services.md says, and all nodes so many times that", async () => {
    const costs = tablesOf("docs/plain-services.md").find(([row]) => row?.[2]?.endsWith(" kB"));
    expect(costs?.length).toBe(2);
    for (const [pods, slices, size, one, hundred, fiveThousand] of costs!) {
      const numberOf = (text: string | undefined) => Number(text!.replaceAll(",", "").split(" ")[0]);
      const sizes = await measure(cluster, client, namespace, numberOf(pods));
      const bytes = sizes.reduce((sum, each) => sum + each, 0);
      expect(sizes.length).toBe(numberOf(slices));
      expect(bytes / sizes.length / 1_000 / numberOf(size)).toBeCloseTo(1, 1);
      const perSecond = bytes / 10 / 1_000;
      expect(perSecond / numberOf(one)).toBeCloseTo(1, 1);
      expect((100 * perSecond) / 1_000 / numberOf(hundred)).toBeCloseTo(1, 1);
      expect((5_000 * perSecond) / 1_000 / numberOf(fiveThousand)).toBeCloseTo(1, 1);
    }
  });
});
