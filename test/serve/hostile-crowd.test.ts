import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { writeKubeconfig } from "../rigs/embedded-kubeconfig.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** Of HTTP/2: length, type, flags and stream of a frame. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0)]);
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** `:method: POST`, `:scheme: http` and `:path: /` of HPACK's static table. */
const headers = Buffer.from([0x83, 0x86, 0x84]);
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** What a client may send without reading anything that it is answered. */
const floods: Readonly<Record<string, Buffer | string>> = {
  nothing: "",
  "half a request": "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
  "a head without end": `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(1_000_000)}`,
  "requests without end": get("/v1/pools/default/web").repeat(3_000),
  explanations: get("/v1/pools/default/web/explain").repeat(300),
  watches: get("/v1/pools/default/web/watch").repeat(100),
  "a body without end": `POST /v1/pools/default/web/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{`,
  "paths that climb": ["/../../etc/passwd", "/%2e%2e/%2e%2e/", "//v1//pools", "/%00", "/\\..\\"].map(get).join(""),
  "two lengths":
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  "a tunnel": "CONNECT localhost:6443 HTTP/1.1\r\nHost: localhost:6443\r\n\r\n",
  "an upgrade": "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  bytes: Buffer.from(many(20_000, (index) => (index * 7_919) % 251)),
  "a line without end": "default/web ".repeat(50_000),
  settings: Buffer.concat([preface, ...many(20_000, () => frame(4, 0, 0))]),
  pings: Buffer.concat([preface, ...many(20_000, () => frame(6, 0, 0, Buffer.alloc(8)))]),
  "streams that are reset": Buffer.concat([
    preface,
    ...many(5_000, (index) =>
      Buffer.concat([frame(1, 4, 2 * index + 1, headers), frame(3, 0, 2 * index + 1, Buffer.alloc(4))]),
    ),
  ]),
  continuations: Buffer.concat([
    preface,
    frame(1, 0, 1, headers),
    ...many(20_000, () => frame(9, 0, 1, Buffer.alloc(100, 0x40))),
  ]),
  "windows that overflow": Buffer.concat([preface, ...many(9, () => frame(8, 0, 0, Buffer.from("7fffffff", "hex")))]),
};

test("a crowd that does all it can at every port ends nothing, and keeps nobody else out", async () => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web"));
  await session.create(poolsPath, poolOf("web"));
  const kubeconfig = await writeKubeconfig(stage.url);
  const [page, health, xds, extproc, haproxy] = (await findFreePorts(5)) as [number, number, number, number, number];
  const operator = await OperatorProcess.start({
    kubeconfig,
    "lease-namespace": "default",
    page: "true",
    "page-port": String(page),
    "health-port": String(health),
    "xds-bind": `127.0.0.1:${xds}`,
    "extproc-bind": `127.0.0.1:${extproc}`,
    "haproxy-bind": `127.0.0.1:${haproxy}`,
  });
  onTestFinished(async () => void (await operator.end("SIGKILL")));
  const isKnown = (name: string) => waitFor(async () => await operator.pool("default", name), `pool ${name}`);
  await isKnown("web");

  const sockets = new Set<Socket>();
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const ports = [Number(new URL(operator.url).port), page, health, xds, extproc, haproxy];
  const begin = (port: number, flood: Buffer | string): void => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.66" });
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    // Never read: what is answered stays in between.
    socket.pause();
    socket.write(flood);
  };
  for (const flood of Object.values(floods))
    for (const port of ports) {
      begin(port, flood);
      begin(port, flood);
    }
  for (const port of ports) for (let index = 0; index < 150; index += 1) begin(port, "");

  // Whoever comes from elsewhere is served meanwhile, at each port.
  for (let round = 0; round < 5; round += 1) {
    expect(await operator.pool("default", "web")).toBeDefined();
    const probe = await request(`http://127.0.0.1:${health}/livez`);
    expect([probe.statusCode, await probe.body.text()]).toEqual([200, "ok\n"]);
    const shown = await request(`http://127.0.0.1:${page}/`);
    expect(shown.statusCode).toBe(200);
    await shown.body.dump();
    for (const port of [xds, extproc, haproxy]) {
      const socket = connect({ port, host: "127.0.0.1" });
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
      let heard = 0;
      socket.on("data", (chunk) => {
        heard += chunk.length;
      });
      socket.write(port === haproxy ? "default/web nobody\n" : preface);
      await waitFor(() => heard > 0, `an answer at port ${ports.indexOf(port)}`, { intervalMs: 10 });
      socket.destroy();
    }
    await sleep(50);
  }
  // What comes anew is followed as ever.
  await session.create(poolsPath, poolOf("later", { targetRef: { name: "web" } }));
  await isKnown("later");
  expect(await operator.end("SIGTERM")).toBe(0);
});
