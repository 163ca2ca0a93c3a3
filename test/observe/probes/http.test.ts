import { describe, expect, test } from "vitest";
import { serveHttp, serveTcp, until, useCleanups } from "../sampling/fake-pods.ts";
import { answered, failed, probeOnce, shortMs } from "./probing.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const http = { type: "HTTP" } as const;

test("gets the path from the pod itself and takes any 2xx, with its body or without", async () => {
  const seen: (string | undefined)[] = [];
  const statuses = [200, 204, 299];
  const pod = await serving(
    serveHttp((request, response) => {
      seen.push(request.method, request.url, request.headers.host, request.headers["user-agent"]);
      response.writeHead(statuses.shift()!).end();
    }),
  );
  const host = `${pod.pod.addresses[0]}:${pod.pod.ports[0]?.port}`;
  for (const path of ["/", "/healthz", "/a/b"]) {
    expect(await probeOnce(pod, { ...http, path })).toEqual(answered);
    expect(seen.splice(0)).toEqual(["GET", path, host, "evenkeel"]);
  }
  await until(() => pod.open() === 0, "the connections' end");
});

test("the time is that of the answer, to its end", async () => {
  const pod = await serving(
    serveHttp((_, response) => {
      response.write("a");
      setTimeout(() => response.end("b"), 150);
    }),
  );
  const probed = await probeOnce(pod, http);
  expect(probed).toEqual(answered);
  expect(probed.kind === "answered" && probed.responseMs).toBeGreaterThanOrEqual(140);
});

test.each([
  [301, "Redirected"],
  [302, "Redirected"],
  [304, "Redirected"],
  [400, "StatusNotOk"],
  [404, "StatusNotOk"],
  [500, "StatusNotOk"],
  [503, "StatusNotOk"],
])("a status of %i is %s", async (status, failure) => {
  const pod = await serving(serveHttp((_, response) => response.writeHead(status).end("why")));
  expect(await probeOnce(pod, http)).toEqual(failed(failure));
});

test("a redirect is not followed", async () => {
  const other = await serving(serveHttp((_, response) => response.end()));
  const location = `http://${other.pod.addresses[0]}:${other.pod.ports[0]?.port}/`;
  const pod = await serving(serveHttp((_, response) => response.writeHead(307, { location }).end()));
  expect(await probeOnce(pod, http)).toEqual(failed("Redirected"));
  expect(other.accepted()).toBe(0);
});

test("a port where nobody listens is no answer", async () => {
  const pod = await serving(serveHttp(() => {}));
  await pod.close();
  expect(await probeOnce(pod, http)).toEqual(failed("ConnectFailed"));
});

describe("a hostile server", () => {
  test.each<[what: string, failure: string, text: string]>([
    ["greets like an SSH server", "Malformed", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["answers garbage", "Malformed", "\u0000\u0001CANARY\r\n\r\n"],
    ["sends a header without end", "Malformed", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(40_000)}`],
    ["is cut in its header", "ConnectionCut", "HTTP/1.1 200 OK\r\nx: a"],
    ["is cut in its body", "ConnectionCut", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\na"],
  ])("that %s", async (_, failure, text) => {
    const pod = await serving(serveTcp((socket) => void socket.once("data", () => socket.end(text))));
    expect(await probeOnce(pod, http)).toEqual(failed(failure));
  });

  test("that never answers, or never to the end, fails when the time is up", async () => {
    const silent = await serving(serveTcp((socket) => void socket.resume()));
    const dripping = await serving(
      serveHttp((_, response) => {
        const drip = setInterval(() => response.write("a"), 50);
        cleanups.add(() => clearInterval(drip));
      }),
    );
    const startedAt = performance.now();
    const both = await Promise.all([silent, dripping].map((pod) => probeOnce(pod, http, { timeoutMs: shortMs })));
    expect(both).toEqual([failed("TimedOut"), failed("TimedOut")]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(shortMs - 20);
    await until(() => silent.open() + dripping.open() === 0, "the connections' end");
  });

  test("that sends without end is not read to it", async () => {
    const block = Buffer.alloc(65_536);
    let sent = 0;
    const pod = await serving(
      serveHttp((_, response) => {
        const pump = () => {
          while (!response.destroyed) {
            sent += block.length;
            if (!response.write(block)) return;
          }
        };
        response.on("drain", pump);
        pump();
      }),
    );
    expect(await probeOnce(pod, http)).toEqual(answered);
    await until(() => pod.open() === 0, "the connection's end");
    // What the two kernels hold in their buffers, and no more.
    expect(sent).toBeLessThan(32_000_000);
  });
});
