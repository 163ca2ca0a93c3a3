import { expect, test } from "vitest";
import { createFeed } from "../../../src/serve/feed.ts";
import { endpointOf, knownPool } from "../known.ts";
import { type Response, shown } from "./discovery-client.ts";
import { serveXds } from "./serving-xds.ts";

const weighted = (...weights: readonly number[]) => ({
  endpoints: weights.map((weight, index) => endpointOf(`pod-${index}`, index + 1, { weight })),
});

const linesOf = ({ resources }: Response) => resources.map(shown);

/** Time enough for whatever might still come. */
const pause = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms));

test.each(["ads", "eds"] as const)("%s: sends what is asked for, and what changes", async (method) => {
  const { feed, open, errors } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(500, 1_500)));
  const stream = open(method);
  stream.send({ resourceNames: ["shop/checkout"] });
  const first = await stream.response(0);
  expect(linesOf(first)).toEqual([{ name: "shop/checkout", lines: ["- 10.0.0.1:8080 10", "- 10.0.0.2:8080 30"] }]);
  stream.send({ resourceNames: ["shop/checkout"], responseNonce: first.nonce, versionInfo: first.versionInfo });
  feed.set(knownPool("shop", "checkout", weighted(1_000, 1_000)));
  const second = await stream.response(1);
  expect(linesOf(second)).toEqual([{ name: "shop/checkout", lines: ["- 10.0.0.1:8080 20", "- 10.0.0.2:8080 20"] }]);
  expect(second.versionInfo).not.toBe(first.versionInfo);
  expect(errors).toEqual([]);
});

test.each(["adsDelta", "edsDelta"] as const)("%s: sends what is asked for, and what changes", async (method) => {
  const { feed, followers, open } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(500, 1_500)));
  feed.set(knownPool("shop", "cart", weighted(1_000)));
  const stream = open(method);
  // What is made at different times may come in several responses: one after the other.
  stream.send({ resourceNamesSubscribe: ["shop/checkout"] });
  const { nonce, resources } = await stream.response(0);
  stream.send({ resourceNamesSubscribe: ["shop/cart"], responseNonce: nonce });
  const first = await stream.response(1);
  expect([...resources, ...first.resources].map(({ name, resource }) => [name, shown(resource).lines])).toEqual([
    ["shop/checkout", ["- 10.0.0.1:8080 10", "- 10.0.0.2:8080 30"]],
    ["shop/cart", ["- 10.0.0.1:8080 20"]],
  ]);
  stream.send({ responseNonce: first.nonce });
  feed.set(knownPool("shop", "cart", weighted(1_000, 1_000)));
  const second = await stream.response(2);
  expect(second.resources.map(({ name }) => name)).toEqual(["shop/cart"]);
  stream.send({ responseNonce: second.nonce, resourceNamesUnsubscribe: ["shop/cart"] });
  await expect.poll(() => followers.counts("shop/cart").get("xds") ?? 0).toBe(0);
  feed.set(knownPool("shop", "cart", weighted(1_000)));
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const third = await stream.response(3);
  expect(third.resources.map(({ name }) => name)).toEqual(["shop/checkout"]);
});

test("what says the same is not sent again, and has the same version on every replica", async () => {
  const [one, other] = [await serveXds(), await serveXds()];
  for (const { feed } of [one, other]) feed.set(knownPool("shop", "checkout", weighted(500, 1_500)));
  const stream = one.open("adsDelta");
  stream.send({ resourceNamesSubscribe: ["shop/checkout"] });
  const first = await stream.response(0);
  stream.send({ responseNonce: first.nonce });
  // Less than half a step.
  one.feed.set(knownPool("shop", "checkout", weighted(510, 1_490)));
  await pause();
  expect(stream.responses).toHaveLength(1);

  const again = other.open("adsDelta");
  const [{ name, version }] = first.resources as [Response["resources"][number]];
  again.send({ resourceNamesSubscribe: [name], initialResourceVersions: { [name]: version } });
  await pause();
  expect(again.responses).toEqual([]);
  other.feed.set(knownPool("shop", "checkout", weighted(1_000, 1_000)));
  expect((await again.response(0)).resources).toHaveLength(1);
});

test("names ask for ports by name or number, and for the pods that take writes", async () => {
  const { feed, open } = await serveXds();
  const { uid, address, ports } = endpointOf("pod-1", 2);
  const writers = [{ pod: "pod-1", uid, address, ports, reason: "it takes writes" }];
  feed.set(knownPool("shop", "db", { ...weighted(500, 1_500), writers }));
  const stream = open("adsDelta");
  const ask = ["shop/db:admin", "shop/db:9090", "shop/db:admin?access=write", "shop/db?access=read", "shop/db:nosuch"];
  stream.send({ resourceNamesSubscribe: ask });
  const resources = await stream.take(ask.length);
  expect(resources).toHaveLength(ask.length);
  expect(Object.fromEntries(resources.map(({ name, resource }) => [name, shown(resource).lines]))).toEqual({
    "shop/db:admin": ["- 10.0.0.1:9090 10", "- 10.0.0.2:9090 30"],
    "shop/db:9090": ["- 10.0.0.1:9090 10", "- 10.0.0.2:9090 30"],
    "shop/db:admin?access=write": ["- 10.0.0.2:9090 20"],
    "shop/db?access=read": ["- 10.0.0.1:8080 10", "- 10.0.0.2:8080 30"],
    "shop/db:nosuch": [],
  });
});

test("a pool that nobody knows is waited for while pools may be missing, and has no endpoints after that", async () => {
  let isComplete = false;
  const { feed, open } = await serveXds({}, createFeed({ isComplete: () => isComplete }));
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout", "shop/gone"] });
  await pause(600);
  expect(stream.responses).toEqual([]);
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const first = await stream.response(0);
  expect(linesOf(first)).toEqual([{ name: "shop/checkout", lines: ["- 10.0.0.1:8080 20"] }]);
  stream.send({ resourceNames: ["shop/checkout", "shop/gone"], responseNonce: first.nonce });
  isComplete = true;
  const second = await stream.response(1);
  expect(linesOf(second)).toEqual([{ name: "shop/gone", lines: [] }]);
});

test("a pool that goes has no endpoints from then on", async () => {
  const { feed, open } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout"] });
  const { nonce } = await stream.response(0);
  stream.send({ resourceNames: ["shop/checkout"], responseNonce: nonce });
  feed.remove("shop/checkout");
  expect(linesOf(await stream.response(1))).toEqual([{ name: "shop/checkout", lines: [] }]);
});

test("a pool changes no faster than the interval, and then to what it is by then", async () => {
  const { feed, open } = await serveXds({ intervalMs: 300 });
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const stream = open("ads");
  const beganAt = performance.now();
  stream.send({ resourceNames: ["shop/checkout"] });
  let number = 0;
  const follow = async () => {
    const response = await stream.response(number);
    stream.send({ resourceNames: ["shop/checkout"], responseNonce: response.nonce });
    number += 1;
    return linesOf(response)[0]!.lines.at(-1);
  };
  await follow();
  for (let round = 1; round <= 2; round += 1) {
    for (let step = 1; step <= 5; step += 1) {
      feed.set(knownPool("shop", "checkout", weighted(1_000, 500 * round, 100 * step)));
      await pause(5);
    }
    // What a stalled machine has let through before is not yet the last step.
    while ((await follow()) !== "- 10.0.0.3:8080 10");
  }
  // What comes first, and the first change after it, need not wait.
  expect(stream.responses.length).toBeLessThanOrEqual(2 + (performance.now() - beganAt) / 300);
});

test("who asks for all gets every pool, and hears of those that come and go", async () => {
  const { feed, open } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const stream = open("adsDelta");
  stream.send({ resourceNamesSubscribe: ["*"] });
  const first = await stream.response(0);
  expect(first.resources.map(({ name }) => name)).toEqual(["shop/checkout"]);
  stream.send({ responseNonce: first.nonce });
  feed.set(knownPool("shop", "cart", weighted(1_000)));
  const second = await stream.response(1);
  expect(second.resources.map(({ name }) => name)).toEqual(["shop/cart"]);
  stream.send({ responseNonce: second.nonce });
  feed.remove("shop/checkout");
  expect((await stream.response(2)).removedResources).toEqual(["shop/checkout"]);
});

test("it is told who follows, with the version that was taken last, and when it ends", async () => {
  const { feed, followers, open } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const stream = open("ads");
  const wanted = { resourceNames: ["shop/checkout", "shop/checkout:admin"] };
  stream.send(wanted);
  await stream.response(0);
  expect(followers.list("shop/checkout", 9)).toMatchObject([{ consumer: "xds", client: "envoy-1" }]);
  expect(followers.list("shop/checkout", 9)[0]).not.toHaveProperty("version");
  await stream.take(wanted.resourceNames.length, wanted);
  const { version } = feed.get("shop/checkout")!;
  await expect.poll(() => followers.list("shop/checkout", 9)).toMatchObject([{ version }]);
  // Another version that says the same is taken, too.
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const { version: later } = feed.get("shop/checkout")!;
  await expect.poll(() => followers.list("shop/checkout", 9)).toMatchObject([{ version: later }]);
  stream.call.cancel();
  await expect.poll(() => followers.list("shop/checkout", 9)).toEqual([]);
});

test("a stop ends the streams", async () => {
  const { feed, open, stop } = await serveXds();
  feed.set(knownPool("shop", "checkout", weighted(1_000)));
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout"] });
  await stream.response(0);
  await stop();
  expect(await stream.ended).toMatchObject({ code: 0 });
});
