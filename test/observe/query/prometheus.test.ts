import type { IncomingMessage, RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { PrometheusSettings } from "../../../src/observe/query/access.ts";
import { openPrometheus, type Prometheus, type QueryAnswer } from "../../../src/observe/query/prometheus.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { hasOpenssl, useAuthority } from "../../tools/authority.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import { type FakePod, serveHttp, serveHttps, serveTcp, useCleanups } from "../sampling/fake-pods.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const never = new AbortController().signal;

const addressOf = ({ pod }: FakePod, scheme = "http", path = ""): URL =>
  new URL(`${scheme}://${pod.addresses[0]}:${pod.ports[0]!.port}${path}`);

async function open(settings: PrometheusSettings, hooks: Partial<Parameters<typeof openPrometheus>[1]> = {}) {
  const errors: unknown[] = [];
  const server = await openPrometheus(settings, { onError: (error) => errors.push(error), ...hooks });
  cleanups.add(() => server.close());
  return { server, errors };
}

const ask = (server: Prometheus, query = "up", timeoutMs = patienceMs): Promise<string | QueryAnswer> =>
  server.ask(query, timeoutMs, never, (answer) => (answer.kind === "answered" ? answer.body.toString() : answer));

interface Seen extends Pick<IncomingMessage, "method" | "url" | "headers"> {
  readonly body: string;
}

/** Answers with what `answer` says, and keeps what it was asked. */
async function recording(answer: RequestListener = (_, response) => void response.end("well")) {
  const seen: Seen[] = [];
  const pod = await serving(
    serveHttp(async (request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: await text(request) });
      answer(request, response);
    }),
  );
  return { pod, seen };
}

describe("a query", () => {
  test("is posted below the address, and told how long it may take", async () => {
    const { pod, seen } = await recording();
    const { server } = await open({ address: addressOf(pod, "http", "/prometheus/"), tenant: "shops" });
    expect(await ask(server, 'a{b="&+%"}', 2_500)).toBe("well");
    expect(seen).toMatchObject([{ method: "POST", url: "/prometheus/api/v1/query" }]);
    expect(Object.fromEntries(new URLSearchParams(seen[0]!.body))).toEqual({ query: 'a{b="&+%"}', timeout: "2500ms" });
    expect(seen[0]!.headers).toMatchObject({ "x-scope-orgid": "shops", "accept-encoding": "identity" });
    expect(seen[0]!.headers).not.toHaveProperty("authorization");
  });

  test("goes by GET where the server takes no POST, from then on", async () => {
    const { pod, seen } = await recording(({ method }, response) =>
      response.writeHead(method === "POST" ? 405 : 200).end("well"),
    );
    const { server } = await open({ address: addressOf(pod) });
    expect([await ask(server), await ask(server, "a b")]).toEqual(["well", "well"]);
    expect(seen.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
    expect(seen[2]!.url).toMatch(/^\/api\/v1\/query\?query=a\+b&timeout=[0-9]+ms$/);
  });

  test("is asked once more where the server closed the connection meanwhile", async () => {
    let asked = 0;
    const { pod } = await recording(({ socket }, response) => {
      asked += 1;
      if (asked === 2) socket.destroy();
      else response.end("well");
    });
    const { server } = await open({ address: addressOf(pod) });
    expect([await ask(server), await ask(server)]).toEqual(["well", "well"]);
    expect(asked).toBe(3);
  });

  test("ends when nobody waits for it any more", async () => {
    const { pod } = await recording(() => {});
    const { server } = await open({ address: addressOf(pod) });
    const stop = new AbortController();
    const answer = server.ask("up", patienceMs, stop.signal, (given) => given);
    stop.abort();
    expect(await answer).toMatchObject({ failure: "ConnectionCut" });
  });
});

describe("a server that is of no use", () => {
  const canary = "CANARY-5ec1";
  const flood: RequestListener = (_, response) => {
    const block = Buffer.alloc(65_536, canary);
    const pump = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", pump);
    pump();
  };
  const encoded =
    (encoding: string, body: Buffer): RequestListener =>
    (_, response) =>
      response.setHeader("content-encoding", encoding).end(body);

  test.each<[what: string, answer: RequestListener, expected: object]>([
    [
      "refuses",
      (_, response) => response.writeHead(422).end(canary),
      { failure: "StatusNotOk", finding: { kind: "status", status: 422 } },
    ],
    ["fails", (_, response) => response.writeHead(500).end(canary), { failure: "StatusNotOk" }],
    ["has nothing", (_, response) => response.writeHead(204).end(), { failure: "StatusNotOk" }],
    ["sends without end", flood, { failure: "BodyTooLarge" }],
    [
      "announces too much",
      (_, response) => response.setHeader("content-length", "10000000000").write("{"),
      { failure: "BodyTooLarge" },
    ],
    [
      "has a long head",
      (_, response) => response.setHeader("x", "a".repeat(20_000)).end(),
      { failure: "HeaderTooLarge" },
    ],
    ["sends gzip", encoded("gzip", gzipSync(Buffer.alloc(100_000_000))), { failure: "EncodingRefused" }],
    ["sends brotli", encoded("br", brotliCompressSync(Buffer.alloc(1_000))), { failure: "EncodingRefused" }],
    [
      "cuts off",
      ({ socket }, response) => void response.write("{", () => socket.destroy()),
      { failure: "ConnectionCut" },
    ],
  ])("%s", async (_, answer, expected) => {
    const { pod } = await recording(answer);
    const { server } = await open({ address: addressOf(pod) });
    const told = await ask(server);
    expect(told).toMatchObject({ kind: "failed", ...expected });
    expect(JSON.stringify(told)).not.toContain(canary);
  });

  test.each<[what: string, answer: RequestListener]>([
    ["never answers", () => {}],
    [
      "drips",
      (_, response) => {
        const timer = setInterval(() => response.write(" "), 20);
        cleanups.add(() => clearInterval(timer));
      },
    ],
  ])("%s, and is given up in time", async (_, answer) => {
    const { pod } = await recording(answer);
    const { server } = await open({ address: addressOf(pod) });
    expect(await ask(server, "up", 200)).toMatchObject({ failure: "TimedOut" });
  });

  test("speaks no HTTP", async () => {
    const pod = await serving(serveTcp((socket) => void socket.end(`${canary}\r\n\r\n`)));
    const { server } = await open({ address: addressOf(pod) });
    expect(await ask(server)).toMatchObject({ failure: expect.stringMatching(/^(NotHttp|Malformed)$/) });
  });

  test("is not there, which the log is told", async () => {
    const pod = await serving(serveHttp(() => {}));
    await pod.close();
    const { server, errors } = await open({ address: addressOf(pod) });
    expect(await ask(server)).toMatchObject({ failure: "ConnectFailed" });
    expect(errors).toMatchObject([{ code: "ECONNREFUSED" }]);
  });

  test("leads elsewhere, and gets no credentials carried there", async () => {
    const elsewhere = await recording();
    const secret = await mountSecret({ token: "let-me-in" });
    const { pod, seen } = await recording((_, response) =>
      response.writeHead(307, { location: addressOf(elsewhere.pod).href }).end(),
    );
    const { server } = await open({ address: addressOf(pod), tokenFile: secret.path("token") });
    expect(await ask(server)).toMatchObject({ failure: "Redirected" });
    expect(seen).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  });
});

describe("credentials", () => {
  test("are read again when they change, and a file that is of no use changes nothing", async () => {
    const { pod, seen } = await recording();
    const secret = await mountSecret({ token: "first\n" });
    let now = 0;
    const { server, errors } = await open(
      { address: addressOf(pod), tokenFile: secret.path("token") },
      { now: () => now },
    );
    await ask(server);
    await secret.turn({ token: "second" });
    await ask(server);
    now += 5_000;
    await ask(server);
    await secret.turn({ token: "of two\nlines" });
    now += 5_000;
    await ask(server);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(
      ["first", "first", "second", "second"].map((token) => `Bearer ${token}`),
    );
    expect(errors).toHaveLength(1);
  });

  test("of basic auth are sent as such", async () => {
    const { pod, seen } = await recording();
    const secret = await mountSecret({ pair: "ops:pass: word\n" });
    const { server } = await open({ address: addressOf(pod), basicAuthFile: secret.path("pair") });
    await ask(server);
    expect(seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from("ops:pass: word").toString("base64")}`);
  });

  test.each([
    ["tokenFile", ""],
    ["tokenFile", "a\nb"],
    ["basicAuthFile", "nobody"],
    ["caFile", "nothing"],
    ["caFile", "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"],
  ])("of no use as %s (%j) are told at the start", async (key, content) => {
    const secret = await mountSecret({ file: content });
    const settings = { address: new URL("http://127.0.0.1"), [key]: secret.path("file") };
    await expect(openPrometheus(settings, { onError: () => {} })).rejects.toThrow(secret.path("file"));
  });
});

describe.skipIf(!hasOpenssl())("over TLS", () => {
  const authority = useAuthority();

  test("a server is known by its authority, and no other is asked", async () => {
    const pair = await authority.sign({ name: "prometheus", hosts: "IP:127.0.0.1" });
    let asked = 0;
    const listener: RequestListener = (_, response) => {
      asked += 1;
      response.end("well");
    };
    const pod = await serving(serveHttps(pair, listener, "127.0.0.1"));
    const secret = await mountSecret({ ca: authority.ca });
    const known = await open({ address: addressOf(pod, "https"), caFile: secret.path("ca") });
    expect(await ask(known.server)).toBe("well");
    const unknown = await open({ address: addressOf(pod, "https") });
    expect(await ask(unknown.server)).toMatchObject({ failure: "CertificateRefused" });
    expect(unknown.errors).toHaveLength(1);
    expect(asked).toBe(1);
  });

  test("a certificate for another name is refused", async () => {
    const pair = await authority.sign({ name: "other", hosts: "DNS:other.example" });
    const pod = await serving(serveHttps(pair, (_, response) => void response.end("well"), "127.0.0.1"));
    const secret = await mountSecret({ ca: authority.ca });
    const { server } = await open({ address: addressOf(pod, "https"), caFile: secret.path("ca") });
    expect(await ask(server)).toMatchObject({ failure: "CertificateRefused" });
  });
});
