import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { Authorizer } from "../../../src/serve/access/access.ts";
import { knownPool } from "../known.ts";
import { addressesIn } from "./answers.ts";
import { connect, openStream } from "./open-stream.ts";
import { serveExtproc } from "./serve-extproc.ts";

/** Lets the bearer of `shop` read that namespace's pools, and knows nobody without a token. */
const access: Authorizer = {
  isOpen: false,
  knows: ({ authorization }) =>
    Promise.resolve(
      authorization ? { kind: "allowed", client: authorization } : { kind: "unknown", detail: "no token" },
    ),
  may: ({ authorization }, verb, what) =>
    Promise.resolve(
      authorization === "Bearer shop" && verb === "get" && what.startsWith("shop/")
        ? { kind: "allowed", client: authorization }
        : { kind: "refused", detail: `may not ${verb} ${what}` },
    ),
};

test("a pool is for those alone who may read it; an unknown one is told to nobody unknown", async () => {
  const { address, feed, choices } = await serveExtproc({ access });
  feed.set(knownPool("shop", "checkout"));
  feed.set(knownPool("bank", "vault"));
  const client = connect(address);
  const ask = (pool: string, token?: string) => {
    const metadata = { "x-evenkeel-pool": pool, ...(token && { authorization: `Bearer ${token}` }) };
    const stream = openStream(client, { metadata });
    stream.say({ requestHeaders: {} });
    return stream;
  };
  expect(addressesIn(await ask("shop/checkout", "shop").hear())).toHaveLength(2);
  expect(await ask("bank/vault", "shop").status).toMatchObject({
    code: status.PERMISSION_DENIED,
    details: "may not get bank/vault",
  });
  expect(await ask("shop/checkout").status).toMatchObject({ code: status.UNAUTHENTICATED });
  expect(choices).toEqual(["sent"]);
});
