import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFeed } from "../../../src/serve/feed.ts";
import { describeEnvoy } from "../../rigs/envoy/describe-envoy.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";
import { PodFarm } from "../../rigs/pods/pod-farm.ts";
import { sendRequests } from "../../rigs/send-requests.ts";
import { asPool } from "../known.ts";
import { type FrontParts, poolOf, startFront } from "./envoy-front.ts";

describeEnvoy("Envoy that asks the endpoint picker", (program) => {
  let farm: PodFarm;

  beforeEach(async () => {
    farm = await PodFarm.startOnLoopback();
  });
  afterEach(() => farm.stop());

  const add = (...names: readonly string[]): FakePod[] => names.map((name) => farm.add({ name }));
  const addressOf = (pod: FakePod) => `${pod.address}:${farm.ports.traffic}`;
  const counts = (answers: Awaited<ReturnType<typeof sendRequests>>) => ({
    ...Object.fromEntries(answers.byText),
    ...Object.fromEntries(answers.failures),
  });

  async function frontOf(pods: readonly FakePod[], options: Parameters<typeof startFront>[1] = {}) {
    const feed = options.feed ?? createFeed();
    feed.set(poolOf(pods));
    return startFront(program, { feed, ...options });
  }

  test("sends to the first choice", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const { url, feed, choices } = await frontOf([a, b]);
    expect(counts(await sendRequests(url, 50))).toEqual({ a: 50 });
    feed.set(poolOf([b, a]));
    expect(counts(await sendRequests(url, 50))).toEqual({ b: 50 });
    expect(choices).toEqual(Array.from({ length: 100 }, () => "sent"));
  });

  test("whatever its client says of where to go", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const { url } = await frontOf([a, b]);
    const headers = { "x-gateway-destination-endpoint": addressOf(b), "x-evenkeel-pool": "shop/other" };
    expect(counts(await sendRequests(url, 20, { headers }))).toEqual({ a: 20 });
    const byHeader = await frontOf([a, b], {
      change: ({ cluster }) => {
        const [policy] = cluster.load_balancing_policy.policies;
        policy.typed_extension_config.typed_config.override_host_sources = [
          { header: "x-gateway-destination-endpoint" },
        ];
      },
    });
    expect(counts(await sendRequests(byHeader.url, 20, { headers }))).toEqual({ a: 20 });
  });

  test("sends a retry to the second choice when the first is dead, and tells who served", async () => {
    const [dead, b, c] = add("dead", "b", "c") as [FakePod, FakePod, FakePod];
    const { url, served, envoy } = await frontOf([dead, b, c], {
      change: ({ picker }) => {
        picker.processing_mode.response_header_mode = "SEND";
      },
    });
    farm.remove(dead);
    expect(counts(await sendRequests(url, 50))).toEqual({ b: 50 });
    expect(served).toEqual(Array.from({ length: 50 }, () => "later"));
    expect(await envoy.stats("^cluster\\.checkout\\.upstream_rq_retry$")).toEqual({
      "cluster.checkout.upstream_rq_retry": 50,
    });
    farm.remove(b);
    expect(counts(await sendRequests(url, 20))).toEqual({ c: 20 });
  });

  test("asks for the pool of the route: by gRPC metadata, or by the route's own metadata, as Envoy Gateway writes it", async () => {
    const [a, b, c] = add("a", "b", "c") as [FakePod, FakePod, FakePod];
    const feed = createFeed();
    feed.set(poolOf([b], "other"));
    feed.set(poolOf([c], "third"));
    const { url } = await frontOf([a, b, c], {
      feed,
      change({ route, routes, picker }) {
        picker.grpc_service.initial_metadata = undefined;
        picker.request_attributes = ["xds.route_metadata"];
        const perRoute = (overrides: object) => ({
          "envoy.filters.http.ext_proc": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
            overrides,
          },
        });
        const annotations = { "evenkeel-pool": "shop/third", other: "shop/checkout" };
        const resources = [{ kind: "HTTPRoute", name: "third", namespace: "shop", annotations }];
        routes.unshift(
          {
            ...route,
            match: { prefix: "/other" },
            typed_per_filter_config: perRoute({
              grpc_initial_metadata: [{ key: "x-evenkeel-pool", value: "shop/other" }],
            }),
          },
          { ...route, match: { prefix: "/third" }, metadata: { filter_metadata: { "envoy-gateway": { resources } } } },
          {
            ...route,
            match: { prefix: "/own" },
            metadata: { filter_metadata: { "evenkeel.io": { pool: "shop/checkout" } } },
          },
        );
      },
    });
    expect(counts(await sendRequests(`${url}/other`, 10))).toEqual({ b: 10 });
    expect(counts(await sendRequests(`${url}/third`, 10))).toEqual({ c: 10 });
    expect(counts(await sendRequests(`${url}/own`, 10))).toEqual({ a: 10 });
  });

  test("splits as the strategy does, within five points", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const known = poolOf([a, b], "checkout", [500, 1_500]);
    const spec = { ...known.observation.pool.spec, strategy: { type: "RoundRobin", slowStart: 0 } } as const;
    const { url, feed } = await frontOf([a, b]);
    feed.set(asPool(known, { spec }));
    const first = counts(await sendRequests(url, 2_000));
    expect(first.a! / 2_000).toBeGreaterThan(0.2);
    expect(first.a! / 2_000).toBeLessThan(0.3);
    expect(first.a! + first.b!).toBe(2_000);
    feed.set(asPool(poolOf([a, b], "checkout", [1_600, 400]), { spec }));
    const then = counts(await sendRequests(url, 2_000));
    expect(then.a! / 2_000).toBeGreaterThan(0.75);
    expect(then.a! / 2_000).toBeLessThan(0.85);
  });

  test("has the choice bounded by the subset hint", async () => {
    const [a, b, c] = add("a", "b", "c") as [FakePod, FakePod, FakePod];
    const hinting = (addresses: readonly string[]) => ({
      change: ({ filters }: FrontParts) => {
        filters.unshift({
          name: "envoy.filters.http.set_metadata",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config",
            metadata: [
              {
                metadata_namespace: "envoy.lb.subset_hint",
                value: { "x-gateway-destination-endpoint-subset": addresses },
              },
            ],
          },
        });
      },
    });
    const bounded = await frontOf([a, b, c], hinting([addressOf(c), addressOf(b)]));
    expect(counts(await sendRequests(bounded.url, 20))).toEqual({ b: 20 });
    const nobody = await frontOf([a, b, c], hinting([]));
    expect(counts(await sendRequests(nobody.url, 5))).toEqual({ 503: 5 });
  });

  test("answers 503 by itself when no pod is ready, and lets a request that may be dropped go only when there is room", async () => {
    const [a] = add("a") as [FakePod];
    const { url, feed } = await frontOf([], {
      change: ({ picker }) => {
        picker.grpc_service.initial_metadata.push({ key: "x-evenkeel-shed", value: "true" });
      },
    });
    const answer = await fetch(url);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.text()).toContain("Pool shop/checkout has no endpoint");
    const known = poolOf([a]);
    feed.set({ ...known, plan: { ...known.plan, averageLoad: 90 } });
    expect((await fetch(url)).status).toBe(429);
    feed.set(known);
    expect((await fetch(url)).status).toBe(200);
  });

  test("fails open: without the operator it goes by the weights that came last, and comes back by itself", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const front = await frontOf([a, b]);
    front.feed.set(poolOf([a, b], "checkout", [500, 1_500]));
    expect(counts(await sendRequests(front.url, 20))).toEqual({ a: 20 });
    await front.stopPicker();
    const alone = counts(await sendRequests(front.url, 400));
    expect(alone.a! + alone.b!).toBe(400);
    expect(alone.b! / 400).toBeGreaterThan(0.7);
    expect(alone.b! / 400).toBeLessThan(0.8);
    await front.startPicker();
    await vi.waitFor(async () => expect(counts(await sendRequests(front.url, 20))).toEqual({ a: 20 }), {
      timeout: 60_000,
    });
  });

  test("fails closed where it is told to, and where a pool is not there", async () => {
    const [a] = add("a") as [FakePod];
    const front = await frontOf([a], {
      change: ({ picker }) => {
        picker.failure_mode_allow = false;
      },
    });
    expect((await fetch(front.url)).status).toBe(200);
    front.feed.remove("shop/checkout");
    expect((await fetch(front.url)).status).toBe(500);
    front.feed.set(poolOf([a]));
    await front.stopPicker();
    expect((await fetch(front.url)).status).toBe(500);
  });

  test("loses no request when the picker it asks restarts, one after the other", async () => {
    const [a, b] = add("a", "b") as [FakePod, FakePod];
    const front = await frontOf([a, b]);
    let isOver = false;
    const failures: string[] = [];
    const load = (async () => {
      while (!isOver) failures.push(...(await sendRequests(front.url, 50)).failures.keys());
    })();
    for (let time = 0; time < 3; time += 1) {
      await front.stopPicker();
      await front.startPicker();
    }
    isOver = true;
    await load;
    expect(failures).toEqual([]);
  });
});
