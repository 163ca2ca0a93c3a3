import { expect, onTestFinished, test, vi } from "vitest";
import { plainConnection } from "../../../../../src/kube/connection.ts";
import { createObjects } from "../../../../../src/kube/objects.ts";
import { Transport } from "../../../../../src/kube/transport.ts";
import { endpointSlices } from "../../../../../src/kube/types.ts";
import { KubeProxy } from "../../../../../src/lab/cli/demo/service/kube-proxy.ts";
import { startEmbedded } from "../../../../../src/lab/embedded/start-embedded.ts";
import { Random } from "../../../../../src/lab/sim/random.ts";

type Conditions = { ready?: boolean; serving?: boolean; terminating?: boolean };

const slice = (service: string, name: string, endpoints: readonly [address: string, Conditions?][]) => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": service } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: endpoints.map(([address, conditions = {}]) => ({
    addresses: [address],
    conditions,
    targetRef: { kind: "Pod", namespace: "default", name: `web-${address.split(".").at(-1)}` },
  })),
});

async function start() {
  const server = await startEmbedded({ crds: [] });
  onTestFinished(server.close);
  const transport = new Transport({ connection: plainConnection(server.url) });
  onTestFinished(() => transport.close());
  const proxy = new KubeProxy(transport, "default");
  const stop = new AbortController();
  const running = proxy.run(stop.signal);
  onTestFinished(() => {
    stop.abort();
    return running;
  });
  const objects = createObjects(transport);
  const addressesOf = (service: string) => proxy.endpoints(service).map(({ address }) => address);
  return {
    proxy,
    publish: async (...given: Parameters<typeof slice>) => {
      expect(await objects.apply(endpointSlices, slice(...given))).toMatchObject({ kind: "ok" });
    },
    sees: (service: string, addresses: readonly string[]) =>
      vi.waitFor(() => expect(addressesOf(service)).toEqual(addresses), { timeout: 20_000 }),
  };
}

test("clients of a Service get its endpoints that are ready, of all slices, and no other", async () => {
  const { proxy, publish, sees } = await start();
  await publish("web", "web-1", [["10.0.0.10"], ["10.0.0.2", { ready: true }], ["10.0.0.3", { ready: false }]]);
  await publish("web", "web-2", [["10.0.0.4", { ready: true, serving: true }]]);
  await publish("other", "other-1", [["10.0.0.5"]]);
  await sees("web", ["10.0.0.2", "10.0.0.4", "10.0.0.10"]);
  expect(proxy.endpoints("web")[0]).toEqual({ pod: "web-2", address: "10.0.0.2", port: 8080 });
  expect(proxy.endpoints("nobody")).toEqual([]);

  await publish("web", "web-1", [["10.0.0.10", { ready: false }], ["10.0.0.2", { ready: true }], ["10.0.0.3"]]);
  await sees("web", ["10.0.0.2", "10.0.0.3", "10.0.0.4"]);
});

test("where nobody is ready, they get who still serves on its way out", async () => {
  const { publish, sees } = await start();
  await publish("web", "web-1", [
    ["10.0.0.1", { ready: false, serving: true, terminating: true }],
    ["10.0.0.2", { ready: false, serving: false, terminating: true }],
    ["10.0.0.3", { ready: false, serving: true, terminating: false }],
  ]);
  await sees("web", ["10.0.0.1"]);
});

test("a connection draws anew at each try, evenly, and gives up after so many", async () => {
  const { proxy, publish, sees } = await start();
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
  await publish(
    "web",
    "web-1",
    addresses.map((address) => [address]),
  );
  await sees("web", addresses);
  const random = new Random(1, 0);
  const drawn = Array.from({ length: 1_000 }, () => [...proxy.connect("web", random, 3)]);
  expect(drawn.every((tries) => tries.length === 3)).toBe(true);
  for (const address of addresses) {
    const share = drawn.flat().filter((choice) => choice.address === address).length / 3_000;
    // Five standard deviations.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.04);
  }
  expect([...proxy.connect("nobody", random, 3)]).toEqual([]);
});
