import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Crowding, plainAddress } from "../../../src/serve/http/connections.ts";
import type { HttpOptions } from "../../../src/serve/start-http.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";

async function start(limits: HttpOptions["limits"] = {}) {
  const crowdings: Crowding[] = [];
  const huge = { contentType: "text/plain", metrics: () => Promise.resolve("x".repeat(16_000_000)) };
  const options = { limits, registry: huge, onCrowded: (crowding: Crowding) => crowdings.push(crowding) };
  const { server, feed } = await serveFeed(options);
  feed.set(knownPush());
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: server.port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  /** A probe as the kubelet sends it: over a connection of its own. Brings the status line, or nothing. */
  const probe = async (localAddress = "127.0.0.1"): Promise<string> => {
    const socket = await open(localAddress);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.write("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await once(socket, "close");
    return text.split("\r\n")[0]!;
  };
  return { server, open, probe, crowdings };
}

const ok = "HTTP/1.1 200 OK";
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const firstBytes = (socket: Socket) => once(socket, "data");

test("a probe is answered while one client holds as many connections as there may be, and comes back with each", async () => {
  const { open, probe, crowdings } = await start();
  const held: Socket[] = [];
  const hold = async (): Promise<void> => {
    const socket = await open("127.0.0.1");
    held.push(socket);
    socket.write(get("/v1/pools"));
    await firstBytes(socket);
    socket.once("close", () => void hold().catch(() => {}));
  };
  for (let index = 0; index < 2_048; index += 1) await hold();
  expect(crowdings).toEqual([]);
  for (let attempt = 0; attempt < 5; attempt += 1) expect(await probe()).toBe(ok);
  expect(crowdings[0]).toEqual({ address: "127.0.0.1", held: 2_048 });
  for (const socket of held) socket.removeAllListeners("close");
});

describe("a probe is answered while connections are held by", () => {
  const ways: [string, (socket: Socket) => unknown][] = [
    ["silence", () => {}],
    ["headers that drip", (socket) => socket.write("GET /livez HTTP/1.1\r\nHost:")],
    [
      "a body that drips",
      (socket) =>
        socket.write(
          "PUT /v1/pools/shop/checkout/connections?client=a HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{",
        ),
    ],
    [
      "answers that nobody reads",
      (socket) => {
        socket.pause();
        socket.write(get("/metrics"));
      },
    ],
    [
      "streams",
      async (socket) => {
        socket.write(get("/v1/pools/shop/checkout/watch"));
        await firstBytes(socket);
      },
    ],
  ];

  test.each(ways)("%s, of one address or of many", async (_, act) => {
    const most = 24;
    const { open, probe, crowdings } = await start({ connections: most });
    for (const spread of [false, true]) {
      for (let index = 0; index < most; index += 1) await act(await open(`127.0.1.${spread ? index + 2 : 1}`));
      expect(await probe()).toBe(ok);
      expect(await probe("127.0.0.9")).toBe(ok);
    }
    expect(crowdings.length).toBeGreaterThan(0);
  });
});

describe("who gives way", () => {
  test("is the address that holds most: the one connection of another stays, however long it idles", async () => {
    const { open, crowdings } = await start({ connections: 8 });
    const modest = await open("127.0.2.1");
    for (let index = 0; index < 40; index += 1) await open("127.0.2.2");
    modest.write(get("/v1/pools"));
    await firstBytes(modest);
    expect(new Set(crowdings.map(({ address, held }) => `${address} ${held}`))).toEqual(new Set(["127.0.2.2 7"]));
  });

  test("is what idles before what is answered, and a stream last", async () => {
    const { open } = await start({ connections: 4 });
    const stream = await open("127.0.2.1");
    stream.write(get("/v1/pools/shop/checkout/watch"));
    await firstBytes(stream);
    const answered = await open("127.0.2.1");
    answered.pause();
    answered.write(get("/metrics"));
    await once(answered, "readable");
    const idle = [await open("127.0.2.1"), await open("127.0.2.1")];
    const gone = idle.map((socket) => once(socket.resume(), "close"));
    const fresh = [await open("127.0.2.3"), await open("127.0.2.3")];
    await Promise.all(gone);
    // Two connections each: of those who hold as many, one has something that idles.
    const older = once(fresh[0]!.resume(), "close");
    await open("127.0.2.4");
    await older;
    const cut = once(answered.resume(), "close");
    for (let index = 0; index < 2; index += 1) await open("127.0.2.4");
    await Promise.race([cut, once(stream.resume(), "close")]);
    expect([stream.destroyed, answered.destroyed]).toEqual([false, true]);
  });
});

test("an address of IPv4 is the same in either form", () => {
  expect(["::ffff:10.0.0.7", "10.0.0.7", "::FFFF:10.0.0.7", "fd00::7", "::ffff:a00:7"].map(plainAddress)).toEqual([
    "10.0.0.7",
    "10.0.0.7",
    "10.0.0.7",
    "fd00::7",
    "::ffff:a00:7",
  ]);
  expect(plainAddress(undefined)).toBe("");
});
