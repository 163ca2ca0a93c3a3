import { Registry } from "prom-client";
import { toSlice } from "../../../../src/act/slice.ts";
import { recordPlans } from "../../../../src/control/record-plans.ts";
import { explainInParts } from "../../../../src/decide/explain/explain.ts";
import { keyOf } from "../../../../src/key.ts";
import { readJson, readLines } from "../../../../src/kube/body.ts";
import { ObjectCache } from "../../../../src/kube/object-cache.ts";
import { usualPageSize } from "../../../../src/kube/page-size.ts";
import { readObject } from "../../../../src/kube/read-object.ts";
import type { KubeObject } from "../../../../src/kube/types.ts";
import { type SeenPod, toService } from "../../../../src/observe/cluster/project.ts";
import { openAccess } from "../../../../src/serve/access/access.ts";
import { createFeed, type FeedEntry } from "../../../../src/serve/feed.ts";
import { createFollowers } from "../../../../src/serve/followers.ts";
import { answerFrom } from "../../../../src/serve/haproxy/answers.ts";
import type { RouteRequest } from "../../../../src/serve/http/routes.ts";
import { createHistory } from "../../../../src/serve/page/history.ts";
import { writeJson, writeText } from "../../../../src/serve/pools/explanation-text.ts";
import { createPoolTexts } from "../../../../src/serve/pools/pool-texts.ts";
import { answerPools } from "../../../../src/serve/pools/pools.ts";
import { isNews } from "../../../../src/serve/watch/news.ts";
import { encodeResource } from "../../../../src/serve/xds/encode-resource.ts";
import { envoyEndpoints } from "../../../../src/serve/xds/envoy-resources.ts";
import { grpcResources } from "../../../../src/serve/xds/grpc-resources.ts";
import { writeYaml } from "../../../../src/serve/yaml.ts";
import { createMetrics } from "../../../../src/telemetry/metrics.ts";
import { CpuClock } from "./cpu-clock.ts";
import { type Crowd, createCrowd } from "./crowd.ts";
import { Passes } from "./passes.ts";

export interface StretchOptions {
  readonly pods: number;
  /** That the pods are spread over. */
  readonly pools: number;
  /** How often each is measured, after as many times again to warm up. */
  readonly rounds: number;
  /** Of the pools' specs. */
  readonly parts?: object;
  readonly signal: AbortSignal;
}

/** As they come from the socket at most. */
const chunkBytes = 65_536;

async function* inChunks(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}

/** A listing, page by page, and a burst of events, as the list-watch takes them in. */
async function measureReading(clock: CpuClock, { pods }: Crowd, { cluster }: Passes): Promise<void> {
  const cache = new ObjectCache<SeenPod>(cluster.toPod, (error) => {
    throw error;
  });
  const staged = cache.collect();
  for (let from = 0; from < pods.length; from += usualPageSize) {
    const text = JSON.stringify({ kind: "PodList", items: pods.slice(from, from + usualPageSize) });
    const page = await clock.timeMicrotasks("list_page_parse", () => readJson(inChunks(text), text.length));
    clock.time("list_page_take", () => {
      for (const item of (page as { items: unknown[] }).items) staged.add(readObject(item)!);
    });
  }
  const changes = clock.time("list_commit", () => staged.commit());
  // The list-watch rests between any two.
  for (const change of changes) clock.time("list_deliver", () => cluster.onPod(change));
  const events = pods.slice(0, usualPageSize).map(({ metadata, ...pod }, index) => ({
    type: "MODIFIED",
    object: { ...pod, metadata: { ...metadata, resourceVersion: String(2_000_000 + index) } },
  }));
  const burst = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join("")).subarray(0, chunkBytes);
  await clock.timeMicrotasks("watch_chunk", async () => {
    const lines = readLines(inChunks(burst.toString("utf8")), Number.POSITIVE_INFINITY);
    for (;;) {
      const { done, value } = await lines.next();
      if (done) return;
      const change = cache.put(readObject(JSON.parse(value).object)!);
      if (change) cluster.onPod(change);
    }
  });
}

/** The slices that pools of this size have, as they are listed at once when the operator starts. */
function slicesOf(entry: FeedEntry): KubeObject[] {
  const { pool } = entry.observation;
  const hundreds = Array.from({ length: Math.ceil(entry.plan.members.length / 100) }, (_, at) => at);
  return hundreds.map(
    (at) =>
      ({
        metadata: {
          name: `${pool.name}-evenkeel-${at + 1}`,
          namespace: pool.namespace,
          uid: `uid-slice-${pool.name}-${at}`,
          resourceVersion: "1",
          labels: {
            "kubernetes.io/service-name": pool.name,
            "endpointslice.kubernetes.io/managed-by": "evenkeel.io",
          },
          ownerReferences: [
            {
              apiVersion: "evenkeel.io/v1alpha1",
              kind: "LoadBalancerPool",
              name: pool.name,
              uid: pool.uid,
              controller: true,
            },
          ],
        },
        addressType: "IPv4",
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
        endpoints: entry.plan.members.slice(100 * at, 100 * at + 100).map(({ pod }) => ({
          addresses: pod.addresses,
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
          nodeName: pod.node,
        })),
      }) as KubeObject,
  );
}

/** The pool's own Service. */
const serviceOf = ({ metadata: { name, namespace, uid } }: KubeObject) =>
  ({
    metadata: {
      name,
      namespace,
      uid: `uid-service-${name}`,
      resourceVersion: "1",
      ownerReferences: [{ apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", name, uid, controller: true }],
    },
    spec: { clusterIP: "None", ipFamilies: ["IPv4"], ports: [{ name: "http", port: 8080, protocol: "TCP" }] },
  }) as unknown as KubeObject;

const request: RouteRequest = {
  method: "GET",
  path: "/v1/pools",
  query: new URLSearchParams(),
  namespace: "",
  name: "",
  address: "127.0.0.1",
  client: "127.0.0.1",
  certificate: undefined,
  until: undefined,
  header: () => undefined,
  acceptsGzip: false,
  bodyBytes: 0,
  readBody: () => Promise.reject(new Error("there is none")),
};

/** What consumers make of a pool's newest plan. */
function measureTelling(clock: CpuClock, before: FeedEntry | undefined, entry: FeedEntry, now: number): void {
  const texts = createPoolTexts(() => ({ now, staleMs: 0 }));
  clock.time("document", () => texts.document(entry));
  const json = Buffer.concat(texts.document(entry)).toString();
  const document = clock.time("document_yaml", () => JSON.parse(json));
  clock.timeSteps(() => "document_yaml", writeYaml(document));
  if (before) clock.time("watch_news", () => isNews(before, entry));
  const { namespace, name, generation } = entry.observation.pool;
  const explained = { namespace, name, generation, plannedAt: new Date(now).toISOString() };
  const partsOf = () => explainInParts(entry.observation, entry.plan);
  clock.timeSteps(() => "explain_json", writeJson(explained, partsOf()));
  clock.timeSteps(() => "explain_text", writeText(explained, partsOf()));
  for (const name of envoyEndpoints.namesOf(entry)) {
    const bytes = clock.time("xds_envoy", () => envoyEndpoints.make(name, entry));
    if (bytes) clock.time("xds_encode", () => encodeResource(envoyEndpoints.type, name, bytes));
  }
  const target = `${name}.${namespace}`;
  for (const maker of grpcResources) clock.time("xds_grpc", () => maker.make(target, entry));
  clock.time("haproxy", () => answerFrom(entry, { server: "nobody", key: entry.key, access: "read" } as never, now));
}

/** Every stretch of work that the operator does at once for pools of these sizes, by name. */
export async function measureStretches(options: StretchOptions): Promise<ReadonlyMap<string, readonly number[]>> {
  const { pods: count, pools, rounds, parts, signal } = options;
  const clock = new CpuClock();
  const crowd = createCrowd(count, pools, parts);
  const passes = new Passes(clock, Date.UTC(2026, 0, 2, 3, 4, 5));
  const registry = new Registry();
  const metrics = createMetrics(registry, { version: "0", now: () => passes.now });
  const feed = createFeed({ now: () => passes.now });
  const history = createHistory();
  const recording = await recordPlans(metrics).start(feed, createFollowers());
  feed.subscribeAll((_, known) => known && history.record(known));
  try {
    for (const raw of crowd.pools) {
      const current = passes.cluster.toPool(raw);
      passes.cluster.onPool({ key: keyOf(current), current });
      passes.cluster.onService({ key: keyOf(current), current: toService(serviceOf(raw)) });
    }
    await measureReading(clock, crowd, passes);
    const uids = crowd.pods.map(({ metadata }) => ({ uid: metadata.uid! }));
    const keys = crowd.pools.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    for (let round = 0; round < 2 * rounds; round += 1) {
      signal.throwIfAborted();
      if (round === rounds) clock.reset();
      passes.stir(uids);
      // Of many pools one in ten, so that the whole does not take ten times as long.
      for (const key of keys.filter((_, at) => round === 0 || at % 10 === round % 10 || keys.length < 10)) {
        const passed = passes.pass(key);
        const before = feed.get(key);
        clock.time("feed", () => feed.set(passed));
        const entry = feed.get(key)!;
        if (round === 0) for (const raw of slicesOf(entry)) passes.show(raw);
        measureTelling(clock, before, entry, passes.now);
        clock.time("client_list", () => feed.listFor(key, `client-${round}`));
        clock.time("next", () => feed.next(key, 3));
      }
      await clock.timeMicrotasks("metrics", () => registry.metrics());
      await clock.timeMicrotasks("pools_list", () => answerPools(feed, openAccess, request));
      clock.time("history", () => JSON.stringify(history.describe(keys[0]!, passes.now)));
      await measureReading(clock, crowd, passes);
      const slices = JSON.stringify({ items: feed.list().flatMap(slicesOf).slice(0, usualPageSize) });
      const page = await clock.timeMicrotasks("slices_page_parse", () => readJson(inChunks(slices), slices.length));
      clock.time("slices_page_take", () => (page as { items: KubeObject[] }).items.map(toSlice));
    }
    return new Map(clock.times);
  } finally {
    await recording.stop();
    await passes.close();
  }
}
