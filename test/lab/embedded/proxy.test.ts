import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { Session } from "../../suites/api-suite/session.ts";

// What kubectl get --raw and kubectl's plugin reach through a Service, as kube-apiserver has it.

let server: Embedded;
let session: Session;
const backend = createServer((request, response) => {
  if (request.url === "/broken") {
    response.write("a part", () => request.socket.resetAndDestroy());
    return;
  }
  const { host, authorization } = request.headers;
  response.end(`${request.method} ${request.url} of ${host} ${authorization ?? "without a token"}`);
});

beforeAll(async () => {
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  server = await startEmbedded({ crds: [] });
  session = new Session(connectHttp(server.url, "default"));
  const { port } = backend.address() as AddressInfo;
  await session.create(`${session.core}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "api" },
    spec: {
      ports: [
        { name: "http", port: 80 },
        { name: "other", port: 81 },
      ],
    },
  });
  const slice = (name: string, parts: object) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels: { "kubernetes.io/service-name": "api" } },
    addressType: "IPv4",
    ...parts,
  });
  const slices = session.inNamespace("discovery.k8s.io/v1", "endpointslices");
  const ready = { addresses: ["127.0.0.1"], conditions: { ready: true } };
  const unready = { addresses: ["127.0.0.9"], conditions: { ready: false } };
  await session.create(slices, slice("api-1", { endpoints: [unready, ready], ports: [{ name: "http", port }] }));
  await session.create(slices, slice("api-2", { endpoints: [unready], ports: [{ name: "other", port }] }));
});
afterAll(async () => {
  await server.close();
  backend.close();
});

const read = (name: string, path = "") => fetch(`${server.url}${session.core}/services/${name}/proxy${path}`);

test.each(["api:http", "api:80", "http:api:http"])(
  "%s is a ready endpoint of the Service, asked with the path and no credentials",
  async (name) => {
    const headers = { authorization: "Bearer secret" };
    const answer = await fetch(`${server.url}${session.core}/services/${name}/proxy/v1/pools?x=1`, { headers });
    const { port } = backend.address() as AddressInfo;
    expect(await answer.text()).toBe(`GET /v1/pools?x=1 of 127.0.0.1:${port} without a token`);
  },
);

test.each([
  ["api:other", 503, 'no endpoints available for service "api"'],
  ["api", 503, 'no endpoints available for service "api"'],
  ["api:82", 503, 'no service port 82 found for service "api"'],
  ["absent:http", 404, 'services "absent" not found'],
] as const)("%s is refused with %i", async (name, code, message) => {
  const answer = await read(name);
  expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([code, message]);
});

test("an answer that breaks off is broken off, and the server goes on", async () => {
  const broken = await read("api:http", "/broken");
  await expect(broken.text()).rejects.toThrow();
  expect((await read("api:http", "/whole")).status).toBe(200);
});
