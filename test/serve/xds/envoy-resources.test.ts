import { expect, test } from "vitest";
import type { Plan } from "../../../src/decide/planned.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { createFeed, type FeedEntry } from "../../../src/serve/feed.ts";
import { typeUrlOf } from "../../../src/serve/grpc/messages.ts";
import { readListReference } from "../../../src/serve/list-reference.ts";
import { envoyEndpoints } from "../../../src/serve/xds/envoy-resources.ts";
import { pod } from "../../builders/builders.ts";
import { endpointOf, knownPool } from "../known.ts";
import { shown } from "./discovery-client.ts";

const podOf = (name: string, address: string, zone?: string): Pod =>
  pod(name, { addresses: [address], ...(zone !== undefined && { zone }) });

function entryOf(changes: Partial<Plan>, pods: readonly Pod[] = []): FeedEntry {
  const feed = createFeed();
  const known = knownPool("shop", "checkout", changes);
  feed.set({ ...known, observation: { ...known.observation, pods: pods.map((one) => ({ pod: one })) } });
  return feed.get("shop/checkout")!;
}

const linesOf = (entry: FeedEntry | undefined, name = "shop/checkout") =>
  shown({ typeUrl: typeUrlOf(envoyEndpoints.type), value: envoyEndpoints.make(name, entry)! }).lines;

const taking = (...weights: readonly number[]) =>
  weights.map((weight, index) => endpointOf(`pod-${index}`, index + 1, { weight }));

test.each([
  [1_000, 20],
  [1_024, 20],
  [1_026, 21],
  [333, 7],
  [49, 1],
  [1, 1],
  [0, 1],
  [100_000, 2_000],
])("a weight of %i is %i twentieths of an even share, and never none", (weight, twentieths) => {
  expect(linesOf(entryOf({ endpoints: taking(weight) }))).toEqual([`- 10.0.0.1:8080 ${twentieths}`]);
});

test("pods that are drained are always fewer than those that take traffic", () => {
  const out = ["a", "b", "c", "d"].map((name, index) => podOf(name, `10.0.1.${index}`, "zone-1"));
  const draining = out.map(({ name }) => ({ pod: name }));
  const drainedOf = (count: number) =>
    linesOf(entryOf({ endpoints: taking(...Array.from({ length: count }, () => 1_000)), draining }, out)).filter(
      (line) => line.includes("DRAINING"),
    );
  expect(drainedOf(9)).toEqual([0, 1, 2, 3].map((index) => `zone-1 10.0.1.${index}:8080 (DRAINING)`));
  expect(drainedOf(3)).toHaveLength(2);
  expect(drainedOf(1)).toEqual([]);
  expect(drainedOf(0)).toEqual([]);
});

test("an address stands once, for the pod that takes traffic", () => {
  const old = podOf("old", "10.0.0.1");
  const entry = entryOf({ endpoints: taking(1_000, 1_000, 1_000), draining: [{ pod: "old" }] }, [old]);
  expect(linesOf(entry)).toEqual([1, 2, 3].map((last) => `- 10.0.0.${last}:8080 20`));
});

test("the order of the pool, and what nobody is told, change no byte", () => {
  const endpoints = taking(500, 1_500);
  const bytesOf = (changes: Partial<Plan>) => envoyEndpoints.make("shop/checkout", entryOf(changes));
  const reversed = [...endpoints].reverse().map((endpoint, index) => ({
    ...endpoint,
    rank: index + 1,
    load: 99,
    full: true as const,
    reason: "another",
  }));
  expect(bytesOf({ endpoints: reversed })).toEqual(bytesOf({ endpoints }));
});

test("zones are localities, each with the sum of its weights; addresses of IPv6 stand as they are", () => {
  const endpoints = [
    endpointOf("a", 1, { address: "fd00::1", zone: "b", weight: 500 }),
    endpointOf("b", 2, { address: "fd00::2", zone: "a", weight: 1_500 }),
    endpointOf("c", 3, { address: "fd00::3", zone: "a", weight: 1_000 }),
  ];
  expect(linesOf(entryOf({ endpoints }))).toEqual(["a fd00::2:8080 30", "a fd00::3:8080 20", "b fd00::1:8080 10"]);
});

test("a zone is one of its region, on the write list and where pods are drained as well", () => {
  const pods = ["a", "b", "c", "d"].map((name, index) =>
    pod(name, { addresses: [`10.0.1.${index}`], region: "north", ...(name !== "b" && { zone: "n1" }) }),
  );
  const [a, b, c, d] = pods as [Pod, Pod, Pod, Pod];
  const endpoints = [a, b, c].map(({ name, uid, addresses: [address], zone }, index) =>
    endpointOf(name, index + 1, { uid, address: address!, ...(zone !== undefined && { zone }) }),
  );
  const writers = [
    { pod: b.name, uid: b.uid, address: b.addresses[0]!, ports: [{ name: "http", port: 8080 }], reason: "primary" },
  ];
  const entry = entryOf({ endpoints, writers, draining: [{ pod: d.name }] }, pods);
  expect(linesOf(entry)).toEqual([
    "north/- 10.0.1.1:8080 20",
    "north/n1 10.0.1.0:8080 20",
    "north/n1 10.0.1.2:8080 20",
    "north/n1 10.0.1.3:8080 (DRAINING)",
  ]);
  expect(linesOf(entry, "shop/checkout?access=write")).toEqual(["north/- 10.0.1.1:8080 20"]);
});

test("a pool that is not there has no endpoints, nor has one a port that it does not have, nor one without writers", () => {
  expect(linesOf(undefined)).toEqual([]);
  const entry = entryOf({ endpoints: taking(1_000) });
  expect(linesOf(entry, "shop/checkout:nosuch")).toEqual([]);
  expect(linesOf(entry, "shop/checkout?access=write")).toEqual([]);
});

test.each([
  ["shop/checkout", { key: "shop/checkout", access: "read" }],
  ["shop/check.out", { key: "shop/check.out", access: "read" }],
  ["shop/checkout:http", { key: "shop/checkout", port: "http", access: "read" }],
  ["shop/checkout:8080?access=write", { key: "shop/checkout", port: "8080", access: "write" }],
  ["shop/checkout?access=read", { key: "shop/checkout", access: "read" }],
  [`shop/${"x".repeat(253)}`, { key: `shop/${"x".repeat(253)}`, access: "read" }],
  ["checkout", undefined],
  ["shop/", undefined],
  ["/checkout", undefined],
  ["shop/check/out", undefined],
  ["shop/checkout?access=admin", undefined],
  ["shop/checkout?access=read&access=write", undefined],
  ["shop/checkout\n", undefined],
  [`shop/${"x".repeat(400)}`, undefined],
])("%j asks for %j", (name, asked) => {
  expect(readListReference(name)).toEqual(asked);
});
