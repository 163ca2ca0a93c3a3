import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { endpointOf, knownPool } from "../known.ts";
import { connectTo, DiscoveryStreamClient, shown } from "./discovery-client.ts";
import { type ServingXds, serveXds } from "./serving-xds.ts";

const pool = (weight: number) => knownPool("shop", "checkout", { endpoints: [endpointOf("pod-0", 1, { weight })] });

/** Somebody who behaves, beside whoever does not. */
async function follow({ feed, open }: ServingXds) {
  feed.set(pool(1_000));
  const stream = open("ads");
  const names = { resourceNames: ["shop/checkout"], node: { id: "good" } };
  stream.call.on("data", ({ nonce }) => stream.send({ ...names, responseNonce: nonce }));
  stream.send(names);
  await stream.response(0);
  let changes = 0;
  return {
    /** The pool changes, and it hears of that. */
    async hears(): Promise<void> {
      changes += 1;
      feed.set(pool(1_000 + 50 * changes));
      const { resources } = await stream.response(changes);
      expect(resources.map(shown)).toEqual([{ name: "shop/checkout", lines: [`- 10.0.0.1:8080 ${20 + changes}`] }]);
    },
  };
}

test("NACK: it is told once who refuses and why, and the client gets the next version", async () => {
  const server = await serveXds();
  const { open, oddities, followers } = server;
  const good = await follow(server);
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout"] });
  const refuse = (responseNonce: string) =>
    stream.send({ resourceNames: ["shop/checkout"], responseNonce, errorDetail: { code: 3, message: "weights!" } });
  refuse((await stream.response(0)).nonce);
  await expect
    .poll(() => oddities)
    .toMatchObject([{ kind: "Refused", node: "envoy-1", names: ["shop/checkout"], why: "weights!" }]);
  expect(followers.list("shop/checkout", 9)[0]).toMatchObject({ client: "envoy-1", rejected: "weights!" });
  // What was refused is not sent again; the next version is, and refused without another line.
  await good.hears();
  refuse((await stream.response(1)).nonce);
  await good.hears();
  const { nonce } = await stream.response(2);
  stream.send({ resourceNames: ["shop/checkout"], responseNonce: nonce });
  await expect.poll(() => followers.list("shop/checkout", 9)[1]).not.toHaveProperty("rejected");
  expect(oddities).toHaveLength(1);
});

test("a subscriber that never reads costs one response, is told of, and gets the latest when it reads", async () => {
  const server = await serveXds({ streams: { silentMs: 2_000 } });
  const { feed, port, oddities } = server;
  const good = await follow(server);
  const client = connectTo(port);
  const stream = new DiscoveryStreamClient(client, "ads");
  stream.send({ resourceNames: ["shop/checkout"], node: { id: "deaf" } });
  for (let change = 0; change < 20; change += 1) await good.hears();
  await expect.poll(() => oddities).toMatchObject([{ kind: "Silent", node: "deaf" }]);
  stream.read();
  const first = await stream.response(0);
  stream.send({ resourceNames: ["shop/checkout"], node: { id: "deaf" }, responseNonce: first.nonce });
  const second = await stream.response(1);
  expect(second.resources.map(shown)).toEqual([{ name: "shop/checkout", lines: ["- 10.0.0.1:8080 40"] }]);
  expect(stream.responses).toHaveLength(2);
  expect(feed.get("shop/checkout")!.plan.endpoints[0]!.weight).toBe(2_000);
  client.close();
});

test("10,000 names: all are answered, and nobody waits for it; one more ends the stream", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { open, oddities } = server;
  const stream = open("ads");
  const resourceNames = Array.from({ length: 10_000 }, (_, index) => `shop/pool-${index}`);
  stream.send({ resourceNames, node: { id: "greedy" } });
  await good.hears();
  await stream.take(10_000, { resourceNames });
  await good.hears();
  expect(oddities).toEqual([expect.objectContaining({ kind: "ManyNames", node: "greedy" })]);
  const more = open("adsDelta");
  more.send({ resourceNamesSubscribe: [...resourceNames, "shop/one-more"], node: { id: "greedy" } });
  expect(await more.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(oddities[1]).toMatchObject({ kind: "TooManyNames", node: "greedy", most: 10_000 });
  await good.hears();
});

test("what one client wants is bounded over all its streams, and given back with each", async () => {
  const server = await serveXds({ streams: { namesPerClient: 100 } });
  const good = await follow(server);
  const { open, oddities } = server;
  const names = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}/pool-${index}`);
  const first = open("adsDelta");
  first.send({ resourceNamesSubscribe: names("a", 60) });
  await first.response(0);
  const second = open("adsDelta");
  second.send({ resourceNamesSubscribe: names("b", 60) });
  expect(await second.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(oddities).toMatchObject([{ kind: "TooManyNames", most: 100 }]);
  first.send({ resourceNamesUnsubscribe: names("a", 60) });
  await good.hears();
  const attempt = (): Promise<string> => {
    const third = open("adsDelta");
    third.send({ resourceNamesSubscribe: names("b", 60) });
    return Promise.race([third.response(0).then(() => "answered"), third.ended.then(() => "ended")]);
  };
  await expect.poll(attempt).toBe("answered");
});

test("a stream that is begun again and again leaves nothing behind, and is told of once", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { port, oddities, followers } = server;
  const client = connectTo(port);
  for (let stream = 0; stream < 30; stream += 1) {
    const { call, ...one } = new DiscoveryStreamClient(client, "adsDelta").read();
    call.write({
      node: { id: "restless" },
      typeUrl: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
      resourceNamesSubscribe: ["shop/checkout"],
    });
    while (one.responses.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    call.cancel();
  }
  await good.hears();
  await expect.poll(() => followers.list("shop/checkout", 99)).toMatchObject([{ client: "good" }]);
  expect(oddities).toEqual([expect.objectContaining({ kind: "ComesAndGoes", node: "restless" })]);
  client.close();
});

test("an unknown type is told of and not answered; the stream goes on with the others", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { open, oddities } = server;
  const stream = open("ads");
  const typeUrl = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  for (let times = 0; times < 3; times += 1) stream.send({ typeUrl, resourceNames: ["cert"], node: { id: "curious" } });
  stream.send({ resourceNames: ["shop/checkout"] });
  expect((await stream.response(0)).resources.map(shown)).toMatchObject([{ name: "shop/checkout" }]);
  await good.hears();
  expect(oddities).toEqual([expect.objectContaining({ kind: "TypeUnknown", node: "curious", type: typeUrl })]);
  const narrow = open("eds");
  narrow.send({ typeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster", node: { id: "lost" } });
  await expect.poll(() => oddities[1]).toMatchObject({ kind: "TypeUnknown", node: "lost" });
});

test("names of no pool's form are told of, and in delta that there is no such resource", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { open, oddities } = server;
  const stream = open("adsDelta");
  const strange = [
    "checkout",
    "shop/checkout?access=all",
    "Shop/checkout",
    "shop/checkout:",
    "../..",
    "x".repeat(5_000),
  ];
  stream.send({ resourceNamesSubscribe: strange, node: { id: "typo" } });
  expect((await stream.response(0)).removedResources).toEqual(strange);
  await good.hears();
  expect(oddities).toMatchObject([{ kind: "NameUnknown", node: "typo" }]);
});

test("a message past the bound ends its stream alone", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { open } = server;
  const stream = open("ads");
  stream.send({ resourceNames: ["x".repeat(2_000_000)] });
  expect(await stream.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  await good.hears();
});

test("an answer to what was not sent last changes nothing, and is told of", async () => {
  const server = await serveXds();
  const good = await follow(server);
  const { feed, open, oddities } = server;
  feed.set(knownPool("shop", "cart"));
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout"], node: { id: "confused" } });
  const { nonce } = await stream.response(0);
  stream.send({ resourceNames: ["shop/cart"], responseNonce: "17" });
  await good.hears();
  expect(stream.responses).toHaveLength(1);
  expect(oddities).toMatchObject([{ kind: "NonceUnknown", node: "confused" }]);
  stream.send({ resourceNames: ["shop/cart"], responseNonce: nonce });
  expect((await stream.response(1)).resources.map(shown)).toMatchObject([{ name: "shop/cart" }]);
});

test("who asks faster than is read waits, and others do not", async () => {
  const server = await serveXds({ streams: { requestsPerSecond: 50 } });
  const good = await follow(server);
  const { feed, open } = server;
  const names = Array.from({ length: 100 }, (_, index) => `pool-${index}`);
  for (const name of names) feed.set(knownPool("many", name));
  const stream = open("adsDelta");
  const begunAt = performance.now();
  for (const name of names) stream.send({ resourceNamesSubscribe: [`many/${name}`] });
  await good.hears();
  await stream.take(100);
  expect(performance.now() - begunAt).toBeGreaterThan(500);
});
