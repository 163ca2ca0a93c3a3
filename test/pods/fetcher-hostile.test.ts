import { spawn } from "node:child_process";
import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fetcher } from "../../src/pods/fetcher.ts";
import { nextAddress, serveHttp, serveTcp, until, useCleanups } from "../observe/sampling/fake-pods.ts";
import { answering, closing, failed, fetcherOf, fetchText, request } from "./fetching.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

describe("a hostile pod", () => {
  test.each([500, 404, 204, 206, 401])("with status %d", async (status) => {
    const pod = await serving(serveHttp((_, response) => response.writeHead(status).end()));
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("StatusNotOk"));
  });

  test.each([301, 302, 303, 307, 308])("that redirects with %d leads nowhere", async (status) => {
    let hits = 0;
    const canary = await serving(serveHttp((_, response) => response.end(`${++hits}`)));
    const location = `http://${canary.pod.addresses[0]}:${canary.pod.ports[0]?.port}/secret`;
    const pod = await serving(serveHttp((_, response) => response.writeHead(status, { location }).end()));
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("Redirected"));
    expect({ hits, connections: canary.accepted() }).toEqual({ hits: 0, connections: 0 });
  });

  test("that announces too much is cut before the body", async () => {
    const pod = await serving(
      serveHttp((_, response) => response.writeHead(200, { "content-length": 1e9 }).flushHeaders()),
    );
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("BodyTooLarge"));
    await until(() => pod.open() === 0, "the connection's end");
  });

  test("that sends 100 MB is cut at the limit, at the cost of little memory", async () => {
    const block = Buffer.alloc(65_536, "x");
    let sent = 0;
    const pod = await serving(
      serveHttp((_, response) => {
        const pump = () => {
          while (sent < 100e6 && !response.destroyed) {
            sent += block.length;
            if (!response.write(block)) return;
          }
        };
        response.on("drain", pump);
        pump();
      }),
    );
    const fetcher = fetcherOf(pod, cleanups);
    const before = process.memoryUsage.rss();
    expect(await fetchText(fetcher)).toEqual(failed("BodyTooLarge"));
    await until(() => pod.open() === 0, "the connection's end");
    expect(process.memoryUsage.rss() - before).toBeLessThan(32e6);
    expect(sent).toBeLessThan(50e6);
  });

  test("that sends a megabyte in chunks of one byte is cut", async () => {
    const pod = await serving(
      answering(Buffer.from(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(500_000)}`)),
    );
    const before = process.memoryUsage.rss();
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("TooManyChunks"));
    expect(process.memoryUsage.rss() - before).toBeLessThan(64e6);
  });

  const bomb = Buffer.alloc(64_000_000);
  const bombs: [what: string, failure: string, encoding: string, body: () => Buffer][] = [
    ["a brotli bomb", "EncodingRefused", "br", () => brotliCompressSync(Buffer.alloc(8_000_000))],
    ["a deflate bomb", "EncodingRefused", "deflate", () => deflateSync(bomb)],
    ["a gzip bomb", "BodyTooLarge", "gzip", () => gzipSync(bomb)],
    ["a chain of encodings", "EncodingRefused", "gzip, gzip", () => gzipSync(gzipSync(bomb))],
    ["six layers", "EncodingRefused", "gzip,gzip,gzip,gzip,gzip,gzip", () => gzipSync(bomb)],
    ["an unknown encoding", "EncodingRefused", "zstd", () => Buffer.from("x")],
    ["gzip that is none", "Malformed", "gzip", () => Buffer.from("x".repeat(100))],
    ["gzip that is cut", "Malformed", "gzip", () => gzipSync("x".repeat(1_000)).subarray(0, 15)],
  ];
  test.each(bombs)("with %s: %s", async (_, failure, encoding, body) => {
    const bytes = body();
    const pod = await serving(serveHttp((_, response) => response.setHeader("content-encoding", encoding).end(bytes)));
    const before = process.memoryUsage.rss();
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed(failure));
    expect(process.memoryUsage.rss() - before).toBeLessThan(32e6);
  });

  test("with two encoding headers", async () => {
    const pod = await serving(
      answering("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx"),
    );
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("EncodingRefused"));
  });

  test("that drips is cut at the deadline", async () => {
    const timers: NodeJS.Timeout[] = [];
    const pod = await serving(
      serveHttp((_, response) => {
        response.flushHeaders();
        timers.push(setInterval(() => response.write("x"), 20));
      }),
    );
    expect(await fetchText(fetcherOf(pod, cleanups), { timeoutMs: 200 })).toEqual(failed("TimedOut"));
    await until(() => pod.open() === 0, "the connection's end");
    for (const timer of timers) clearInterval(timer);
  });

  test("that drips its headers is cut at the deadline", async () => {
    const timers: NodeJS.Timeout[] = [];
    const pod = await serving(
      serveTcp((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        timers.push(setInterval(() => socket.write("a: b\r\n"), 20));
      }),
    );
    expect(await fetchText(fetcherOf(pod, cleanups), { timeoutMs: 200 })).toEqual(failed("TimedOut"));
    await until(() => pod.open() === 0, "the connection's end");
    for (const timer of timers) clearInterval(timer);
  });

  test("that sends interim answers without end is cut at the deadline", async () => {
    const timers: NodeJS.Timeout[] = [];
    const pod = await serving(
      serveTcp((socket) => {
        timers.push(setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 10));
      }),
    );
    expect(await fetchText(fetcherOf(pod, cleanups), { timeoutMs: 200 })).toEqual(failed("TimedOut"));
    await until(() => pod.open() === 0, "the connection's end");
    for (const timer of timers) clearInterval(timer);
  });

  test.each(["103 Early Hints", "100 Continue"])("that sends %s as fast as it can is cut", async (interim) => {
    const block = `HTTP/1.1 ${interim}\r\n\r\n`.repeat(1_000);
    const pod = await serving(
      serveTcp((socket) => {
        const pump = (): void => {
          while (!socket.destroyed && socket.write(block));
        };
        socket.on("drain", pump).once("data", pump);
      }),
    );
    expect(await fetchText(fetcherOf(pod, cleanups))).toEqual(failed("TooManyChunks"));
    await until(() => pod.open() === 0, "the connection's end");
  });

  test("that hangs is cut at the deadline, and read when it is well again", async () => {
    let isWell = false;
    const pod = await serving(serveHttp((_, response) => (isWell ? response.end("ok") : undefined)));
    const fetcher = fetcherOf(pod, cleanups);
    expect(await fetchText(fetcher, { timeoutMs: 50 })).toEqual(failed("TimedOut"));
    await until(() => pod.open() === 0, "the connection's end");
    isWell = true;
    expect(await fetchText(fetcher)).toBe("ok");
  });

  const answers: [what: string, failure: string, text: string][] = [
    ["that is not HTTP", "NotHttp", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["with bytes for headers", "Malformed", "HTTP/1.1 200 OK\r\n\u0000\u0001: x\r\n\r\n"],
    ["with a huge header", "HeaderTooLarge", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(70_000)}\r\n\r\n`],
    ["with many headers", "HeaderTooLarge", `HTTP/1.1 200 OK\r\n${"a: bcdefgh\r\n".repeat(5_000)}\r\n`],
    ["with two lengths", "ConnectionCut", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"],
    ["with a bad chunk", "Malformed", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
    [
      "that switches protocols",
      "ConnectionCut",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
  ];
  test.each(answers)("%s: %s", async (_, failure, text) => {
    expect(await fetchText(fetcherOf(await serving(answering(text)), cleanups))).toEqual(failed(failure));
  });

  const cuts: [what: string, text: string][] = [
    ["before it answers", ""],
    ["in its headers", "HTTP/1.1 200 OK\r\ncontent-le"],
    ["in its body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nconnec"],
    ["in a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nconnec"],
    ["between chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncon\r\n"],
  ];
  test.each(cuts)("that closes %s", async (_, text) => {
    expect(await fetchText(fetcherOf(await serving(closing(text)), cleanups))).toEqual(failed("ConnectionCut"));
  });

  test("that listens no more, then does", async () => {
    const first = await serveHttp((_, response) => response.end("ok"));
    const fetcher = fetcherOf(first, cleanups);
    await first.close();
    expect(await fetchText(fetcher)).toEqual(failed("ConnectFailed"));
    expect(await fetchText(fetcher)).toEqual(failed("ConnectFailed"));
    await serving(serveHttp((_, response) => response.end("back"), first.pod.addresses[0], first.pod.ports[0]?.port));
    expect(await fetchText(fetcher)).toBe("back");
  });

  test("that takes no connection is given up at the deadline", async () => {
    // A full backlog drops what else knocks, as a NetworkPolicy does: the process sleeps and accepts nothing.
    const address = nextAddress();
    const script = `require("node:net").createServer().listen({ host: "${address}", port: 0, backlog: 1 }, function () {
      require("node:fs").writeSync(1, String(this.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.add(async () => void child.kill("SIGKILL"));
    const port = Number(await new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data)))));
    const fillers = Array.from({ length: 4 }, () => connect({ host: address, port }).on("error", () => {}));
    cleanups.add(async () => {
      for (const filler of fillers) filler.destroy();
    });
    await until(() => fillers.some(({ connecting }) => !connecting), "a filler's connection");
    const fetcher = new Fetcher({ kind: "dial", address, port });
    cleanups.add(() => fetcher.close());
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const before = sockets();
    expect(await fetchText(fetcher, { timeoutMs: 150 })).toEqual(failed("ConnectFailed"));
    expect(await fetchText(fetcher, { timeoutMs: 150 })).toEqual(failed("ConnectFailed"));
    await until(() => sockets() <= before, "the end of the attempts to connect");
  });

  test("that says anything at all brings nothing down", async () => {
    let text = Buffer.alloc(0);
    const pod = await serving(
      serveTcp((socket) => {
        socket.on("data", () => socket.end(text));
      }),
    );
    const part = fc.constantFrom(
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 204 No\r\n",
      "HTTP/1.0 200\r\n",
      "\r\n",
      "\r\n\r\n",
      "content-length: 3\r\n",
      "transfer-encoding: chunked\r\n",
      "transfer-encoding: gzip\r\n",
      "connection: close\r\n",
      "connection: upgrade\r\nupgrade: h2c\r\n",
      "keep-alive: timeout=0\r\n",
      "content-encoding: gzip\r\n",
      "3\r\nabc\r\n",
      "0\r\n\r\n",
      "abc",
      "\u0000",
      "-1",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    );
    const fetcher = fetcherOf(pod, cleanups);
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        text = Buffer.from(parts.join(""));
        expect(["answered", "failed"]).toContain((await fetcher.fetch(request)).kind);
      }),
      { numRuns: 400 },
    );
  });
});
