import { describe, expect, onTestFinished, test } from "vitest";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import type { Delivery } from "../../../src/serve/peers/peer.ts";
import { createPeers } from "../../../src/serve/peers/peers.ts";
import { readTls, type Tls } from "../../../src/serve/tls/tls-files.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { hasOpenssl, type Pair, useAuthority } from "../../tools/authority.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";

const message = {
  method: "PUT" as const,
  path: "/v1/pools/shop/checkout/connections",
  client: "edge",
  body: JSON.stringify({ connections: { "pod-a": 3 } }),
};

describe.skipIf(!hasOpenssl())("a report to another replica over TLS", () => {
  const ours = useAuthority();
  const theirs = useAuthority();
  const pair = (hosts = "DNS:evenkeel.evenkeel.svc") => ours.sign({ name: "evenkeel", hosts });

  async function mount({ cert, key }: Pair, ca?: string) {
    const secret = await mountSecret({ "tls.crt": cert, "tls.key": key, ...(ca && { "ca.crt": ca }) });
    const paths = { cert: secret.path("tls.crt"), key: secret.path("tls.key"), ca: secret.path("ca.crt") };
    const tls = await readTls(paths, { everyMs: 5 });
    onTestFinished(tls.close);
    const turn = async (next: Pair): Promise<void> => {
      const changed = new Promise<unknown>((resolve) => void tls.subscribe(resolve));
      await secret.turn({ "tls.crt": next.cert, "tls.key": next.key, ...(ca && { "ca.crt": ca }) });
      await changed;
    };
    return { tls, turn };
  }

  /** A replica with one identity, and another that tells it with its own. */
  async function meet(listening: Tls, telling: Tls) {
    const book = createPushBook({ now: Date.now });
    const { feed, server } = await serveFeed({ reporting: { taker: book, replica: "listening" }, tls: listening });
    feed.set(knownPush());
    const told: [Delivery, string | undefined][] = [];
    const peers = createPeers({
      names: [{ host: "127.0.0.1", port: server.port }],
      resolve: async (host) => [host],
      replica: "telling",
      tls: telling,
      onDelivery: (delivery, _, why) => told.push([delivery, (why as NodeJS.ErrnoException | undefined)?.code]),
    });
    onTestFinished(() => peers.close());
    const tell = async () => {
      const before = told.length;
      peers.forward(message);
      await expect.poll(() => told.length).toBeGreaterThan(before);
      return told.at(-1)!;
    };
    return { tell, book };
  }

  test("goes to who shows the same certificate, whatever its names are", async () => {
    const same = await pair();
    const { tell, book } = await meet((await mount(same)).tls, (await mount(same)).tls);
    expect(await tell()).toEqual(["ok", undefined]);
    expect(Object.fromEntries(book.read("shop/checkout")!.connections)).toEqual({ "pod-a": 3 });
  });

  test("goes on while a renewal has reached one of them only, by their authority", async () => {
    const [listening, telling] = [await mount(await pair(), ours.ca), await mount(await pair(), ours.ca)];
    const { tell } = await meet(listening.tls, telling.tls);
    expect(await tell()).toEqual(["ok", undefined]);
    await listening.turn(await pair());
    expect((await tell())[0]).toBe("ok");
    await telling.turn(await pair());
    expect((await tell())[0]).toBe("ok");
  });

  test("goes on without an authority where this one had the renewal first", async () => {
    const same = await pair();
    const [listening, telling] = [await mount(same), await mount(same)];
    const { tell } = await meet(listening.tls, telling.tls);
    expect((await tell())[0]).toBe("ok");
    await telling.turn(await pair());
    expect((await tell())[0]).toBe("ok");
  });

  test.each([
    ["another authority", () => theirs.sign({ name: "evenkeel", hosts: "DNS:evenkeel.evenkeel.svc" })],
    ["another name", () => pair("DNS:billing.shop.svc")],
  ])("goes to nobody with a certificate of %s", async (_, other) => {
    const { tell, book } = await meet((await mount(await other())).tls, (await mount(await pair(), ours.ca)).tls);
    const [delivery, code] = await tell();
    expect(delivery).toBe("failed");
    expect(code).toMatch(/UNABLE_TO|SELF_SIGNED|CERT|ALTNAME/);
    expect(book.read("shop/checkout")).toBeUndefined();
  });
});
