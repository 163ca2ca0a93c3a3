import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { askServer } from "../../../src/cli/kubectl/cluster/reach-operator.ts";
import type { Authorizer } from "../../../src/serve/access/access.ts";
import { readTls } from "../../../src/serve/tls/tls-files.ts";
import { knownPool } from "../../serve/known.ts";
import { serveFeed } from "../../serve/serving.ts";
import { hasOpenssl, useAuthority } from "../../tools/authority.ts";

describe.skipIf(!hasOpenssl())("the plugin asks an operator with TLS", () => {
  const authority = useAuthority();

  const knows: Authorizer["knows"] = async ({ authorization }) =>
    authorization === "Bearer good" ? { kind: "allowed", client: "ann" } : { kind: "unknown", detail: "who are you?" };

  async function start() {
    const folder = await mkdtemp(join(tmpdir(), "evenkeel-plugin-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { cert, key } = await authority.sign({ name: "evenkeel", hosts: "DNS:evenkeel.ops.svc" });
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const files = { cert: await write("tls.crt", cert), key: await write("tls.key", key) };
    const tls = await readTls(files);
    onTestFinished(tls.close);
    const { server, feed } = await serveFeed({ tls, access: { isOpen: false, knows, may: knows } });
    feed.set(knownPool("shop", "checkout"));
    const given = {
      "operator-url": server.url,
      "operator-ca-file": await write("ca.crt", authority.ca),
      "operator-tls-name": "evenkeel.ops.svc",
      "operator-token-file": await write("token", "good\n"),
    };
    const ask = (flags: Partial<typeof given>) =>
      askServer(
        {
          "operator-ca-file": undefined,
          "operator-tls-name": undefined,
          "operator-token-file": undefined,
          "operator-url": server.url,
          ...flags,
        },
        "/v1/pools/shop/checkout",
        (answer) => (answer as { readonly name?: string }).name,
        AbortSignal.timeout(10_000),
      );
    return { given, ask, write };
  }

  test("by its address, its authority, its name and a token", async () => {
    const { given, ask } = await start();
    expect(await ask(given)).toEqual({ kind: "ok", document: "checkout" });
  });

  test("and says what is missing", async () => {
    const { given, ask, write } = await start();
    const { "operator-token-file": _, ...unknown } = given;
    expect(await ask(unknown)).toMatchObject({ kind: "problem", status: 401, detail: "who are you?" });
    const { "operator-ca-file": __, ...untrusting } = given;
    await expect(ask(untrusting)).rejects.toThrow(
      /cannot be reached \(.+\): check --operator-url, --operator-ca-file and --operator-tls-name/,
    );
    const { "operator-tls-name": ___, ...nameless } = given;
    await expect(ask(nameless)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    await expect(ask({ ...given, "operator-ca-file": "/nowhere" })).rejects.toThrow(/--operator-ca-file: ENOENT/);
    await expect(ask({ ...given, "operator-url": "http://127.0.0.1:1" })).rejects.toThrow(/in plain text/);
    await expect(ask({ ...given, "operator-token-file": await write("empty", "bad") })).resolves.toMatchObject({
      status: 401,
    });
  });
});
