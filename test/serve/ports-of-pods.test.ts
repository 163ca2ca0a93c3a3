import { beforeEach, describe, expect, test } from "vitest";
import { poolSpec } from "../../src/api/pool.ts";
import { choose } from "../../src/serve/extproc/choose.ts";
import { createFeed, type Feed, type FeedEntry } from "../../src/serve/feed.ts";
import { codecOf, typeUrlOf } from "../../src/serve/grpc/messages.ts";
import { toDial } from "../../src/serve/pools/describe-pool.ts";
import { isNews } from "../../src/serve/watch/news.ts";
import { envoyEndpoints } from "../../src/serve/xds/envoy-resources.ts";
import { grpcResources } from "../../src/serve/xds/grpc-resources.ts";
import { resourceTypes } from "../../src/serve/xds/resource-maker.ts";
import { pod } from "../builders/builders.ts";
import { asPool, endpointOf, knownPool } from "./known.ts";
import { shown } from "./xds/discovery-client.ts";

// In a rollout pods of one pool have its ports at different numbers: whoever is told of a pod is told of its own.

const { ports: poolPorts } = poolSpec.parse({
  selector: { matchLabels: { app: "shop" } },
  ports: [
    { name: "web", port: 80, targetPort: "http" },
    { name: "admin", port: 81, targetPort: "ops" },
  ],
  strategy: { type: "RoundRobin" },
});
const at = (web: number, admin: number) => [
  { name: "web", port: web },
  { name: "admin", port: admin },
];
const before = endpointOf("a", 1, { ports: at(8080, 9090) });
const after = endpointOf("b", 2, { ports: at(8090, 9190) });

let feed: Feed;
let entry: FeedEntry;

const entryWith = (endpoints: readonly (typeof before)[]): FeedEntry => {
  const leaving = pod("c", { addresses: ["10.0.0.3"] });
  const known = asPool(
    knownPool("shop", "checkout", {
      endpoints,
      draining: [{ pod: "c" }],
      members: [{ pod: leaving, isIn: false, ports: at(7070, 7071) }],
    }),
    { spec: { ...knownPool("shop", "checkout").observation.pool.spec, ports: poolPorts } },
  );
  feed.set({ ...known, observation: { ...known.observation, pods: [{ pod: leaving }] } });
  return feed.get("shop/checkout")!;
};

beforeEach(() => {
  feed = createFeed();
  entry = entryWith([before, after]);
});

const linesOf = (name: string): string =>
  shown({ typeUrl: typeUrlOf(envoyEndpoints.type), value: envoyEndpoints.make(name, entry)! }).lines.join("; ");

interface Assignment {
  readonly endpoints: readonly {
    readonly lbEndpoints: readonly [
      { readonly endpoint: { readonly address: { readonly socketAddress: { address: string; portValue: number } } } },
    ];
  }[];
}

function grpcAddresses(name: string): string[] {
  const maker = grpcResources.find(({ type }) => type === resourceTypes.endpoints)!;
  const { endpoints } = codecOf<Assignment>(maker.type).decode(maker.make(name, entry)!);
  return endpoints
    .map(({ lbEndpoints: [{ endpoint }] }) => endpoint.address.socketAddress)
    .map(({ address, portValue }) => `${address}:${portValue}`)
    .sort();
}

describe("the port of a pod", () => {
  test.each([
    ["shop/checkout", ["10.0.0.1:8080", "10.0.0.2:8090", "10.0.0.3:7070"]],
    ["shop/checkout:web", ["10.0.0.1:8080", "10.0.0.2:8090", "10.0.0.3:7070"]],
    ["shop/checkout:81", ["10.0.0.1:9090", "10.0.0.2:9190", "10.0.0.3:7071"]],
  ])("is its own for Envoy: %s", (name, addresses) => {
    for (const address of addresses) expect(linesOf(name)).toContain(address);
    // A port goes by the pool's number, not by that of one of its pods.
    expect(linesOf("shop/checkout:8080")).not.toContain("10.0.0");
  });

  test.each([
    ["checkout.shop", ["10.0.0.1:8080", "10.0.0.2:8090"]],
    ["checkout.shop:81", ["10.0.0.1:9090", "10.0.0.2:9190"]],
  ])("is its own for gRPC's clients: %s", (name, addresses) => {
    expect(grpcAddresses(name)).toEqual(addresses);
  });

  test("is its own for who asks the Endpoint Picker", () => {
    const chosen = (port?: string) => {
      const pools = [{ key: "shop/checkout", access: "read" as const, ...(port !== undefined && { port }) }];
      const result = choose(feed, { pools, mayShed: false });
      return result.kind === "sent" ? [...result.addresses].sort() : result.why;
    };
    expect(chosen()).toEqual(["10.0.0.1:8080", "10.0.0.2:8090"]);
    expect(chosen("admin")).toEqual(["10.0.0.1:9090", "10.0.0.2:9190"]);
    expect(chosen("80")).toEqual(["10.0.0.1:8080", "10.0.0.2:8090"]);
    expect(chosen("8080")).toBe("No endpoint of pool shop/checkout has the port 8080.");
  });

  test("is its own for who asks for the next one", () => {
    expect([before, after].map((endpoint) => toDial(endpoint).port)).toEqual([8080, 8090]);
  });

  test("is news when it changes", () => {
    const moved = entryWith([before, { ...after, ports: at(8091, 9190) }]);
    expect(isNews(entry, moved)).toBe(true);
    expect(isNews(moved, entryWith([before, { ...after, ports: at(8091, 9190) }]))).toBe(false);
  });
});
