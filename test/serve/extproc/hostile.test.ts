import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { Client, credentials, status } from "@grpc/grpc-js";
import { expect, test, vi } from "vitest";
import { processor } from "../../../src/serve/extproc/protocol.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";
import { knownPool } from "../known.ts";
import { addressesIn } from "./answers.ts";
import { connect, openStream, type StreamOptions } from "./open-stream.ts";
import { serveExtproc } from "./serve-extproc.ts";

const { requestSerialize } = definitionOfService(processor).Process!;
const meant: StreamOptions = { metadata: { "x-evenkeel-pool": "shop/checkout" } };

async function serveShop(options: Parameters<typeof serveExtproc>[0] = {}) {
  const errors: unknown[] = [];
  const served = await serveExtproc({ onError: (error) => errors.push(error), ...options });
  served.feed.set(knownPool("shop", "checkout"));
  return { ...served, errors, client: connect(served.address) };
}

const works = async (client: Client): Promise<void> =>
  expect(addressesIn(await openStream(client, meant).ask({ requestHeaders: {} }))).toHaveLength(2);

test.each([
  ["a body before the headers", [{ requestBody: { body: Buffer.from("x") } }]],
  ["trailers before the headers", [{ requestTrailers: {} }]],
  ["headers twice", [{ requestHeaders: {} }, { requestHeaders: {} }]],
  ["nothing at all", [{}]],
])("%s ends the stream with what is wrong, and no other", async (_, messages) => {
  const { client, misuses, errors } = await serveShop();
  const stream = openStream(client, meant);
  for (const message of messages) stream.say(message);
  expect(await stream.status).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(misuses).toHaveLength(1);
  expect(errors).toEqual([]);
  await works(client);
});

/** A call of the picker, below gRPC. */
const overHttp2 = {
  ":method": "POST",
  ":path": `/${processor}/Process`,
  "content-type": "application/grpc",
  te: "trailers",
};

test("who only lets the picker watch gets no answer, and counts as no request", async () => {
  const { client, choices } = await serveShop();
  const stream = openStream(client, meant);
  for (const message of [{ requestHeaders: {} }, { requestBody: { body: Buffer.from("x") } }, { responseHeaders: {} }])
    stream.say({ ...message, observabilityMode: true });
  stream.call.end();
  expect(await stream.hear()).toBeUndefined();
  expect(await stream.status).toMatchObject({ code: status.OK });
  expect(choices).toEqual([]);
});

test("what follows a refusal is not answered", async () => {
  const { client, feed } = await serveShop();
  feed.set(knownPool("shop", "checkout", { endpoints: [] }));
  const stream = openStream(client, meant);
  expect(await stream.ask({ requestHeaders: {} })).toHaveProperty("immediateResponse");
  stream.say({ requestBody: { body: Buffer.from("x") } });
  stream.say({ responseHeaders: {} });
  stream.call.end();
  expect(await stream.hear()).toBeUndefined();
});

test("a message beyond the limit, and one that is no message, end their own streams alone", async () => {
  const { client, address } = await serveShop({ limits: { messageBytes: 1_000 } });
  const stream = openStream(client, meant);
  stream.say({ requestBody: { body: Buffer.alloc(2_000) } });
  expect(await stream.status).toMatchObject({ code: status.RESOURCE_EXHAUSTED });

  const session = connectHttp2(`http://${address}`);
  const request = session.request(overHttp2);
  // A frame of gRPC around what no decoder takes.
  request.write(Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]));
  request.resume();
  const [headers] = await Promise.race([once(request, "trailers"), once(request, "response")]);
  expect(headers["grpc-status"]).toBe(String(status.INTERNAL));
  session.destroy();
  await works(client);
});

test("headers of megabytes, which nobody asked for, are passed over", async () => {
  const { client, address } = await serveShop();
  const session = connectHttp2(`http://${address}`);
  const request = session.request({ ...overHttp2, "x-evenkeel-pool": "shop/checkout" });
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
  const header = field(1, Buffer.concat([field(1, Buffer.from("cookie")), field(3, Buffer.alloc(3 * 2 ** 20, "x"))]));
  const message = field(2, field(1, header));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  request.write(Buffer.concat([frame, message]));
  const [answer] = (await once(request, "data")) as [Buffer];
  expect(answer.toString("latin1")).toContain("10.0.0.1:8080,10.0.0.2:8080");
  session.destroy();
  await works(client);
});

test("one that never reads is not read any more either, and keeps nobody waiting", async () => {
  const { client, address } = await serveShop();
  const session = connectHttp2(`http://${address}`, { settings: { initialWindowSize: 0 } });
  const request = session.request({ ...overHttp2, "x-evenkeel-pool": "shop/checkout" });
  request.on("error", () => {});
  let sent = 0;
  const push = (message: object): void => {
    const bytes = requestSerialize(message as never);
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(bytes.length, 1);
    sent += bytes.length;
    request.write(Buffer.concat([frame, bytes]));
  };
  push({ requestHeaders: {} });
  for (let index = 0; index < 1_000; index += 1) push({ requestBody: { body: Buffer.alloc(64 * 1_024, 1) } });
  let before = 0;
  const settled = () => {
    const now = session.socket.bytesWritten;
    const isSettled = now === before;
    before = now;
    return isSettled && now > 10_000;
  };
  await vi.waitFor(() => expect(settled()).toBe(true), { timeout: 30_000, interval: 300 });
  // Of more than sixty megabytes it took what one window holds, and lets the rest wait with who sends it.
  expect(sent).toBeGreaterThan(60 * 2 ** 20);
  expect(before).toBeLessThan(2 ** 20);
  await works(client);
  session.destroy();
});

test("streams that are reset, one after the other and many at once, leave nothing", async () => {
  const feed = createFeed({ isComplete: () => false });
  const { client, errors, misuses } = await serveShop({ feed });
  for (let round = 0; round < 8; round += 1) {
    const streams = Array.from({ length: 50 }, (_, index) =>
      // Of every second one the pool is not known: it is waited for.
      openStream(client, index % 2 === 0 ? meant : { metadata: { "x-evenkeel-pool": "shop/other" } }),
    );
    for (const stream of streams) stream.say({ requestHeaders: {} });
    if (round % 2 === 0) await streams[0]!.hear();
    for (const stream of streams) stream.call.cancel();
    await Promise.all(streams.map((stream) => stream.status));
  }
  await works(client);
  expect(errors).toEqual([]);
  expect(misuses).toEqual([]);
});

test("as many streams as one connection may have keep out no other connection", async () => {
  const { client, address } = await serveShop({ limits: { streams: 10 } });
  const held = Array.from({ length: 30 }, () => openStream(client, meant));
  for (const stream of held) stream.say({ requestHeaders: {} });
  await Promise.all(held.slice(0, 10).map((stream) => stream.hear()));
  const other = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  await works(other);
  other.close();
});
