import { expect, test } from "vitest";
import { askPod } from "../../src/kube/pod-proxy.ts";
import { Bench } from "./bench.ts";
import { fail } from "./faulty-server.ts";

const place = { namespace: "shop", pod: "web-1", port: 9090, scheme: "HTTP", path: "/metrics?a=b" } as const;
const options = { accept: "text/plain", timeoutMs: 5_000, maxBytes: 1_000 };

test("a page of a pod comes as the pod serves it", async () => {
  await using bench = await Bench.start(
    (response) => void response.setHeader("content-type", "text/plain").end("up 1\n"),
  );
  const answer = await askPod(bench.transport, place, options);
  expect(answer).toEqual({ kind: "answered", body: Buffer.from("up 1\n"), contentType: "text/plain" });
  const [seen] = bench.server.requests;
  expect(decodeURIComponent(seen!.path)).toBe("/api/v1/namespaces/shop/pods/web-1:9090/proxy/metrics");
  expect(String(seen!.query)).toBe("a=b");
});

test.each([401, 403, 404, 500])("a pod's own %d is the pod's", async (status) => {
  await using bench = await Bench.start((response) => void response.writeHead(status).end("no"));
  expect(await askPod(bench.transport, place, options)).toEqual({ kind: "status", status });
});

test("the API server's 401 is that of whoever asks", async () => {
  await using bench = await Bench.start((response) => fail(response, 401, "Unauthorized"));
  await expect(askPod(bench.transport, place, options)).rejects.toThrow();
});
