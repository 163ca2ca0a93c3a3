import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { serveHttp, serveTcp, until, useCleanups } from "../observe/sampling/fake-pods.ts";
import { closing, failed, fetcherOf, fetchText, request } from "./fetching.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

describe("a pod that is well", () => {
  test("is read over one connection, with a plain request", async () => {
    const seen: unknown[] = [];
    const pod = await serving(
      serveHttp(({ method, url, headers }, response) => {
        seen.push({ method, url, accept: headers.accept, encoding: headers["accept-encoding"], host: headers.host });
        response.end("ok");
      }),
    );
    const fetcher = fetcherOf(pod, cleanups);
    for (let time = 0; time < 5; time++) expect(await fetchText(fetcher)).toBe("ok");
    expect(pod.accepted()).toBe(1);
    const host = `${pod.pod.addresses[0]}:${pod.pod.ports[0]?.port}`;
    expect(seen[4]).toEqual({ method: "GET", url: "/metrics", accept: "text/plain", encoding: "identity", host });
  });

  test("is read over IPv6", async () => {
    const pod = await serving(serveHttp((_, response) => response.end("ok"), "::1"));
    expect(await fetchText(fetcherOf(pod, cleanups))).toBe("ok");
  });

  test("may send its body in pieces", async () => {
    const pieces = Array.from({ length: 300 }, (_, index) => `${index} `.repeat(40));
    const pod = await serving(
      serveHttp(async (_, response) => {
        for (const piece of pieces) {
          response.write(piece);
          if (piece.startsWith("7 ")) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        response.end();
      }),
    );
    const fetcher = fetcherOf(pod, cleanups);
    expect(await fetchText(fetcher)).toBe(pieces.join(""));
    expect(await fetchText(fetcher)).toBe(pieces.join(""));
  });

  test("may send a body as large as the limit", async () => {
    const text = "x".repeat(1_000);
    const pod = await serving(serveHttp((_, response) => response.end(text)));
    expect(await fetchText(fetcherOf(pod, cleanups, { maxBodyBytes: 1_000 }))).toBe(text);
    expect(await fetchText(fetcherOf(pod, cleanups, { maxBodyBytes: 999 }))).toEqual(failed("BodyTooLarge"));
  });

  test("may end its body by closing", async () =>
    expect(await fetchText(fetcherOf(await serving(closing("HTTP/1.0 200 OK\r\n\r\nold")), cleanups))).toBe("old"));

  test("may compress with gzip though not asked", async () => {
    const pod = await serving(
      serveHttp((_, response) => response.setHeader("content-encoding", "gzip").end(gzipSync("ok"))),
    );
    expect(await fetchText(fetcherOf(pod, cleanups))).toBe("ok");
  });

  test("says whether it answers in OpenMetrics", async () => {
    const pod = await serving(
      serveHttp(({ url }, response) => response.setHeader("content-type", `${url?.slice(1)}; version=1.0.0`).end()),
    );
    const fetcher = fetcherOf(pod, cleanups);
    expect(await fetcher.fetch({ ...request, path: "/application/openmetrics-text" })).toMatchObject({
      openMetrics: true,
    });
    expect(await fetcher.fetch({ ...request, path: "/text/plain" })).toMatchObject({ openMetrics: false });
  });

  test("is heard even if we were too busy to listen until after the deadline", async () => {
    const timeoutMs = 2_000;
    const pod = await serving(
      serveHttp((_, response) => {
        response.end("ok");
        setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs + 100));
      }),
    );
    expect(await fetchText(fetcherOf(pod, cleanups), { timeoutMs })).toBe("ok");
  });

  test("may close an idle connection at the moment it is used again", async () => {
    let answers = 0;
    const pod = await serving(
      serveTcp((socket) => {
        let requests = 0;
        socket.on("data", () => {
          if (++requests > 1) return socket.destroy();
          answers++;
          return socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
      }),
    );
    const fetcher = fetcherOf(pod, cleanups);
    for (let time = 0; time < 4; time++) expect(await fetchText(fetcher)).toBe("ok");
    expect({ answers, connections: pod.accepted() }).toEqual({ answers: 4, connections: 4 });
  });
});

describe("closing", () => {
  test("cuts what is under way", async () => {
    const pod = await serving(serveHttp(() => {}));
    const fetcher = fetcherOf(pod, cleanups);
    const answer = fetchText(fetcher);
    await until(() => pod.open() === 1, "a connection");
    await fetcher.close();
    expect(await answer).toMatchObject({ kind: "failed" });
    await until(() => pod.open() === 0, "the connection's end");
    expect(await fetchText(fetcher)).toMatchObject({ kind: "failed" });
    expect(pod.accepted()).toBe(1);
  });
});
