import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFeed } from "../../../src/serve/feed.ts";
import { describeEnvoy } from "../../rigs/envoy/describe-envoy.ts";
import { asPool, endpointOf, knownPool } from "../known.ts";
import { type FrontParts, startFront } from "./envoy-front.ts";

const megabyte = 2 ** 20;

const hashOf = (...parts: readonly Buffer[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/** A pod that sends back each part of a body as it comes, and its trailers. */
async function startEcho(): Promise<{ readonly server: Http2Server; readonly port: number }> {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const trailers: Record<string, string> = {};
    stream.on("trailers", ({ "x-sum": sum }) =>
      Object.assign(trailers, { "x-sum": String(sum), "x-path": headers[":path"] }),
    );
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.on("error", () => {});
    stream.pipe(stream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

describeEnvoy("bodies through Envoy and the endpoint picker", (program) => {
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let session: ClientHttp2Session | undefined;

  beforeEach(async () => {
    echo = await startEcho();
  });
  afterEach(() => {
    session?.destroy();
    echo.server.close();
  });

  async function frontWith(modes: Readonly<Record<string, string>>) {
    const feed = createFeed();
    const ports = [{ name: "http", port: echo.port }];
    const known = knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1, { address: "127.0.0.1", ports })] });
    feed.set(asPool(known, { spec: { ...known.observation.pool.spec, ports } }));
    const front = await startFront(program, {
      feed,
      change({ picker, cluster, route }: FrontParts) {
        // With retries, Envoy 1.39 sends a body that it streams to a picker twice where trailers follow (envoyproxy/envoy#46095).
        delete route.route.retry_policy;
        // Whatever the picker does not answer for fails.
        picker.failure_mode_allow = false;
        picker.processing_mode = { response_header_mode: "SEND", ...modes };
        cluster.typed_extension_protocol_options = {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            explicit_http_config: { http2_protocol_options: {} },
          },
        };
      },
    });
    session = connect(front.url);
    return { ...front, session };
  }

  /** Sends a body and its trailers, and reads those of the answer meanwhile. */
  async function exchange(open: ClientHttp2Session, body: Buffer) {
    const stream = open.request({ ":method": "POST", ":path": "/echo" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": hashOf(body) }));
    const trailers = new Promise<Record<string, unknown>>((resolve) => {
      stream.on("trailers", resolve).on("close", () => resolve({}));
    });
    const answer = once(stream, "response");
    const received: Buffer[] = [];
    const reading = (async () => {
      for await (const part of stream) received.push(part as Buffer);
    })();
    stream.end(body);
    const [headers] = (await answer) as [Record<string, unknown>];
    await reading;
    const { "x-sum": sum } = await trailers;
    return { status: headers[":status"], hash: hashOf(...received), sum };
  }

  const fullDuplex = {
    request_body_mode: "FULL_DUPLEX_STREAMED",
    response_body_mode: "FULL_DUPLEX_STREAMED",
    request_trailer_mode: "SEND",
    response_trailer_mode: "SEND",
  };

  test("of many megabytes both ways come through full-duplex streaming as they were sent, with their trailers", async () => {
    const { session: open, served } = await frontWith(fullDuplex);
    const bodies = [randomBytes(8 * megabyte), randomBytes(3 * megabyte), Buffer.alloc(0), Buffer.from("x")];
    const answers = await Promise.all(bodies.map((body) => exchange(open, body)));
    expect(answers).toEqual(bodies.map((body) => ({ status: 200, hash: hashOf(body), sum: hashOf(body) })));
    expect(served).toEqual(bodies.map(() => "first"));
  });

  test("are answered while they are being sent", async () => {
    const { session: open } = await frontWith(fullDuplex);
    const stream = open.request({ ":method": "POST", ":path": "/echo" });
    for (const part of ["one", "two", "three"]) {
      stream.write(part);
      expect(String((await once(stream, "data"))[0])).toBe(part);
    }
    stream.end();
    await once(stream, "end");
  });

  test.each(["STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "NONE"])("come through mode %s", async (mode) => {
    const { session: open } = await frontWith({ request_body_mode: mode, response_body_mode: mode });
    // Envoy buffers a megabyte at most.
    const body = randomBytes(mode === "STREAMED" || mode === "NONE" ? 4 * megabyte : megabyte / 2);
    expect(await exchange(open, body)).toMatchObject({ status: 200, hash: hashOf(body) });
  });
});
