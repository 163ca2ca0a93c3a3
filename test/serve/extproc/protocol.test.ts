import { type Client, connectivityState, status } from "@grpc/grpc-js";
import { describe, expect, test, vi } from "vitest";
import { poolSpec } from "../../../src/api/pool.ts";
import type { Plan, Writer } from "../../../src/decide/planned.ts";
import { readAuthority } from "../../../src/serve/extproc/hints.ts";
import { createFeed, type Known } from "../../../src/serve/feed.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";
import { asPool, endpointOf, knownByConnections, knownPool, plannedAt } from "../known.ts";
import { addressesIn, refusalIn } from "./answers.ts";
import { connect, metadataOf, openStream, type StreamOptions, structOf } from "./open-stream.ts";
import { serveExtproc } from "./serve-extproc.ts";

const endpoints = ["a", "b", "c", "d", "e"].map((name, index) =>
  endpointOf(name, index + 1, { connections: index, ageMs: 100 }),
);
const first = "10.0.0.1:8080";
const shop = (changes = {}) => knownPool("shop", "checkout", { endpoints, ...changes });
const meant: StreamOptions = { metadata: { "x-evenkeel-pool": "shop/checkout" } };

async function serveShop(known = shop()) {
  const served = await serveExtproc();
  served.feed.set(known);
  return { ...served, client: connect(served.address) };
}

const askFor = (client: Client, message: object = {}, options = meant) =>
  openStream(client, options).ask({ requestHeaders: {}, ...message });

const pickedBy = async (client: Client, message: object = {}, options = meant): Promise<string[]> =>
  addressesIn(await askFor(client, message, options));

describe("the destination", () => {
  test("is a list in the strategy's order, the same as header and as metadata", async () => {
    const { client, choices } = await serveShop();
    expect(await pickedBy(client)).toEqual([1, 2, 3, 4].map((last) => `10.0.0.${last}:8080`));
    expect(choices).toEqual(["sent"]);
  });

  test("counts what it sends: the next request goes to who has least then", async () => {
    const { client } = await serveShop();
    const firsts: string[] = [];
    for (let index = 0; index < 6; index += 1) firsts.push((await pickedBy(client))[0]!);
    // Connections of 0, 1, 2, 3, 4, to which six more make 3, 3, 3, 3, 4.
    const counts = [1, 2, 3, 4].map((last) => firsts.filter((address) => address === `10.0.0.${last}:8080`).length);
    expect(counts).toEqual([3, 2, 1, 0]);
  });

  test("has IPv6 in brackets, and the port that is asked for by name or number", async () => {
    const { client } = await serveShop(shop({ endpoints: [endpointOf("a", 1, { address: "fd00::a" })] }));
    const by = (port: string): StreamOptions => ({ metadata: { "x-evenkeel-pool": `shop/checkout${port}` } });
    expect(await pickedBy(client)).toEqual(["[fd00::a]:8080"]);
    expect(await pickedBy(client, {}, by(":admin"))).toEqual(["[fd00::a]:9090"]);
    expect(await pickedBy(client, {}, by(":9090"))).toEqual(["[fd00::a]:9090"]);
    expect(refusalIn(await askFor(client, {}, by(":grpc"))).body).toBe(
      "No endpoint of pool shop/checkout has the port grpc.\n",
    );
  });

  test("of a pool without a ready endpoint is none: 503, with the reason", async () => {
    const verdicts = [{ type: "Ready", status: "False", reason: "NoPods", message: "the selector matches no pod" }];
    const { client, choices } = await serveShop(shop({ endpoints: [], verdicts }));
    expect(refusalIn(await askFor(client))).toEqual({
      code: "ServiceUnavailable",
      body: "Pool shop/checkout has no endpoint: NoPods: the selector matches no pod\n",
      details: "evenkeel_no_endpoint",
    });
    expect(choices).toEqual(["none"]);
  });
});

describe("of a pool with a write list", () => {
  const ports = [{ name: "http", port: 8080 }];
  const primary: Writer = { pod: "b", uid: "uid-b", address: "10.0.1.2", ports, reason: "has the labels" };
  const written = (writers: object, changes: Partial<Plan>): Known => {
    const known = shop(changes);
    const { access } = poolSpec.parse({
      selector: { matchLabels: { app: "db" } },
      ports,
      strategy: { type: "RoundRobin" },
      access: { writers },
    });
    return asPool(known, { spec: { ...known.observation.pool.spec, access: access! } });
  };
  const toOne = (changes: Partial<Plan>) => written({ matchLabels: { role: "primary" } }, changes);
  const toWriters: StreamOptions = { metadata: { "x-evenkeel-pool": "shop/checkout?access=write" } };

  test("the destination of a write is the one pod that takes them, be it on the read list or not", async () => {
    const { client } = await serveShop(toOne({ writers: [primary] }));
    expect(await pickedBy(client, {}, toWriters)).toEqual(["10.0.1.2:8080"]);
    expect((await pickedBy(client))[0]).toBe(first);
  });

  test("a write goes to nobody where none takes it, and says why", async () => {
    const verdicts = [
      { type: "WritersReady", status: "False", reason: "WriterIsStandby", message: "b takes no writes" },
    ] as const;
    const bodyFor = async (known: Known): Promise<string> => {
      const { client } = await serveShop(known);
      return refusalIn(await askFor(client, {}, toWriters)).body;
    };
    expect(await bodyFor(toOne({ writers: [], verdicts }))).toBe(
      "Pool shop/checkout has no writer: WriterIsStandby: b takes no writes\n",
    );
    expect(await bodyFor(shop())).toBe("Pool shop/checkout has no write list: set spec.access.writers.\n");
    expect(await bodyFor(written({ all: {} }, { writers: [primary, { ...primary, uid: "c" }] }))).toBe(
      "Pool shop/checkout has its writes go to all pods, and a request goes to one.\n",
    );
    expect(await bodyFor(toOne({ writers: [{ ...primary, ports: [] }] }))).toBe(
      "The writer of pool shop/checkout has no port of the pool.\n",
    );
  });

  test("a write goes to no other pod than the proxy would", async () => {
    const { client } = await serveShop(toOne({ writers: [primary] }));
    const subset = structOf({ "x-gateway-destination-endpoint-subset": "10.0.0.1:8080" });
    const metadataContext = { filterMetadata: { "envoy.lb.subset_hint": subset } };
    expect(refusalIn(await askFor(client, { metadataContext }, toWriters)).body).toBe(
      "None of the addresses that the proxy would go to is the writer of pool shop/checkout.\n",
    );
  });
});

test("a request that outlasts its connection's time goes on to its end", async () => {
  const { feed, address } = await serveExtproc({ limits: { ageMs: 100 } });
  feed.set(shop());
  const client = connect(address);
  const stream = openStream(client, meant);
  expect(addressesIn(await stream.ask({ requestHeaders: {} }))).toContain(first);
  const session = client.getChannel();
  // Told to go, the client opens another connection for what comes next.
  await expect.poll(() => session.getConnectivityState(false)).not.toBe(connectivityState.READY);
  expect(await pickedBy(client)).toHaveLength(4);
  const part = { body: Buffer.from("body"), endOfStream: true };
  expect(await stream.ask({ requestBody: part })).toMatchObject({ requestBody: {} });
});

describe("the subset hint", () => {
  const hint = (subset: unknown) => ({
    metadataContext: metadataOf({ "envoy.lb.subset_hint": { "x-gateway-destination-endpoint-subset": subset } }),
  });

  test("bounds the choice, as a list or as one text", async () => {
    const { client } = await serveShop();
    expect(await pickedBy(client, hint(["10.0.0.5:8080", "10.0.0.3:8080", "10.9.9.9:8080"]))).toEqual([
      "10.0.0.3:8080",
      "10.0.0.5:8080",
    ]);
    expect(await pickedBy(client, hint("10.0.0.4:8080, 10.0.0.2:8080"))).toEqual(["10.0.0.2:8080", "10.0.0.4:8080"]);
  });

  test.each([
    ["an empty list", []],
    ["addresses of nobody", ["10.9.9.9:8080"]],
    ["another port", ["10.0.0.1:9090"]],
    ["nonsense", 7],
  ])("that is %s: 503", async (_, subset) => {
    const { client } = await serveShop();
    const refusal = refusalIn(await askFor(client, hint(subset)));
    expect(refusal.details).toBe("evenkeel_no_endpoint");
    expect(refusal.body).toContain("None of the addresses that the proxy would go to");
  });
});

describe("the pool", () => {
  test.each<[string, StreamOptions, object]>([
    ["the gRPC metadata", meant, {}],
    ["dynamic metadata", {}, { metadataContext: metadataOf({ "evenkeel.io": { pool: "shop/checkout" } }) }],
    [
      "an attribute that the proxy takes out of the route's metadata",
      {},
      {
        attributes: {
          "envoy.filters.http.ext_proc": structOf({
            "xds.route_metadata.filter_metadata['evenkeel.io'].pool": "shop/checkout",
          }),
        },
      },
    ],
    ["a Service of the pool's name", { authority: "checkout.shop.svc.cluster.local:9002" }, {}],
    ["a Service of its name and -epp", { authority: "checkout-epp.shop:9002" }, {}],
  ])("is told by %s", async (_, options, message) => {
    const { client } = await serveShop();
    expect((await pickedBy(client, message, options))[0]).toBe(first);
  });

  test("is told by no other name", () => {
    for (const name of ["10.0.0.1:9002", "[fd00::1]:9002", "checkout:9002", "checkout", "A_b.shop", "", "."])
      expect(readAuthority(name)).toEqual([]);
    // As Istio names clusters.
    expect(readAuthority("outbound|9002||checkout.shop.svc.cluster.local")).toEqual([
      { key: "shop/checkout", access: "read" },
    ]);
  });

  test("goes by the configuration of the proxy before it goes by the name of the Service", async () => {
    const { client, feed } = await serveShop();
    feed.set(knownPool("shop", "web", { endpoints: [endpointOf("w", 9)] }));
    expect((await pickedBy(client, {}, { ...meant, authority: "web.shop:9002" }))[0]).toBe(first);
  });

  test("of a Service's whole name comes before the one without -epp", async () => {
    const { client, feed } = await serveShop();
    feed.set(knownPool("shop", "checkout-epp", { endpoints: [endpointOf("w", 9)] }));
    expect(await pickedBy(client, {}, { authority: "checkout-epp.shop" })).toEqual(["10.0.0.9:8080"]);
  });

  test.each([
    [{ metadata: { "x-evenkeel-pool": "shop/other" } }, "There is no pool shop/other."],
    [{ metadata: { "x-evenkeel-pool": "shop" } }, "Nothing says which pool is meant"],
    [{ authority: "127.0.0.1:9002" }, "Nothing says which pool is meant"],
  ])(
    "that is not there ends the stream, and the proxy fails open or closed as it is told to: %j",
    async (options, why) => {
      const { client, choices, misuses } = await serveShop();
      const stream = openStream(client, options);
      expect(await stream.ask({ requestHeaders: {} })).toBeUndefined();
      expect(await stream.status).toMatchObject({ code: status.NOT_FOUND, details: expect.stringContaining(why) });
      expect(choices).toEqual(["unknown"]);
      expect(misuses).toEqual([{ client: "127.0.0.1", code: "NOT_FOUND", why: expect.stringContaining(why) }]);
    },
  );

  test("that is not known yet is waited for, in order; what is known is answered meanwhile", async () => {
    let isComplete = false;
    const feed = createFeed({ now: () => plannedAt, random: () => 0.5, isComplete: () => isComplete });
    const client = connect((await serveExtproc({ feed })).address);
    const [waiting, wrong, leaving] = [meant, { authority: "b.shop" }, meant].map((options) =>
      openStream(client, options),
    );
    for (const stream of [waiting!, wrong!, leaving!]) stream.say({ requestHeaders: {} });
    waiting!.say({ requestBody: { body: Buffer.from("body"), endOfStream: true } });
    feed.set(knownPool("shop", "web", { endpoints }));
    expect(await pickedBy(client, {}, { authority: "web.shop" })).toHaveLength(4);
    leaving!.call.cancel();
    expect(await leaving!.status).toMatchObject({ code: status.CANCELLED });
    feed.set(shop());
    expect(addressesIn(await waiting!.hear())).toContain(first);
    expect(await waiting!.hear()).toMatchObject({ requestBody: {} });
    isComplete = true;
    expect(await wrong!.status).toMatchObject({ code: status.NOT_FOUND });
  });
});

describe("a request that may be dropped", () => {
  const busy = shop({ averageLoad: 80 });
  const droppable: StreamOptions = { metadata: { ...meant.metadata, "x-evenkeel-shed": "true" } };

  test("is answered with 429 while the pool is above the limit that it scales by", async () => {
    const { client, choices, feed } = await serveShop(busy);
    const refusal = refusalIn(await askFor(client, {}, droppable));
    expect(refusal).toMatchObject({ code: "TooManyRequests", details: "evenkeel_shed" });
    expect(refusal.body).toContain("a load of 80% on average, above its limit of 50%");
    const byMetadata = { metadataContext: metadataOf({ "evenkeel.io": { shed: true } }) };
    expect(refusalIn(await askFor(client, byMetadata)).details).toBe("evenkeel_shed");
    feed.set(shop({ averageLoad: 50 }));
    expect(await pickedBy(client, {}, droppable)).toHaveLength(4);
    expect(choices).toEqual(["shed", "shed", "sent"]);
  });

  test("is the proxy's to say: no other is dropped", async () => {
    const { client } = await serveShop(busy);
    expect(await pickedBy(client)).toHaveLength(4);
  });

  test("is not dropped by a pool that has no limit", async () => {
    const { scaling: _, ...spec } = busy.observation.pool.spec;
    const { client } = await serveShop(asPool(busy, { spec }));
    expect(await pickedBy(client, {}, droppable)).toHaveLength(4);
  });

  test("counts the connections of a pool that scales by these", async () => {
    const { client } = await serveShop(knownByConnections("shop", "checkout", [40, 42]));
    expect(refusalIn(await askFor(client, {}, droppable)).body).toContain(
      "41 connections to a pod on average, above its limit of 40",
    );
  });
});

describe("bodies and trailers", () => {
  const part = (text: string, endOfStream = false) => ({ body: Buffer.from(text), endOfStream });
  const streamed = (text: string, endOfStream = false) => ({
    response: { bodyMutation: { streamedResponse: { body: Buffer.from(text), endOfStream } } },
  });

  test("of full-duplex streaming come back as they are, in order, each at once", async () => {
    const { client } = await serveShop();
    const stream = openStream(client, meant);
    const modes = { requestBodyMode: "FULL_DUPLEX_STREAMED", responseBodyMode: "FULL_DUPLEX_STREAMED" };
    addressesIn(await stream.ask({ requestHeaders: {}, protocolConfig: modes }));
    expect(await stream.ask({ requestBody: part("one") })).toMatchObject({ requestBody: streamed("one") });
    expect(await stream.ask({ requestBody: part("two") })).toMatchObject({ requestBody: streamed("two") });
    expect(await stream.ask({ requestTrailers: {} })).toMatchObject({ requestTrailers: {} });
    expect(await stream.ask({ responseHeaders: {} })).toMatchObject({ responseHeaders: { response: {} } });
    expect(await stream.ask({ responseBody: part("three") })).toMatchObject({ responseBody: streamed("three") });
    expect(await stream.ask({ responseBody: part("", true) })).toMatchObject({ responseBody: streamed("", true) });
    expect(await stream.ask({ responseTrailers: {} })).toMatchObject({ responseTrailers: {} });
    stream.call.end();
    expect(await stream.status).toMatchObject({ code: status.OK });
  });

  test("are taken for such where an older proxy does not say how it sends them", async () => {
    const { client } = await serveShop();
    const stream = openStream(client, meant);
    await stream.ask({ requestHeaders: {} });
    expect(await stream.ask({ requestBody: part("one") })).toMatchObject({ requestBody: streamed("one") });
  });

  test.each(["STREAMED", "BUFFERED", "BUFFERED_PARTIAL"])("of mode %s go on by a word", async (mode) => {
    const { client } = await serveShop();
    const stream = openStream(client, meant);
    await stream.ask({ requestHeaders: {}, protocolConfig: { requestBodyMode: mode, responseBodyMode: mode } });
    for (const side of ["requestBody", "responseBody"]) {
      const answer = await stream.ask({ [side]: part("one") });
      expect(answer).toMatchObject({ [side]: { response: { bodyMutation: null } } });
    }
  });

  test("of an answer that another filter gave go on although no request came", async () => {
    const { client, served } = await serveShop();
    expect(await openStream(client, meant).ask({ responseHeaders: {} })).toMatchObject({ responseHeaders: {} });
    expect(served).toEqual([]);
  });
});

test("who served is told with the answer's headers", async () => {
  const { client, served } = await serveShop();
  for (const address of ["10.0.0.1:8080", "10.0.0.4:8080", "10.0.0.5:8080"]) {
    const stream = openStream(client, meant);
    const subset = { "x-gateway-destination-endpoint-subset": ["10.0.0.1:8080", "10.0.0.4:8080"] };
    await stream.ask({ requestHeaders: {}, metadataContext: metadataOf({ "envoy.lb.subset_hint": subset }) });
    const tells = metadataOf({ "envoy.lb": { "x-gateway-destination-endpoint-served": address } });
    await stream.ask({ responseHeaders: {}, metadataContext: tells });
  }
  // Connections of 0 and 3: three requests go to the first of the two.
  expect(served).toEqual(["first", "later", "other"]);
});

test("those who ask are followers, each once for a pool, with the version that they got", async () => {
  const { client, followers, feed } = await serveShop();
  await pickedBy(client);
  await pickedBy(client);
  feed.set(shop());
  await pickedBy(client);
  const { version } = feed.get("shop/checkout")!;
  expect(followers.list("shop/checkout", 9)).toMatchObject([{ consumer: "extproc", client: "127.0.0.1", version }]);
});

test("the health service has three names, of which two wait until all pools are known", async () => {
  const { path, requestSerialize, responseDeserialize } = definitionOfService("grpc.health.v1.Health").Check!;
  let isComplete = false;
  const client = connect((await serveExtproc({ feed: createFeed({ isComplete: () => isComplete }) })).address);
  const check = (service: string) =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, answer) =>
        error ? reject(error) : resolve((answer as { status: string }).status),
      ),
    );
  const names = ["liveness", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor", ""];
  const all = () => Promise.all(names.map(check));
  expect(await all()).toEqual(["SERVING", "NOT_SERVING", "NOT_SERVING", "NOT_SERVING"]);
  isComplete = true;
  await vi.waitFor(async () => expect(await all()).toEqual(names.map(() => "SERVING")), { timeout: 10_000 });
  await expect(check("other")).rejects.toMatchObject({ code: status.NOT_FOUND });
});
