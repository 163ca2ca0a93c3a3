import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFeed, type Feed } from "../../../src/serve/feed.ts";
import { type CallResult, type GrpcClient, sharesOf } from "../../rigs/grpc/grpc-client.ts";
import { grpcBlock, grpcClients, plainGrpcJs } from "../../rigs/grpc/grpc-clients.ts";
import { GrpcPod } from "../../rigs/grpc/grpc-pod.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { root } from "../../tools/documents/pages.ts";
import { asPool, endpointOf, knownPool } from "../known.ts";
import { type ServingXds, serveXds } from "./serving-xds.ts";

/** By name of the pod. */
type Weights = Readonly<Record<string, number>>;

let pods: readonly GrpcPod[];
let feed: Feed;
let client: GrpcClient;

beforeEach(async () => {
  // Loopback addresses that differ in the last byte alone, each with a port of its own: an address stands for one pod.
  pods = await Promise.all(["a", "b", "c"].map((name, index) => GrpcPod.start({ name, host: `127.0.0.${index + 2}` })));
  feed = createFeed();
});
afterEach(async () => {
  client?.stop();
  await Promise.all(pods.map((pod) => pod.stop()));
});

const podCalled = (name: string): GrpcPod => pods.find((pod) => pod.name === name)!;

const endpointAt = ({ name, host, port }: GrpcPod, weight: number) =>
  endpointOf(name, 1, {
    address: host,
    weight,
    ports: [
      { name: "http", port },
      { name: "admin", port },
    ],
  });

const poolOf = (weights: Weights) =>
  knownPool("shop", "checkout", {
    endpoints: Object.entries(weights).map(([name, weight]) => endpointAt(podCalled(name), weight)),
  });

/** Puts weights in force, and waits until the only client has said that it took them. */
async function publish(serving: ServingXds, weights: Weights): Promise<void> {
  serving.feed.set(poolOf(weights));
  const { version } = serving.feed.get("shop/checkout")!;
  const tookAll = () => {
    const followers = serving.followers.list("shop/checkout", 10);
    return followers.length > 0 && followers.every((follower) => follower.version === version);
  };
  await waitFor(tookAll, "the client to take the weights", { intervalMs: 10 });
  // It says so before they are in force.
  await client.send({ forMs: 200 });
}

const expectShares = (result: CallResult, wanted: Readonly<Record<string, number>>): void => {
  expect(result.errors).toEqual({});
  expect(Object.keys(result.answers).sort()).toEqual(Object.keys(wanted).sort());
  for (const [pod, share] of Object.entries(sharesOf(result)))
    expect(Math.abs(share - wanted[pod]!)).toBeLessThan(0.05);
};

const accepted = () => Object.fromEntries(pods.map((pod) => [pod.name, pod.accepted]));

for (const kind of grpcClients)
  describe.skipIf(!kind.isHere)(`a pool through ${kind.name}${kind.isHere ? "" : ` (needs ${kind.name})`}`, () => {
    async function follow(weights: Weights, target = "xds:///checkout.shop"): Promise<ServingXds> {
      feed.set(poolOf(weights));
      const serving = await serveXds({}, feed);
      client = kind.start(target, serving.port);
      // Whoever is connected to first gets all calls until the others are.
      await client.send({ forMs: 200 });
      return serving;
    }

    test("has its calls by weight, and follows a change over the connections that there are", async () => {
      const serving = await follow({ a: 500, b: 1_500 });
      expectShares(await client.send({ calls: 2_000 }), { a: 0.25, b: 0.75 });
      await publish(serving, { b: 500, a: 1_500 });
      expectShares(await client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
      expect(accepted()).toEqual({ a: 1, b: 1, c: 0 });
      expect(serving.oddities).toEqual([]);
    });

    test("sends nothing new to a pod that leaves, and calls it again when it is back", async () => {
      const serving = await follow({ a: 1_000, b: 1_000, c: 1_000 });
      expectShares(await client.send({ calls: 2_000 }), { a: 1 / 3, b: 1 / 3, c: 1 / 3 });
      await publish(serving, { a: 1_000, b: 1_000 });
      expectShares(await client.send({ calls: 1_000 }), { a: 0.5, b: 0.5 });
      if (kind.closesUnused) await waitFor(() => podCalled("c").open === 0, "the unused connection to close");
      else expect(podCalled("c").open).toBe(1);
      await publish(serving, { a: 1_000, b: 1_000, c: 2_000 });
      expectShares(await client.send({ calls: 2_000 }), { a: 0.25, b: 0.25, c: 0.5 });
      expect(podCalled("a").accepted).toBe(1);
    });

    test("loses no call while nobody serves it, nor while somebody does who does not know it yet", async () => {
      const serving = await follow({ a: 500, b: 1_500 });
      const meanwhile = client.send({ forMs: 6_000, pauseMs: 2 });
      await serving.stop();
      await sleep(1_500);
      let isComplete = false;
      const later = createFeed({ isComplete: () => isComplete });
      const restarted = await serveXds({ port: serving.port }, later);
      await waitFor(() => restarted.followers.list("shop/checkout", 10).length > 0, "the client to come back");
      await sleep(500);
      isComplete = true;
      later.set(poolOf({ a: 1_500, b: 500 }));
      const { errors } = await meanwhile;
      expect(errors).toEqual({});
      await publish(restarted, { a: 1_500, b: 500 });
      expectShares(await client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
      expect(accepted()).toEqual({ a: 1, b: 1, c: 0 });
    });

    test("fails calls while it is not there, and has them again as soon as it is", async () => {
      const serving = await serveXds({}, feed);
      client = kind.start("xds:///checkout.shop", serving.port);
      const isThere = async (pod: string) => (await client.send({ calls: 1 })).answers[pod] === 1;
      const isGone = async () => {
        const [error] = Object.keys((await client.send({ calls: 1 })).errors);
        if (error !== undefined) expect(error).toMatch(/Unavailable|Error: 14 UNAVAILABLE/);
        return error !== undefined;
      };
      await waitFor(isGone, "calls to fail");
      feed.set(poolOf({ a: 1_000 }));
      await waitFor(() => isThere("a"), "calls to reach the pool");
      feed.remove("shop/checkout");
      await waitFor(isGone, "calls to fail again");
      feed.set(poolOf({ b: 1_000 }));
      await waitFor(() => isThere("b"), "calls to reach the other pod");
      expect(serving.oddities).toEqual([]);
    });

    test("leads to the one who takes writes, at the port that the target names", async () => {
      const { name, host, port } = podCalled("c");
      const ports = [
        { name: "admin", port: 1 },
        { name: "postgres", port },
      ];
      const { plan, ...known } = poolOf({ a: 1_000 });
      const spec = { ...known.observation.pool.spec, ports };
      const writer = { pod: name, uid: `uid-${name}`, address: host, ports, reason: "has the labels" };
      feed.set(asPool({ ...known, plan: { ...plan, writers: [writer] } }, { spec }));
      const serving = await serveXds({}, feed);
      client = kind.start(`xds:///checkout.shop;access=write:${port}`, serving.port);
      expect(await client.send({ calls: 20 })).toEqual({ answers: { c: 20 }, errors: {} });
    });
  });

test("grpc-js without the line of the page loses no call, and connects anew with each change", async () => {
  feed.set(poolOf({ a: 500, b: 1_500 }));
  const serving = await serveXds({}, feed);
  client = plainGrpcJs.start("xds:///checkout.shop", serving.port);
  await client.send({ forMs: 200 });
  await publish(serving, { b: 500, a: 1_500 });
  expectShares(await client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
  // Where this is 1, grpc-js has mended it: the page can do without its line.
  expect(accepted()).toEqual({ a: 2, b: 2, c: 0 });
});

test("the lines of the page are those of the clients", () => {
  const linesOf = (text: string) => text.split("\n").map((line) => line.trim());
  const go = linesOf(readFileSync(join(root, "test/tools/grpc-go/main.go"), "utf8"));
  const shown = linesOf(grpcBlock("go").replace('"xds:///checkout.shop"', "target"));
  expect(shown.filter((line) => !go.includes(line))).toEqual([]);
  const java = linesOf(readFileSync(join(root, "test/tools/grpc-java/src/main/java/Client.java"), "utf8"));
  const shownJava = linesOf(grpcBlock("java").replace('"xds:///checkout.shop"', "target"));
  expect(shownJava.filter((line) => !java.includes(line))).toEqual([]);
});
