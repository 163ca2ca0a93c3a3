import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Authorizer } from "../../../src/serve/access/access.ts";
import { readTls } from "../../../src/serve/tls/tls-files.ts";
import { bootstrapOf, grpcBlock, grpcClients } from "../../rigs/grpc/grpc-clients.ts";
import { GrpcStage } from "../../rigs/grpc/grpc-stage.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { hasOpenssl, useAuthority } from "../../tools/authority.ts";
import { serveXds } from "./serving-xds.ts";

/** Who holds one of these, and nobody else. */
function accessOf(known: { readonly token?: string; readonly user?: string }): Authorizer {
  const knows: Authorizer["knows"] = async ({ authorization, certificate }) => {
    const isKnown =
      (known.token !== undefined && authorization === `Bearer ${known.token}`) ||
      (known.user !== undefined && certificate?.user === known.user);
    return isKnown ? { kind: "allowed", client: "cart" } : { kind: "unknown", detail: "nobody knows you" };
  };
  return { isOpen: false, knows, may: knows };
}

/** Not signed: who may be let in is for the operator to find out. */
function tokenUntil(seconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: seconds })}.signature`;
}

for (const kind of grpcClients.filter(({ speaksTls }) => speaksTls)) {
  const isHere = kind.isHere && hasOpenssl();
  describe.skipIf(!isHere)(`${kind.name} over TLS${isHere ? "" : ` (needs ${kind.name}, openssl)`}`, () => {
    const authority = useAuthority();
    let stage: GrpcStage;

    beforeEach(async () => {
      stage = await GrpcStage.start();
    });
    afterEach(() => stage.stop());

    /** Files of a client, and a server that lets in whom it knows. */
    async function open(access: Authorizer) {
      const own = await authority.sign({ name: "evenkeel", hosts: "IP:127.0.0.1" });
      const clients = await authority.sign({ name: "cart" });
      const server = await mountSecret({ cert: own.cert, key: own.key, ca: authority.ca });
      const client = await mountSecret({ "ca.crt": authority.ca, "tls.crt": clients.cert, "tls.key": clients.key });
      const paths = { cert: server.path("cert"), key: server.path("key"), clientCa: server.path("ca") };
      const tls = await readTls(paths);
      onTestFinished(() => tls.close());
      stage.feed.set(stage.poolOf({ a: 1_000 }));
      const { port } = await serveXds({ tls, access }, stage.feed);
      const text = JSON.stringify(bootstrapOf(port, "bootstrap-tls"));
      return { bootstrap: JSON.parse(text.replaceAll("/etc/evenkeel", join(client.path("ca.crt"), ".."))) };
    }

    test("follows a pool as its certificate says who it is", async () => {
      const { bootstrap } = await open(accessOf({ user: "cart" }));
      stage.use(kind.start("xds:///checkout.shop", bootstrap));
      expect(await stage.client.send({ calls: 20 })).toEqual({ answers: { a: 20 }, errors: {} });
    });

    test("follows a pool as its token says who it is", async () => {
      const token = tokenUntil(4_000_000_000);
      const { bootstrap } = await open(accessOf({ token }));
      const file = await mountSecret({ token });
      const credentials = grpcBlock("call-creds").replace("/var/run/secrets/evenkeel/token", file.path("token"));
      Object.assign(bootstrap.xds_servers[0], JSON.parse(credentials));
      stage.use(kind.start("xds:///checkout.shop", bootstrap));
      expect(await stage.client.send({ calls: 20 })).toEqual({ answers: { a: 20 }, errors: {} });
    });
  });
}
