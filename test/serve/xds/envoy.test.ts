import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createFeed, type Feed, type Known } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import type { GrpcServer } from "../../../src/serve/grpc/server.ts";
import { readTls } from "../../../src/serve/tls/tls-files.ts";
import { startXds, type XdsOptions } from "../../../src/serve/xds/start-xds.ts";
import { describeEnvoy } from "../../rigs/envoy/describe-envoy.ts";
import { EnvoyServer } from "../../rigs/envoy/envoy-server.ts";
import { pageBootstrap } from "../../rigs/envoy/page-bootstrap.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";
import { PodFarm } from "../../rigs/pods/pod-farm.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { sendRequests } from "../../rigs/send-requests.ts";
import { hasOpenssl, useAuthority } from "../../tools/authority.ts";
import { endpointOf, knownPool } from "../known.ts";

const intervalMs = 200;

interface PodShare {
  readonly pod: FakePod;
  /** Absent: it is drained. */
  readonly weight?: number;
}

/** A pool of these pods. */
function poolOf(shares: readonly PodShare[]): Known {
  const known = knownPool("shop", "checkout", {
    endpoints: shares.flatMap(({ pod: { name, address }, weight }, index) =>
      weight === undefined ? [] : [endpointOf(name, index + 1, { address, weight })],
    ),
    draining: shares.flatMap(({ pod: { name }, weight }) => (weight === undefined ? [{ pod: name }] : [])),
  });
  const pods = shares.map(({ pod: { name, address } }) => ({ pod: { ...podOf(name), addresses: [address] } }));
  return { ...known, observation: { ...known.observation, pods } };
}

const podOf = (name: string) => ({
  namespace: "shop",
  name,
  uid: `uid-${name}`,
  createdAt: 0,
  phase: "Running" as const,
  labels: {},
  addressRefused: false,
  ready: true,
  terminating: false,
  hostNetwork: false,
  ports: [],
});

describeEnvoy("Envoy over xDS", (program) => {
  let farm: PodFarm;
  let feed: Feed;
  let server: GrpcServer;
  let envoy: EnvoyServer;

  const followers = createFollowers();
  const serve = (port: number, from = feed, options: Partial<XdsOptions> = {}): Promise<GrpcServer> =>
    startXds(from, followers, {
      ...options,
      host: "127.0.0.1",
      port,
      intervalMs,
      onError: (error) => {
        throw error;
      },
    });

  async function start(apiType: "DELTA_GRPC" | "GRPC" = "DELTA_GRPC"): Promise<void> {
    envoy = await EnvoyServer.start(program, { bootstrap: pageBootstrap({ ports: [server.port], apiType }) });
  }

  beforeEach(async () => {
    farm = await PodFarm.startOnLoopback();
    feed = createFeed();
    server = await serve(0);
  });
  afterEach(async () => {
    await envoy?.stop();
    await server.stop();
    await farm.stop();
  });

  const add = (...names: readonly string[]): FakePod[] => names.map((name) => farm.add({ name }));
  const weights = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await envoy.hosts("checkout")).map(({ address, weight, health }) => [
        farm.pods.find((pod) => address.startsWith(`${pod.address}:`))!.name,
        health === "HEALTHY" ? weight : 0,
      ]),
    );

  test.each(["DELTA_GRPC", "GRPC"] as const)(
    "%s: the traffic is split by the weights, and follows them",
    async (apiType) => {
      const [a, b] = add("a", "b") as [FakePod, FakePod];
      feed.set(
        poolOf([
          { pod: a, weight: 500 },
          { pod: b, weight: 1_500 },
        ]),
      );
      await start(apiType);
      expect(await weights()).toEqual({ a: 10, b: 30 });
      const url = await envoy.url("front");
      const { byText, failures } = await sendRequests(url, 2_000);
      expect(failures.size).toBe(0);
      expect(byText.get("b")! / 2_000).toBeGreaterThan(0.7);
      expect(byText.get("b")! / 2_000).toBeLessThan(0.8);

      const before = await envoy.stats(
        "^cluster\\.checkout\\.(upstream_cx_total|upstream_cx_destroy|membership_change)$",
      );
      feed.set(
        poolOf([
          { pod: a, weight: 1_500 },
          { pod: b, weight: 500 },
        ]),
      );
      await expect.poll(weights).toEqual({ a: 30, b: 10 });
      const after = await envoy.stats(
        "^cluster\\.checkout\\.(upstream_cx_total|upstream_cx_destroy|membership_change)$",
      );
      expect(after).toEqual(before);
      const { byText: later } = await sendRequests(url, 2_000);
      expect(later.get("a")! / 2_000).toBeGreaterThan(0.7);
      expect(later.get("a")! / 2_000).toBeLessThan(0.8);
      expect(await envoy.stats("^cluster\\.checkout\\.update_rejected$")).toEqual({
        "cluster.checkout.update_rejected": 0,
      });
      await expect
        .poll(() => followers.list("shop/checkout", 9))
        .toMatchObject([{ consumer: "xds", client: "shop-front", version: feed.get("shop/checkout")!.version }]);
    },
  );

  test("a pod that is drained gets nothing new, be it half of the pool", async () => {
    const [a, b, c] = add("a", "b", "c") as [FakePod, FakePod, FakePod];
    feed.set(poolOf([a, b, c].map((pod) => ({ pod, weight: 1_000 }))));
    await start();
    const url = await envoy.url("front");
    await sendRequests(url, 300);
    feed.set(poolOf([{ pod: a, weight: 1_000 }, { pod: b, weight: 1_000 }, { pod: c }]));
    await expect.poll(weights).toEqual({ a: 20, b: 20, c: 0 });
    const before = c.requests;
    const { byText, failures } = await sendRequests(url, 300);
    expect([...byText.keys()].sort()).toEqual(["a", "b"]);
    expect(failures.size).toBe(0);
    // Two of three: one more would make the drained as many as the others.
    feed.set(poolOf([{ pod: a, weight: 1_000 }, { pod: b }, { pod: c }]));
    await expect.poll(weights).toEqual({ a: 20 });
    expect([...(await sendRequests(url, 100)).byText.keys()]).toEqual(["a"]);
    expect(c.requests).toBe(before);
  });

  test("without the operator all goes on, and once it is back the cluster follows again and is never empty", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    feed.set(
      poolOf([
        { pod: a, weight: 1_000 },
        { pod: b, weight: 1_000 },
      ]),
    );
    await start();
    const url = await envoy.url("front");
    let isOver = false;
    const failures = new Map<string, number>();
    const load = (async () => {
      while (!isOver) for (const [what, count] of (await sendRequests(url, 100)).failures) failures.set(what, count);
    })();
    const { port } = server;
    await server.stop();
    expect(await weights()).toEqual({ a: 20, b: 20 });
    // Back, and it does not know its pools yet.
    let isComplete = false;
    const fresh = createFeed({ isComplete: () => isComplete });
    server = await serve(port, fresh);
    await expect
      .poll(async () => (await envoy.stats("^control_plane\\.connected_state$"))["control_plane.connected_state"])
      .toBe(1);
    expect(await weights()).toEqual({ a: 20, b: 20 });
    fresh.set(
      poolOf([
        { pod: a, weight: 500 },
        { pod: b, weight: 1_500 },
      ]),
    );
    isComplete = true;
    await expect.poll(weights).toEqual({ a: 10, b: 30 });
    isOver = true;
    await load;
    expect(failures).toEqual(new Map());
  });

  test("the page's lines for little traffic: the smallest weight has its due, however often weights change", async () => {
    const pods = add("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    const [small] = pods as [FakePod];
    /** A tenth of an even share for the first; the others change in turns, and what is due stays. */
    const change = (turn: number) =>
      poolOf(pods.map((pod, index) => ({ pod, weight: pod === small ? 100 : index % 2 === turn % 2 ? 950 : 1_050 })));
    feed.set(change(0));
    const bootstrap = pageBootstrap({ ports: [server.port], hasLittleTraffic: true });
    envoy = await EnvoyServer.start(program, { bootstrap });
    const url = await envoy.url("front");
    for (let turn = 1; turn <= 60; turn += 1) {
      feed.set(change(turn));
      const wanted = turn % 2 === 0 ? 21 : 19;
      await expect.poll(async () => (await weights()).b).toBe(wanted);
      await sendRequests(url, 30);
    }
    // Of 1,800 one in 91 is due, 20; by lot it is fewer than 5 once in 50,000 times.
    expect(small.requests).toBeGreaterThanOrEqual(5);
    expect(small.requests).toBeLessThanOrEqual(45);
  });

  test("a connection that has had its time is followed by another, and the cluster never notices", async () => {
    await server.stop();
    let [before, opened] = [0, 0];
    const onStreams = (streams: number): void => {
      if (streams > before) opened += 1;
      before = streams;
    };
    server = await serve(0, feed, { limits: { ageMs: 300, graceMs: 100 }, onStreams });
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const shares = (one: number, other: number) => [
      { pod: a, weight: one },
      { pod: b, weight: other },
    ];
    feed.set(poolOf(shares(1_000, 1_000)));
    await start();
    const url = await envoy.url("front");
    const failures = new Map<string, number>();
    const sizes = new Set<number>();
    while (opened < 4) {
      for (const [what, count] of (await sendRequests(url, 50)).failures) failures.set(what, count);
      sizes.add(Object.keys(await weights()).length);
    }
    feed.set(poolOf(shares(500, 1_500)));
    await expect.poll(weights, { timeout: 10_000 }).toEqual({ a: 10, b: 30 });
    expect(failures).toEqual(new Map());
    expect([...sizes]).toEqual([2]);
    const stats = await envoy.stats("^cluster\\.checkout\\.(membership_change|upstream_cx_destroy)$");
    expect(stats["cluster.checkout.membership_change"]).toBe(1);
  });

  describe.skipIf(!hasOpenssl())("over TLS", () => {
    const authority = useAuthority();

    test("Envoy believes the operator by its certificate, and shows its own", async () => {
      const pair = await authority.sign({ name: "evenkeel", hosts: "DNS:evenkeel.evenkeel.svc" });
      const own = await authority.sign({ name: "shop-front" });
      const secret = await mountSecret({
        "tls.crt": pair.cert,
        "tls.key": pair.key,
        "ca.crt": authority.ca,
        "envoy.crt": own.cert,
        "envoy.key": own.key,
      });
      const path = secret.path;
      const tls = await readTls({ cert: path("tls.crt"), key: path("tls.key"), clientCa: path("ca.crt") });
      onTestFinished(tls.close);
      await server.stop();
      server = await serve(0, feed, { tls });
      const [a] = add("a") as [FakePod];
      feed.set(poolOf([{ pod: a, weight: 1_000 }]));
      const files = { ca: path("ca.crt"), cert: path("envoy.crt"), key: path("envoy.key") };
      envoy = await EnvoyServer.start(program, { bootstrap: pageBootstrap({ ports: [server.port], tls: files }) });
      expect(await weights()).toEqual({ a: 20 });
      await envoy.stop();
      // Without it nothing is told.
      envoy = await EnvoyServer.start(program, {
        bootstrap: pageBootstrap({ ports: [server.port], tls: { ...files, ca: path("envoy.crt") } }),
        waitsUntilLive: false,
      });
      const failed = () => envoy.stats("^cluster\\.evenkeel\\.ssl\\.fail_verify_error$");
      await expect.poll(async () => (await failed())["cluster.evenkeel.ssl.fail_verify_error"]).toBeGreaterThan(0);
      expect(await weights()).toEqual({});
    });
  });

  test("a pool that is deleted leaves a cluster without hosts", async () => {
    const [a] = add("a") as [FakePod];
    feed.set(poolOf([{ pod: a, weight: 1_000 }]));
    await start();
    feed.remove("shop/checkout");
    await expect.poll(weights).toEqual({});
    const { failures } = await sendRequests(await envoy.url("front"), 1);
    expect(failures).toEqual(new Map([["503", 1]]));
  });
});
