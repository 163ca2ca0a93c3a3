import { once } from "node:events";
import { connect } from "node:net";
import { Client, type ClientReadableStream, credentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { afterEach, expect, test, vi } from "vitest";
import { type GrpcOptions, type GrpcServer, type GrpcServiceSet, serveGrpc } from "../../../src/serve/grpc/server.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";

const ads = definitionOfService("envoy.service.discovery.v3.AggregatedDiscoveryService").StreamAggregatedResources!;
const health = definitionOfService("grpc.health.v1.Health");

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(set: Partial<GrpcServiceSet> = {}, options: Partial<GrpcOptions> = {}): Promise<GrpcServer> {
  const server = await serveGrpc({ services: [], ...set }, { host: "127.0.0.1", port: 0, ...options });
  closing.push(() => server.stop());
  return server;
}

function clientOf({ port }: { readonly port: number }): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closing.push(() => client.close());
  return client;
}

const check = (client: Client, service: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = health.Check!;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });

/** Answers every message with itself; ends with the server. */
function echo(): GrpcServiceSet {
  const calls = new Set<ServerDuplexStream<object, object>>();
  return {
    services: [
      {
        definition: definitionOfService("envoy.service.discovery.v3.AggregatedDiscoveryService"),
        methods: {
          StreamAggregatedResources(call: ServerDuplexStream<{ readonly typeUrl: string }, object>) {
            calls.add(call);
            call.on("data", ({ typeUrl }) => call.write({ typeUrl }));
          },
        },
      },
    ],
    end: () => {
      for (const call of calls) call.end();
    },
  };
}

const openEcho = (client: Client) =>
  client.makeBidiStreamRequest(ads.path, ads.requestSerialize, ads.responseDeserialize);

const ending = (stream: NodeJS.EventEmitter): Promise<{ readonly code: number; readonly details: string }> =>
  new Promise((resolve) => {
    stream.on("error", () => {});
    stream.on("status", resolve);
  });

test("its health service knows the names that it was given, and tells changes", async () => {
  const server = await start({ health: ["liveness"] });
  const client = clientOf(server);
  expect(await check(client, "")).toEqual({ status: "SERVING" });
  expect(await check(client, "liveness")).toEqual({ status: "SERVING" });
  await expect(check(client, "other")).rejects.toMatchObject({ code: status.NOT_FOUND });
  const { path, requestSerialize, responseDeserialize } = health.Watch!;
  const watch: ClientReadableStream<unknown> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    { service: "liveness" },
  );
  watch.on("error", () => {});
  expect(await once(watch, "data")).toEqual([{ status: "SERVING" }]);
  server.setServing("liveness", false);
  expect(await once(watch, "data")).toEqual([{ status: "NOT_SERVING" }]);
  expect(await check(client, "liveness")).toEqual({ status: "NOT_SERVING" });
});

test("a stop ends streams in good order and takes nobody new", async () => {
  const server = await start(echo());
  const stream = openEcho(clientOf(server));
  stream.write({ typeUrl: "a" });
  expect(await once(stream, "data")).toMatchObject([{ typeUrl: "a" }]);
  const ended = ending(stream);
  await server.stop();
  expect(await ended).toMatchObject({ code: status.OK });
  await expect(check(clientOf(server), "")).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

test("a call that does not end is cut at the deadline", async () => {
  const { services } = echo();
  const server = await start({ services }, { limits: { closeMs: 50 } });
  const stream = openEcho(clientOf(server));
  stream.write({ typeUrl: "a" });
  await once(stream, "data");
  const ended = ending(stream);
  await server.stop();
  expect((await ended).code).not.toBe(status.OK);
});

test("a message past the bound ends its own stream alone", async () => {
  const server = await start(echo(), { limits: { messageBytes: 1_000 } });
  const client = clientOf(server);
  const [large, small] = [openEcho(client), openEcho(client)];
  const ended = ending(large);
  large.write({ typeUrl: "x".repeat(2_000) });
  expect(await ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  small.write({ typeUrl: "a" });
  expect(await once(small, "data")).toMatchObject([{ typeUrl: "a" }]);
  small.on("error", () => {});
});

test("who has as many connections as one may have is turned away, and keeps those", async () => {
  const onCrowded = vi.fn();
  const server = await start(echo(), { limits: { connectionsPerClient: 2 }, onCrowded });
  const stream = openEcho(clientOf(server));
  stream.write({ typeUrl: "a" });
  await once(stream, "data");
  const sockets = [1, 2].map(() => connect(server.port, "127.0.0.1").on("error", () => {}));
  closing.push(() => sockets.forEach((socket) => void socket.destroy()));
  await once(sockets[1]!, "close");
  expect(onCrowded).toHaveBeenCalledExactlyOnceWith({ address: "127.0.0.1", held: 3 });
  stream.write({ typeUrl: "b" });
  expect(await once(stream, "data")).toMatchObject([{ typeUrl: "b" }]);
  stream.on("error", () => {});
});

test("a port that is taken is said at once", async () => {
  const { port } = await start();
  await expect(start({}, { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
