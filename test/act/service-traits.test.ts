import { beforeEach, describe, expect, test } from "vitest";
import type { Fence } from "../../src/act/fence.ts";
import { Publisher } from "../../src/act/publisher.ts";
import { slicePorts } from "../../src/act/service-traits.ts";
import { type Slice, toSlice } from "../../src/act/slice.ts";
import { Slices } from "../../src/act/slices.ts";
import type { Service } from "../../src/decide/claims/places.ts";
import type { Member } from "../../src/decide/planned.ts";
import type { Pool } from "../../src/decide/world.ts";
import type { Objects } from "../../src/kube/objects.ts";
import { endpointSlices, type KubeObject } from "../../src/kube/types.ts";
import { toService } from "../../src/observe/cluster/project.ts";
import { pod, pool as poolBuilder } from "../builders/builders.ts";
import { ended, grantOf, openFence } from "./open-fence.ts";
import { startPoolCluster } from "./start-pool-cluster.ts";

// What slices have of the Service that they stand on, through an API server.

let objects: Objects;
let pool: Pool;
let fence: Fence;
let publisher: Publisher;
let written: string[];

beforeEach(async () => {
  ({ objects, pool } = await startPoolCluster());
  written = [];
  fence = openFence({ now: () => 1_000_000 });
  const slices = new Slices(fence);
  publisher = new Publisher({ objects, slices, onWrite: (operation) => void written.push(operation) });
});

const serviceOf = (spec: object, annotations?: object): Service =>
  toService({ metadata: { name: "web", namespace: "default", annotations }, spec } as KubeObject);
const member = (name: string, changes: object = {}): Member => ({
  pod: {
    ...pod(name, { zone: "zone-a", addresses: ["10.0.0.1", "fd00::1"], ...changes }),
    namespace: "default",
  },
  isIn: true,
});
const publish = (members: readonly Member[], service?: Service) => {
  const place = { name: "web", ...(service && { service }) };
  return ended(publisher.publish(pool, place, members, grantOf(fence, pool.uid)));
};

async function found(): Promise<Slice[]> {
  const outcome = await objects.list<Slice>(endpointSlices, "default");
  return (outcome.kind === "ok" ? outcome.object : []).map(toSlice);
}
const families = async () => (await found()).map(({ addressType }) => addressType).sort();
const hints = async () => (await found()).flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.hints));

describe("the families of slices", () => {
  const web = [member("web-1")];

  test("are those of the Service, and follow it", async () => {
    await publish(web, serviceOf({ ipFamilies: ["IPv4"] }));
    expect(await families()).toEqual(["IPv4"]);
    await publish(web, serviceOf({ ipFamilies: ["IPv4", "IPv6"] }));
    expect(await families()).toEqual(["IPv4", "IPv6"]);
    await publish(web, serviceOf({ ipFamilies: ["IPv6"] }));
    expect(await families()).toEqual(["IPv6"]);
    written.length = 0;
    await publish(web, serviceOf({ ipFamilies: ["IPv6"] }));
    expect(written).toEqual([]);
  });

  test("of a Service that nobody has seen yet are the first of the cluster's", async () => {
    await publish(web);
    expect(await families()).toEqual(["IPv4"]);
  });

  test("stay where the Service takes none that a pod has: that is a mistake, which empties nothing", async () => {
    const single = [member("web-1", { addresses: ["10.0.0.1"] })];
    await publish(single, serviceOf({ ipFamilies: ["IPv4"] }));
    await publish(single, serviceOf({ ipFamilies: ["IPv6"] }));
    expect(await families()).toEqual(["IPv4"]);
  });
});

test("slices of a version that wrote no hints are written once, and then no more", async () => {
  const web = [member("web-1"), member("web-2", { addresses: ["10.0.0.2"] })];
  await publish(web, serviceOf({ ipFamilies: ["IPv4"] }));
  expect(await hints()).toEqual([undefined, undefined]);
  written.length = 0;
  const near = serviceOf({ ipFamilies: ["IPv4"], trafficDistribution: "PreferSameZone" });
  for (let pass = 0; pass < 3; pass += 1) await publish(web, near);
  expect(written).toEqual(["update"]);
  expect(await hints()).toEqual(web.map(() => ({ forZones: [{ name: "zone-a" }] })));
});

test("topology-aware routing by annotation comes before trafficDistribution, as with Kubernetes' own", async () => {
  const spec = { ipFamilies: ["IPv4"], trafficDistribution: "PreferClose" };
  await publish([member("web-1")], serviceOf(spec, { "service.kubernetes.io/topology-mode": "Auto" }));
  expect(await hints()).toEqual([undefined]);
});

test("what may only shrink keeps names and hints of those who stay, and no hint of who turns unready", async () => {
  const named = { hostname: "first", subdomain: "web" };
  const web = [member("web-1", named), member("web-2", { addresses: ["10.0.0.2"] })];
  await publish(web, serviceOf({ ipFamilies: ["IPv4"], trafficDistribution: "PreferClose" }));
  written.length = 0;
  const grant = grantOf(fence, pool.uid);
  await ended(publisher.retract(pool, "web", web, grant));
  expect(written).toEqual([]);
  await ended(publisher.retract(pool, "web", [web[0]!, { ...web[1]!, isIn: false }], grant));
  const [slice] = await found();
  expect(slice!.endpoints.map(({ hostname, hints: own, conditions }) => [hostname, own, conditions.ready])).toEqual([
    ["first", { forZones: [{ name: "zone-a" }] }, true],
    [undefined, undefined, false],
  ]);
});

test("the protocol of a port is the pool's, or else the Service's", async () => {
  const ports = [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }];
  const protocols = async () => (await found()).flatMap((slice) => slice.ports.map(({ appProtocol }) => appProtocol));
  await publish([member("web-1")], serviceOf({ ipFamilies: ["IPv4"], ports }));
  expect(await protocols()).toEqual(["http"]);
  pool = { ...pool, spec: { ...pool.spec, ports: [{ name: "http", port: 8080, appProtocol: "grpc" }] } };
  await publish([member("web-1")], serviceOf({ ipFamilies: ["IPv4"], ports }));
  expect(await protocols()).toEqual(["grpc"]);
});

test("a port by name has no number while there are no pods; the first pods take over the empty slice", async () => {
  pool = { ...pool, spec: poolBuilder({ ports: [{ port: 80, targetPort: "http" }] }).spec };
  const at = (port: number) => ({ ports: [{ name: "http", port }] });
  const single = serviceOf({ ipFamilies: ["IPv4"] });
  await publish([], single);
  expect((await found()).map(({ ports, endpoints }) => [ports, endpoints])).toEqual([[[], []]]);
  await publish([], single);
  await publish([{ ...member("web-1"), ...at(8080) }], single);
  await publish(
    [
      { ...member("web-1"), ...at(8080) },
      { ...member("web-2"), ...at(8090) },
    ],
    single,
  );
  expect((await found()).map(({ ports, endpoints }) => [ports[0]!.port, endpoints.length])).toEqual([
    [8080, 1],
    [8090, 1],
  ]);
  await publish([], single);
  expect((await found()).map(({ endpoints }) => endpoints.length)).toEqual([0]);
  expect(written).toEqual(["create", "update", "create", "update", "delete"]);
});

test("the ports of a slice without pods do not follow the order of pods that have others", () => {
  const place = { name: "web" };
  const at = (name: string, port: number): Member => ({ ...member(name), ports: [{ name: "http", port }] });
  const both = [at("web-1", 8080), at("web-2", 9090)];
  const usual = slicePorts(pool, place, both).usual;
  expect(slicePorts(pool, place, both.toReversed()).usual).toEqual(usual);
});
