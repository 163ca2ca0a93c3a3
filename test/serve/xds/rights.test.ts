import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Authorizer } from "../../../src/serve/access/access.ts";
import { resourceTypes } from "../../../src/serve/xds/resource-maker.ts";
import { knownPool } from "../known.ts";
import { type DiscoveryStreamClient, shown } from "./discovery-client.ts";
import { serveXds } from "./serving-xds.ts";

/** Lets whoever comes read these. */
function letRead(...rights: readonly string[]) {
  const given = new Set(rights);
  const asked: string[] = [];
  const access: Authorizer = {
    isOpen: false,
    knows: async () => ({ kind: "allowed", client: "ann" }),
    may: async (_, verb, what) => {
      asked.push(what);
      if (given.has("unsure")) return { kind: "unsure", detail: "nobody can be asked", retryAfterMs: 1 };
      return given.has(`${verb} ${what}`)
        ? { kind: "allowed", client: "ann" }
        : { kind: "refused", detail: `not ${what}` };
    },
  };
  return { access, given, asked };
}

async function start(...rights: readonly string[]) {
  const { access, given, asked } = letRead(...rights);
  const serving = await serveXds({ access });
  for (const [namespace, name] of [
    ["shop", "cart"],
    ["shop", "checkout"],
    ["bank", "ledger"],
  ] as const)
    serving.feed.set(knownPool(namespace, name));
  return { ...serving, given, asked };
}

/** Names that a stream was sent, so many of them. */
async function take(stream: DiscoveryStreamClient, request: object, count: number): Promise<string[]> {
  stream.send(request);
  const taken = await stream.take(count, request);
  return taken.map((any) => any.name || shown(any).name).sort();
}

const all = ["shop/cart", "bank/ledger", "shop/checkout"];

test.each([
  ["one pool", ["get shop/checkout"], ["shop/checkout"]],
  ["a namespace", ["get shop/*"], ["shop/cart", "shop/checkout"]],
  ["all", ["get *"], all],
])("who may read %s gets no other, and the log says what it asked for in vain", async (_, rights, read) => {
  const { open, oddities } = await start(...rights);
  expect(await take(open("ads"), { resourceNames: all }, read.length)).toEqual([...read].sort());
  const others = all.filter((name) => !read.includes(name));
  expect(oddities.map((oddity) => [oddity.kind, "names" in oddity && oddity.names])).toEqual(
    others.length > 0 ? [["Forbidden", others]] : [],
  );
  expect(await take(open("edsDelta"), { resourceNamesSubscribe: all }, read.length)).toEqual([...read].sort());
});

test("whatever follows the name, it is the pool that must be readable", async () => {
  const { open, oddities } = await start("get shop/cart");
  const stream = open("ads");
  stream.send({ resourceNames: ["shop/checkout:admin", "shop/checkout?access=write", "shop/cart:admin"] });
  expect((await stream.response(0)).resources.map((any) => shown(any).name)).toEqual(["shop/cart:admin"]);
  expect(oddities).toMatchObject([{ names: ["shop/checkout:admin", "shop/checkout?access=write"] }]);
});

test("all resources are for who may read all pools", async () => {
  for (const [method, request] of [
    ["ads", { resourceNames: ["*"] }],
    ["ads", { typeUrl: `type.googleapis.com/${resourceTypes.cluster}`, resourceNames: [] }],
    ["adsDelta", { resourceNamesSubscribe: ["*"] }],
    ["adsDelta", { typeUrl: `type.googleapis.com/${resourceTypes.listener}` }],
  ] as const) {
    const { open } = await start("get shop/*");
    const stream = open(method);
    stream.send(request);
    expect(await stream.ended).toMatchObject({ code: status.PERMISSION_DENIED });
  }
  const { open } = await start("get *");
  expect(await take(open("adsDelta"), { resourceNamesSubscribe: ["*"] }, 3)).toHaveLength(3);
});

test("while it cannot be learned who may, a stream is turned away, to come back", async () => {
  const { open } = await start("unsure");
  const stream = open("ads");
  stream.send({ resourceNames: all });
  expect(await stream.ended).toMatchObject({ code: status.UNAVAILABLE });
});

test("requests are read in their order, each after its rights are known", async () => {
  const { open, followers } = await start("get *");
  const stream = open("adsDelta");
  for (const name of all) stream.send({ resourceNamesSubscribe: [name] });
  stream.send({ resourceNamesUnsubscribe: ["shop/cart"] });
  const following = () => all.map((key) => followers.counts(key).get("xds") ?? 0);
  await expect.poll(following).toEqual([0, 1, 1]);
});

test("a stream ends when one of its pools may be read no more", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { open, given } = await start("get shop/cart", "get bank/ledger");
  const stream = open("ads");
  stream.send({ resourceNames: all });
  await stream.response(0);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(stream.call.destroyed).toBe(false);
  given.delete("get bank/ledger");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await stream.ended).toMatchObject({
    code: status.PERMISSION_DENIED,
    details: "this client may read bank/ledger no more",
  });
});
