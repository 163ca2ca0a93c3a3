import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { Agent, fetch as fetchWith } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { followPool } from "../../../src/client/client.ts";
import { certificateAccess } from "../../../src/serve/access/access.ts";
import type { Crowding } from "../../../src/serve/http/connections.ts";
import type { HttpOptions } from "../../../src/serve/start-http.ts";
import { readTls, type ServerIdentity } from "../../../src/serve/tls/tls-files.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { hasOpenssl, type Pair, useAuthority } from "../../tools/authority.ts";
import { knownPool } from "../known.ts";
import { serveFeed } from "../serving.ts";

const hosts = "DNS:evenkeel.test,IP:127.0.0.1";

describe.skipIf(!hasOpenssl())("a port with TLS", () => {
  const authority = useAuthority();

  async function start(options: Partial<HttpOptions> = {}, client?: Pair) {
    const pairOf = async () => {
      const { cert, key } = await authority.sign({ name: "evenkeel", hosts });
      return { "tls.crt": cert, "tls.key": key, "client-ca.crt": authority.ca };
    };
    const secret = await mountSecret(await pairOf());
    const clientCa = client && secret.path("client-ca.crt");
    const tls = await readTls({ cert: secret.path("tls.crt"), key: secret.path("tls.key"), clientCa }, { everyMs: 5 });
    onTestFinished(tls.close);
    const serving = await serveFeed({ ...options, tls });
    serving.feed.set(knownPool("shop", "checkout"));
    const renew = async (): Promise<ServerIdentity> => {
      const changed = new Promise<ServerIdentity>((resolve) => void tls.subscribe(resolve));
      await secret.turn(await pairOf());
      return changed;
    };
    const open = async (localAddress = "127.0.0.1"): Promise<TLSSocket> => {
      const { port } = serving.server;
      const carrier = connectTcp({ port, host: "127.0.0.1", localAddress });
      const socket = connect({ socket: carrier, servername: "evenkeel.test", ca: authority.ca, ...client });
      socket.on("error", () => {});
      onTestFinished(() => void socket.destroy());
      await once(socket, "secureConnect");
      return socket;
    };
    const agent = new Agent({ connect: { ca: authority.ca } });
    onTestFinished(() => agent.destroy());
    const trusting = ((url: string, init: object) => fetchWith(url, { ...init, dispatcher: agent })) as typeof fetch;
    return { ...serving, tls, renew, open, trusting };
  }

  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const printOf = (socket: TLSSocket) => socket.getPeerCertificate().fingerprint256;

  test("answers whoever trusts its certificate, and nobody in plain text", async () => {
    const { server, trusting } = await start();
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    const answer = await trusting(`${server.url}/v1/pools/shop/checkout`);
    expect([answer.status, ((await answer.json()) as { name: string }).name]).toEqual([200, "checkout"]);
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${server.port}/livez`)).rejects.toThrow();
    expect((await trusting(`${server.url}/livez`)).status).toBe(200);
  });

  test("speaks no TLS older than 1.2", async () => {
    const { server } = await start();
    const socket = connect({ port: server.port, ca: authority.ca, minVersion: "TLSv1", maxVersion: "TLSv1.1" });
    onTestFinished(() => void socket.destroy());
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/PROTOCOL|VERSION|EPROTO/i);
  });

  test("shows a new certificate to who comes anew, and goes on with who is there", async () => {
    const { open, renew } = await start();
    const before = await open();
    before.write(get("/livez"));
    await once(before, "data");
    await renew();
    const after = await open();
    expect(printOf(after)).not.toBe(printOf(before));
    before.write(get("/livez"));
    const [answered] = await once(before, "data");
    expect(String(answered)).toMatch(/^HTTP\/1\.1 200/);
  });

  test("serves the client of JavaScript, which follows through a renewal", async () => {
    const { server, feed, trusting, renew } = await start({ limits: { gapMs: 1 } });
    const followed = followPool({ url: `${server.url}/v1/pools/shop/checkout`, fetch: trusting });
    onTestFinished(() => followed.close());
    await followed.ready;
    expect(followed.state()).toBe("streaming");
    await renew();
    feed.set(knownPool("shop", "checkout", { endpoints: [] }));
    await expect.poll(() => followed.pool()?.endpoints).toEqual([]);
  });

  test("lets nobody keep others out: neither by handshakes that never end, nor by idling", async () => {
    const crowdings: Crowding[] = [];
    const { server, open } = await start({
      limits: { connections: 20 },
      onCrowded: (crowding) => crowdings.push(crowding),
    });
    const silent = Array.from({ length: 15 }, () => connectTcp({ port: server.port, localAddress: "127.0.0.2" }));
    for (const socket of silent) onTestFinished(() => void socket.destroy());
    await Promise.all(silent.map((socket) => once(socket, "connect")));
    const idle = await Promise.all(Array.from({ length: 10 }, () => open("127.0.0.3")));
    for (const socket of [await open(), ...idle.slice(-3)]) {
      socket.write(get("/livez"));
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    }
    expect(new Set(crowdings.map(({ address }) => address))).toEqual(new Set(["127.0.0.2"]));
  });

  test("gives up an answer last that goes on, and an idle connection first", async () => {
    const { open } = await start({ limits: { connections: 3 } });
    const ended: string[] = [];
    const named = async (name: string, path?: string): Promise<Socket> => {
      const socket = await open();
      socket.once("close", () => ended.push(name));
      if (path === undefined) return socket;
      socket.write(get(path));
      await once(socket, "data");
      return socket;
    };
    await named("stream", "/v1/pools/shop/checkout/watch");
    await named("answered", "/livez");
    await named("mute");
    await named("next", "/livez");
    await expect.poll(() => ended).toHaveLength(1);
    await named("last", "/livez");
    await expect.poll(() => ended).toHaveLength(2);
    expect(ended).not.toContain("stream");
  });

  test("ends a stream when the certificate of its client does, and answers it no more", async () => {
    const pair = await authority.sign({ name: "reader" });
    const end = Date.parse(new X509Certificate(pair.cert).validTo);
    const clock = vi.spyOn(Date, "now").mockReturnValue(end - 20);
    onTestFinished(() => clock.mockRestore());
    const { open } = await start({ access: certificateAccess }, pair);
    const [stream, waiting] = [await open(), await open()];
    stream.write(get("/v1/pools/shop/checkout/watch"));
    expect(String((await once(stream, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    waiting.write(get("/v1/pools/shop/checkout"));
    expect(String((await once(waiting, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    const ended = new Promise<void>((resolve) => {
      stream.on("data", (part) => String(part).endsWith("0\r\n\r\n") && resolve());
      stream.on("close", resolve);
    });
    clock.mockReturnValue(end);
    await ended;
    waiting.removeAllListeners("data");
    const answer = once(waiting, "data");
    waiting.write(get("/v1/pools/shop/checkout"));
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 401/);
  });

  test("ends handshakes and streams when it stops", async () => {
    const { server, open } = await start();
    const shaking = connectTcp(server.port, "127.0.0.1");
    await once(shaking, "connect");
    const stream = await open();
    stream.write(get("/v1/pools/shop/checkout/watch"));
    await once(stream, "data");
    const ends = [shaking, stream].map((socket) => once(socket.resume(), "close"));
    await server.stop();
    await Promise.all(ends);
  });
});
