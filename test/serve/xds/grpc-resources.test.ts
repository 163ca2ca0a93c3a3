import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poolSpec } from "../../../src/api/pool.ts";
import type { PlannedEndpoint, Writer } from "../../../src/decide/planned.ts";
import { createFeed, type FeedEntry, type Known } from "../../../src/serve/feed.ts";
import { codecOf } from "../../../src/serve/grpc/messages.ts";
import { grpcResources } from "../../../src/serve/xds/grpc-resources.ts";
import { readGrpcTarget } from "../../../src/serve/xds/grpc-target.ts";
import { type ResourceType, resourceTypes } from "../../../src/serve/xds/resource-maker.ts";
import { asPool, endpointOf, knownPool } from "../known.ts";

function entryOf(known: Known): FeedEntry {
  const feed = createFeed();
  feed.set(known);
  return feed.get(known.key)!;
}

function makeOf(type: ResourceType, name: string, known?: Known): object | undefined {
  const [maker, ...others] = grpcResources.filter((one) => one.type === type);
  expect(others).toEqual([]);
  const made = maker!.make(name, known && entryOf(known));
  return made && codecOf<object>(type).decode(made);
}

interface Assignment {
  readonly clusterName: string;
  readonly endpoints: readonly {
    readonly locality: { readonly subZone: string };
    readonly loadBalancingWeight: { readonly value: number };
    readonly priority: number;
    readonly lbEndpoints: readonly [
      { readonly endpoint: { readonly address: { readonly socketAddress: { address: string; portValue: number } } } },
    ];
  }[];
}

const assignmentOf = (name: string, known?: Known) => makeOf(resourceTypes.endpoints, name, known) as Assignment;

/** Whether calls have somewhere to go. Whatever is the case, nothing is missing on the way: not every client could bear that. */
function isThere(name: string, known?: Known): boolean {
  expect(makeOf(resourceTypes.listener, name, known)).toBeDefined();
  expect(makeOf(resourceTypes.cluster, name, known)).toBeDefined();
  const { virtualHosts } = makeOf(resourceTypes.route, name, known) as {
    readonly virtualHosts: readonly {
      readonly routes: readonly { readonly match: { readonly prefix: string }; readonly route: object }[];
    }[];
  };
  const routes = virtualHosts.flatMap((host) => host.routes);
  expect(routes).toMatchObject([{ route: { cluster: name } }]);
  return "/grpc.health.v1.Health/Check".startsWith(routes[0]!.match.prefix);
}

const shopOf = (endpoints: readonly PlannedEndpoint[]): Known => knownPool("shop", "checkout", { endpoints });

const addressesOf = (name: string, known: Known) =>
  assignmentOf(name, known).endpoints.map(({ lbEndpoints: [{ endpoint }] }) => {
    const { address, portValue } = endpoint.address.socketAddress;
    return `${address}:${portValue}`;
  });

describe("the name of a target", () => {
  test.each([
    ["checkout.shop", { key: "shop/checkout", access: "read" }],
    ["eu.checkout.shop", { key: "shop/eu.checkout", access: "read" }],
    ["checkout.shop:9090", { key: "shop/checkout", port: 9090, access: "read" }],
    ["checkout.shop;access=read", { key: "shop/checkout", access: "read" }],
    ["checkout.shop;access=write:9090", { key: "shop/checkout", port: 9090, access: "write" }],
  ])("%s", (name, target) => {
    expect(readGrpcTarget(name)).toEqual(target);
    // Clients take it for a path, and then for a host.
    expect(new URL(`xds:///${name}`).pathname).toBe(`/${name}`);
    expect(new URL(`http://${name}`).host).toBe(name);
  });

  test.each([
    "checkout",
    "shop/checkout",
    "checkout.shop:",
    "checkout.shop:http",
    "checkout.shop:80;access=write",
    "checkout.shop;access=admin",
    "checkout.shop?access=write",
    "",
  ])("is not %j", (name) => {
    expect(readGrpcTarget(name)).toBeUndefined();
  });
});

describe("the endpoints of a target", () => {
  test("are a locality for each pod with the pod's weight", () => {
    const known = shopOf([endpointOf("b", 1, { weight: 1_500, zone: "zone-1" }), endpointOf("a", 2, { weight: 500 })]);
    const told = assignmentOf("checkout.shop", known);
    expect(told.clusterName).toBe("checkout.shop");
    expect(
      told.endpoints.map(({ locality, loadBalancingWeight }) => [locality.subZone, loadBalancingWeight.value]),
    ).toEqual([
      ["uid-a", 50],
      ["uid-b", 150],
    ]);
  });

  test.each([
    ["checkout.shop", "10.0.0.1:8080"],
    ["checkout.shop:8080", "10.0.0.1:8080"],
    ["checkout.shop:9090", "10.0.0.1:9090"],
  ])("of %s are at the port that it names", (name, address) => {
    expect(addressesOf(name, shopOf([endpointOf("a", 1)]))).toEqual([address]);
  });

  test.each(["checkout.shop:80", "checkout.shop;access=write"])("are none for %s", (name) => {
    const known = shopOf([endpointOf("a", 1)]);
    expect(isThere(name, known)).toBe(false);
    expect(assignmentOf(name, known).endpoints).toEqual([]);
  });

  test("are none where there is no pool", () => {
    expect(isThere("checkout.shop")).toBe(false);
    expect(assignmentOf("checkout.shop").endpoints).toEqual([]);
  });

  test("are none where nobody may get traffic, and yet the target is there", () => {
    expect(isThere("checkout.shop", shopOf([]))).toBe(true);
    expect(assignmentOf("checkout.shop", shopOf([])).endpoints).toEqual([]);
  });

  test("for writes are the one that takes them", () => {
    const ports = [{ name: "http", port: 8080 }];
    const primary: Writer = { pod: "b", uid: "uid-b", address: "10.0.0.2", ports, reason: "has the labels" };
    const known = knownPool("shop", "checkout", { writers: [primary] });
    const { spec } = known.observation.pool;
    const written = (writers: object): Known => {
      const { access } = poolSpec.parse({
        selector: { matchLabels: { app: "db" } },
        ports,
        strategy: { type: "RoundRobin" },
        access: { writers },
      });
      return asPool(known, { spec: { ...spec, access: access! } });
    };
    expect(addressesOf("checkout.shop;access=write", written({ matchLabels: { role: "primary" } }))).toEqual([
      "10.0.0.2:8080",
    ]);
    // A call goes to one pod; writes to all can't be told like that.
    expect(isThere("checkout.shop;access=write", written({ all: {} }))).toBe(false);
  });

  const pods = fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 12 }),
      host: fc.integer({ min: 1, max: 12 }),
      weight: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 50_000, noNaN: true })),
    }),
    { maxLength: 20 },
  );

  test("hold nothing that a client refuses", () => {
    fc.assert(
      fc.property(pods, (drawn) => {
        const planned = drawn.map(({ id, host, weight }, index) =>
          endpointOf(`pod-${id}`, index + 1, { address: `10.0.0.${host}`, weight }),
        );
        const { endpoints } = assignmentOf("checkout.shop", shopOf(planned));
        const localities = endpoints.map(({ locality }) => locality.subZone);
        const addresses = endpoints.map(({ lbEndpoints: [{ endpoint }] }) => endpoint.address.socketAddress.address);
        expect(new Set(localities).size).toBe(localities.length);
        expect(new Set(addresses).size).toBe(addresses.length);
        for (const { priority, loadBalancingWeight } of endpoints) {
          expect(priority).toBe(0);
          expect(Number.isInteger(loadBalancingWeight.value) && loadBalancingWeight.value >= 1).toBe(true);
        }
      }),
    );
  });

  test("differ in their weights alone where nothing but weights, ranks and zones changed", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 5_000 })),
        (ids, weights) => {
          const told = (order: readonly number[], zone: string) => {
            const planned = order.map((id, index) => {
              const weight = weights.next().value as number;
              return endpointOf(`pod-${id}`, index + 1, { address: `10.0.0.${id}`, zone, weight });
            });
            const { endpoints } = assignmentOf("checkout.shop", shopOf(planned));
            return endpoints.map(({ loadBalancingWeight: _, ...rest }) => rest);
          };
          expect(told([...ids].reverse(), "zone-2")).toEqual(told(ids, "zone-1"));
        },
      ),
    );
  });
});

test("a target is a listener, a route, a cluster and endpoints of its name", () => {
  const name = "checkout.shop;access=read:9090";
  const known = shopOf([endpointOf("a", 1, { weight: 700 })]);
  expect(makeOf(resourceTypes.endpoints, name, known)).toMatchObject({
    clusterName: name,
    endpoints: [
      {
        locality: { region: "", zone: "", subZone: "uid-a" },
        loadBalancingWeight: { value: 70 },
        priority: 0,
        lbEndpoints: [
          {
            healthStatus: "HEALTHY",
            endpoint: { address: { socketAddress: { address: "10.0.0.1", portValue: 9090 } } },
          },
        ],
      },
    ],
  });
  expect(makeOf(resourceTypes.cluster, name, known)).toMatchObject({
    name,
    type: "EDS",
    edsClusterConfig: { serviceName: name, edsConfig: { ads: {}, resourceApiVersion: "V3" } },
    lbPolicy: "ROUND_ROBIN",
  });
  expect(makeOf(resourceTypes.route, name, known)).toMatchObject({
    virtualHosts: [{ domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: name } }] }],
  });
  const listener = makeOf(resourceTypes.listener, name, known) as {
    readonly apiListener: { readonly apiListener: { readonly typeUrl: string; readonly value: Uint8Array } };
  };
  const { typeUrl, value } = listener.apiListener.apiListener;
  const manager = typeUrl.replace("type.googleapis.com/", "");
  expect(codecOf<object>(manager).decode(value)).toMatchObject({
    rds: { routeConfigName: name, configSource: { ads: {}, resourceApiVersion: "V3" } },
    httpFilters: [{ typedConfig: { typeUrl: "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }],
  });
});
