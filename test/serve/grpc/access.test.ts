import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServerDuplexStream,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Authorizer, ClientCredentials } from "../../../src/serve/access/access.ts";
import { type GrpcOptions, serveGrpc } from "../../../src/serve/grpc/server.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";
import { readTls, type TlsPaths } from "../../../src/serve/tls/tls-files.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { hasOpenssl, type Pair, useAuthority } from "../../tools/authority.ts";

const service = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const ads = definitionOfService(service).StreamAggregatedResources!;
const health = definitionOfService("grpc.health.v1.Health").Check!;

/** A server that sends every message back. */
async function start(options: Partial<GrpcOptions> = {}) {
  const echo = (call: ServerDuplexStream<object, object>): void => {
    call.on("data", (message) => call.write(message));
    call.on("end", () => call.end());
  };
  const services = [{ definition: definitionOfService(service), methods: { StreamAggregatedResources: echo } }];
  const server = await serveGrpc({ services }, { host: "127.0.0.1", port: 0, limits: { closeMs: 50 }, ...options });
  onTestFinished(() => server.stop());
  return server;
}

type Stream = ClientDuplexStream<object, object>;

function connect(port: number, channel = credentials.createInsecure(), from?: string) {
  // One connection each, as from processes of their own.
  const client = new Client(`127.0.0.1:${port}`, channel, { "grpc.use_local_subchannel_pool": 1 });
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  if (from !== undefined) metadata.set("authorization", from);
  const open = (): Stream =>
    client.makeBidiStreamRequest(ads.path, ads.requestSerialize, ads.responseDeserialize, metadata);
  /** Whether a stream answers, by its status where it does not. */
  const tried = async (stream = open()): Promise<string> => {
    const ended = new Promise<StatusObject>((resolve) => stream.on("error", () => {}).on("status", resolve));
    stream.write({ versionInfo: "1" });
    const answered = once(stream, "data").then(() => "answered");
    return Promise.race([answered, ended.then(({ code }) => status[code]!)]);
  };
  const check = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = health;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  return { open, tried, check };
}

/** Knows these tokens. */
const accessOf = (users: Readonly<Record<string, string>>, seen: ClientCredentials[] = []): Authorizer => {
  const knows: Authorizer["knows"] = async (given) => {
    seen.push(given);
    const user = given.certificate?.user ?? users[given.authorization ?? ""];
    return user === undefined ? { kind: "unknown", detail: "nobody knows you" } : { kind: "allowed", client: user };
  };
  return { isOpen: false, knows, may: knows };
};

describe("calls", () => {
  test("of nobody known are refused, but for those of the health service; what is known of others reaches the door", async () => {
    const seen: ClientCredentials[] = [];
    const { port } = await start({ access: accessOf({ "Bearer good": "ann" }, seen) });
    expect(await connect(port).tried()).toBe("UNAUTHENTICATED");
    expect(await connect(port, undefined, "Bearer bad").tried()).toBe("UNAUTHENTICATED");
    expect(await connect(port, undefined, "Bearer good").tried()).toBe("answered");
    expect(await connect(port).check()).toEqual({ status: "SERVING" });
    expect(seen.at(-1)).toMatchObject({ authorization: "Bearer good", address: "127.0.0.1" });
  });

  test("wait while it is not known whether their client may, and are UNAVAILABLE when that cannot be learned", async () => {
    const access: Authorizer = {
      isOpen: false,
      knows: () =>
        new Promise((resolve) => setTimeout(resolve, 50, { kind: "unsure", detail: "away", retryAfterMs: 1 })),
      may: async () => ({ kind: "refused", detail: "" }),
    };
    const { port } = await start({ access });
    expect(await connect(port).tried()).toBe("UNAVAILABLE");
  });

  test("past the bound of one client are refused, and others come in; a place is free again when a call ends", async () => {
    const users = { "Bearer a": "ann", "Bearer b": "bob" };
    const { port } = await start({ access: accessOf(users), limits: { callsPerClient: 3, closeMs: 50 } });
    const ann = connect(port, undefined, "Bearer a");
    const streams = [ann.open(), ann.open(), ann.open()];
    for (const stream of streams) expect(await ann.tried(stream)).toBe("answered");
    expect(await ann.tried()).toBe("RESOURCE_EXHAUSTED");
    // Her other processes are her, too; he is somebody else, from the same address.
    expect(await connect(port, undefined, "Bearer a").tried()).toBe("RESOURCE_EXHAUSTED");
    expect(await connect(port, undefined, "Bearer b").tried()).toBe("answered");
    streams[0]!.cancel();
    await expect.poll(() => ann.tried()).toBe("answered");
    streams[1]!.end();
    await expect.poll(() => ann.tried()).toBe("answered");
    expect(await ann.tried()).toBe("RESOURCE_EXHAUSTED");
  });

  test("past the bound of all are refused", async () => {
    const { port } = await start({ limits: { calls: 2, closeMs: 50 } });
    const client = connect(port);
    expect([await client.tried(), await client.tried(), await client.tried()]).toEqual([
      "answered",
      "answered",
      "RESOURCE_EXHAUSTED",
    ]);
    expect(await client.check()).toEqual({ status: "SERVING" });
  });
});

describe.skipIf(!hasOpenssl())("over TLS", () => {
  const ours = useAuthority();
  const theirs = useAuthority();
  const serverPair = () => ours.sign({ name: "evenkeel", hosts: "IP:127.0.0.1" });

  async function mount({ withClients }: { readonly withClients: boolean }) {
    const keysOf = ({ cert, key }: Pair) => ({ "tls.crt": cert, "tls.key": key, "client-ca.crt": ours.ca });
    const secret = await mountSecret(keysOf(await serverPair()));
    const paths: TlsPaths = {
      cert: secret.path("tls.crt"),
      key: secret.path("tls.key"),
      clientCa: withClients ? secret.path("client-ca.crt") : undefined,
    };
    const tls = await readTls(paths, { everyMs: 5 });
    onTestFinished(tls.close);
    const renew = async (pair: Pair): Promise<void> => {
      const changed = new Promise<unknown>((resolve) => void tls.subscribe(resolve));
      await secret.turn(keysOf(pair));
      await changed;
    };
    return { tls, renew };
  }

  const trusting = (pair?: Pair, ca = ours.ca) =>
    credentials.createSsl(Buffer.from(ca), ...(pair ? ([Buffer.from(pair.key), Buffer.from(pair.cert)] as const) : []));

  test("a server is believed by its certificate, and speaks nothing else", async () => {
    const { tls } = await mount({ withClients: false });
    const { port, url } = await start({ tls });
    expect(url).toMatch(/^grpcs:/);
    expect(await connect(port, trusting()).tried()).toBe("answered");
    expect(await connect(port, trusting(undefined, theirs.ca)).tried()).toBe("UNAVAILABLE");
    expect(await connect(port).tried()).toBe("UNAVAILABLE");
  });

  test("a renewed certificate is shown to new clients, and streams of the old ones go on", async () => {
    const { tls, renew } = await mount({ withClients: false });
    const { port } = await start({ tls });
    const old = connect(port, trusting());
    const stream = old.open();
    expect(await old.tried(stream)).toBe("answered");
    await renew(await theirs.sign({ name: "evenkeel", hosts: "IP:127.0.0.1" }));
    expect(await connect(port, trusting()).tried()).toBe("UNAVAILABLE");
    expect(await connect(port, trusting(undefined, theirs.ca)).tried()).toBe("answered");
    stream.write({ versionInfo: "2" });
    expect(await once(stream, "data")).toMatchObject([{ versionInfo: "2" }]);
  });

  test("with an authority of clients, who has no certificate of it does not come in", async () => {
    const { tls } = await mount({ withClients: true });
    const { port } = await start({ tls });
    expect(await connect(port, trusting(await ours.sign({ name: "envoy" }))).tried()).toBe("answered");
    expect(await connect(port, trusting()).tried()).toBe("UNAVAILABLE");
    expect(await connect(port, trusting(await theirs.sign({ name: "envoy" }))).tried()).toBe("UNAVAILABLE");
  });

  test.each([true, false])("a stream ends when its certificate does, where users are known: %s", async (known) => {
    const { tls } = await mount({ withClients: true });
    const { port } = await start({ tls, ...(known && { access: accessOf({}) }) });
    const pair = await ours.sign({ name: "envoy" });
    const end = Date.parse(new X509Certificate(pair.cert).validTo);
    const clock = vi.spyOn(Date, "now").mockReturnValue(end - 20);
    onTestFinished(() => clock.mockRestore());
    const client = connect(port, trusting(pair));
    const stream = client.open();
    expect(await client.tried(stream)).toBe("answered");
    const ended = new Promise<StatusObject>((resolve) => stream.on("error", () => {}).on("status", resolve));
    clock.mockReturnValue(end);
    expect(await ended).toMatchObject({ code: status.UNAUTHENTICATED, details: expect.stringContaining("run out") });
    // TLS asks no more on the connection that is there.
    expect(await client.tried()).toBe("UNAUTHENTICATED");
  });

  test("where users are known, a certificate or a token says who it is", async () => {
    const seen: ClientCredentials[] = [];
    const { tls } = await mount({ withClients: true });
    const { port } = await start({ tls, access: accessOf({ "Bearer good": "ann" }, seen) });
    const edge = await ours.sign({ name: "edge", groups: ["proxies", "more"] });
    expect(await connect(port, trusting(edge)).tried()).toBe("answered");
    expect(seen.at(-1)!.certificate).toEqual({ user: "edge", groups: ["proxies", "more", "system:authenticated"] });
    expect(await connect(port, trusting(), "Bearer good").tried()).toBe("answered");
    expect(await connect(port, trusting()).tried()).toBe("UNAUTHENTICATED");
    expect(await connect(port, trusting(await theirs.sign({ name: "edge" }))).tried()).toBe("UNAUTHENTICATED");
  });
});
