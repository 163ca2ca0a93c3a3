import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import type { ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetcherOf, fetchText } from "../../pods/fetching.ts";
import { createAuthority } from "../../tools/control-plane/certificates.ts";
import { findProgram, requirePart } from "../../tools/require-part.ts";
import { answered, failed, probeOnce, shortMs } from "../probes/probing.ts";
import { httpMetrics, serveHttp, serveHttps, serveTcp, serveTls, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const https = { type: "HTTP", scheme: "HTTPS" } as const;

describe.skipIf(!requirePart("openssl", findProgram("openssl") !== undefined))("over TLS", () => {
  let options: ServerOptions;
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-tls-"));

  // Of nobody that anybody knows, for no name and no address, and not even for a server.
  beforeAll(async () => {
    await createAuthority(folder);
    const [cert, key] = await Promise.all(["ca.crt", "ca.key"].map((file) => readFile(join(folder, file))));
    options = { cert: cert!, key: key! };
  });
  afterAll(() => rm(folder, { recursive: true }));

  const serve = (listener: RequestListener) => serving(serveHttps(options, listener));
  const silent = () => serving(serveTcp((socket) => void socket.resume()));
  const garbling = () =>
    serving(serveTcp((socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n"))));

  describe("a probe", () => {
    test("is answered whoever signed the certificate, over a connection of its own", async () => {
      const seen: unknown[] = [];
      const pod = await serve(({ url, headers }, response) => {
        seen.push(url, headers.host);
        response.end("ok");
      });
      expect(await probeOnce(pod, { ...https, path: "/healthz" })).toEqual(answered);
      expect(seen).toEqual(["/healthz", `${pod.pod.addresses[0]}:${pod.pod.ports[0]?.port}`]);
      await until(() => pod.open() === 0, "the connection's end");
    });

    test("takes a status for what it is, and follows no redirect", async () => {
      const statuses = [503, 302];
      const pod = await serve((_, response) => response.writeHead(statuses.shift()!, { location: "/" }).end());
      expect(await probeOnce(pod, https)).toEqual(failed("StatusNotOk"));
      expect(await probeOnce(pod, https)).toEqual(failed("Redirected"));
    });

    test("counts the time of the answer, not of the handshake", async () => {
      const pod = await serve((_, response) => setTimeout(() => response.end(), 150));
      const probed = await probeOnce(pod, https);
      expect(probed.kind === "answered" && probed.responseMs).toBeGreaterThanOrEqual(140);
    });

    test("fails where TLS is not spoken, or never to the end, and leaves nothing", async () => {
      const [plain, quiet] = [await garbling(), await silent()];
      const startedAt = performance.now();
      expect(await probeOnce(quiet, https, { timeoutMs: shortMs })).toEqual(failed("ConnectFailed"));
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(shortMs - 20);
      expect(await probeOnce(plain, https)).toEqual(failed("ConnectFailed"));
      await until(() => plain.open() + quiet.open() === 0, "the connections' end");
    });

    test("without the scheme speaks no TLS", async () => {
      const pod = await serve((_, response) => response.end("ok"));
      expect((await probeOnce(pod, { type: "HTTP" })).kind).toBe("failed");
    });
  });

  describe("a read", () => {
    const fetcher = (pod: Parameters<typeof fetcherOf>[0]) => fetcherOf(pod, cleanups, {}, "HTTPS");

    test("goes over one connection, whoever signed the certificate", async () => {
      const pod = await serve((_, response) => response.end("ok"));
      const reader = fetcher(pod);
      for (let time = 0; time < 4; time++) expect(await fetchText(reader)).toBe("ok");
      expect(pod.accepted()).toBe(1);
    });

    test("comes again over a new connection when the pod has closed the one it had", async () => {
      const pod = await serve((_, response) => response.end("ok"));
      const reader = fetcher(pod);
      expect(await fetchText(reader)).toBe("ok");
      const { pod: same } = pod;
      await pod.close();
      expect(await fetchText(reader)).toMatchObject({ kind: "failed" });
      const [address, port] = [same.addresses[0]!, same.ports[0]!.port];
      await serving(serveHttps(options, (_, response) => response.end("new"), address, port));
      expect(await fetchText(reader)).toBe("new");
    });

    test("fails in its time where TLS is not spoken, or never to the end, and is well afterwards", async () => {
      const plain = fetcher(await garbling());
      expect(await fetchText(plain)).toEqual(failed("ConnectFailed"));
      expect(await fetchText(plain)).toEqual(failed("ConnectFailed"));
      const quiet = await silent();
      const reader = fetcher(quiet);
      for (let time = 0; time < 2; time++) {
        const startedAt = performance.now();
        expect(await fetchText(reader, { timeoutMs: 200 })).toEqual(failed("ConnectFailed"));
        expect(performance.now() - startedAt).toBeGreaterThanOrEqual(180);
      }
      expect(quiet.accepted()).toBe(2);
      await until(() => quiet.open() === 0, "the connections' end");
    });

    test("takes an answer whose lines end in a line feed alone", async () => {
      const answer = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok";
      const pod = await serving(serveTls(options, (socket) => void socket.once("data", () => socket.write(answer))));
      const reader = fetcher(pod);
      for (let time = 0; time < 3; time++) expect(await fetchText(reader)).toBe("ok");
    });

    test("keeps its limits", async () => {
      const pod = await serve((_, response) => response.end("x".repeat(1_000)));
      const reader = fetcherOf(pod, cleanups, { maxBodyBytes: 999 }, "HTTPS");
      expect(await fetchText(reader)).toEqual(failed("BodyTooLarge"));
    });
  });

  test("a pool's pods are sampled as its source says", async () => {
    const text = "connections 7\nload 0.25\n";
    const secure = await serve((_, response) => response.end(text));
    const plain = await serving(serveHttp((_, response) => response.end(text)));
    const sampler = startSampler(cleanups);
    const metrics = unhurried(httpMetrics("300ms", "250ms", { scheme: "HTTPS" }));
    sampler.follow("ns/pool", { metrics, keep: 1, pods: [secure.pod, plain.pod] });
    const read = (uid: string) => sampler.readings("ns/pool").get(uid);
    await until(() => (read(secure.pod.uid)?.samples.length ?? 0) > 0, "a sample");
    expect(read(secure.pod.uid)!.samples[0]).toMatchObject({ connections: 7, load: 25 });
    await until(() => read(plain.pod.uid)?.failure === "ConnectFailed", "the failure");
  });
});
