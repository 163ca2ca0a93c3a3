import { setTimeout as sleep } from "node:timers/promises";
import { type CreatedPod, createPods, deletePods } from "../../rigs/pods/create-pods.ts";
import type { PrometheusServer } from "../../rigs/prometheus/prometheus-server.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Rig } from "../rig/rig.ts";
import { startUsage, type Usage } from "../rig/usage.ts";
import { type LoopDelay, startLoopDelay } from "./loop-delay.ts";
import { type SizingOptions, startWaves } from "./measure-sizing.ts";

/** The least that source query has, and how often Prometheus scrapes as well. */
export const queryIntervalMs = 5_000;

/** What the operator used for a while, in which its pods' figures came by one source. */
interface Used extends Usage {
  readonly elapsedSeconds: number;
  readonly loop: LoopDelay;
  /** Queries that Prometheus answered meanwhile. */
  readonly queries: number;
}

/** One pool's figures by queries, and then by scraping its pods at the same interval. */
export interface QuerySizing {
  readonly query: Used;
  readonly scraping: Used;
}

const labels = { app: "sizing" };
const metrics = 2;

const sources = {
  query: {
    query: {
      connections: { expr: "sum by (pod) (app_connections)" },
      load: { expr: "sum by (pod) (app_load)" },
    },
  },
  scraping: { http: { connections: { name: "app_connections" }, load: { name: "app_load" } } },
};

const poolBy = (source: object) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "sizing" },
  spec: {
    selector: { matchLabels: labels },
    ports: [{ port: 8080 }],
    metrics: { interval: `${queryIntervalMs}ms`, timeout: "4s", source },
  },
});

/** By Prometheus' own count. */
async function countQueries(prometheus: PrometheusServer): Promise<number> {
  const text = await (await fetch(`${prometheus.url}/metrics`)).text();
  const counts = text.matchAll(/^prometheus_http_requests_total\{code="200",handler="\/api\/v1\/query"\} (\S+)$/gm);
  return [...counts].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function measureUse(rig: Rig, prometheus: PrometheusServer, options: SizingOptions): Promise<Used> {
  const { seconds, signal } = options;
  const delayed = await startLoopDelay(rig.url);
  const used = await startUsage(rig.pids.ours);
  const [before, begunAt] = [await countQueries(prometheus), performance.now()];
  await sleep(seconds * 1_000, undefined, { signal });
  const [queries, elapsedSeconds] = [(await countQueries(prometheus)) - before, (performance.now() - begunAt) / 1_000];
  return { ...(await used()), elapsedSeconds, queries, loop: await delayed() };
}

export const queriesPerMetricAndInterval = ({ queries, elapsedSeconds }: Used): number =>
  (queries * queryIntervalMs) / (1_000 * elapsedSeconds * metrics);

/** What a pool of so many pods costs by source query, beside what it costs to scrape the same pods as often. */
export async function measureQuery(
  rig: Rig,
  prometheus: PrometheusServer,
  options: SizingOptions,
): Promise<QuerySizing> {
  const { client, farm } = rig;
  const { pods: count, seconds, signal, onProgress } = options;
  const namespace = await client.createNamespace(`query-${count}`);
  const pools = `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`;

  onProgress("creating pods");
  const pods = await createPods(client, farm, { namespace, count, labels });
  using _waves = startWaves(pods);
  await prometheus.retarget(
    pods.map(({ name, address }: CreatedPod) => ({
      address: `${address}:${farm.ports.metrics}`,
      labels: { namespace, pod: name },
    })),
  );
  await prometheus.until(`count(app_connections{namespace="${namespace}"}) == ${count}`, 1);

  async function measureBy(source: keyof typeof sources): Promise<Used> {
    await client.call("POST", pools, { body: poolBy(sources[source]) });
    const isMeasured = async () => {
      signal.throwIfAborted();
      const { status } = await client.call("GET", `${pools}/sizing`);
      return status?.conditions?.some((c: { type: string; reason: string }) => {
        return c.type === "MetricsHealthy" && c.reason === "AllFresh";
      });
    };
    await waitFor(isMeasured, "every pod to be measured", { timeoutMs: 120_000, intervalMs: 500 });
    onProgress(`settling, by ${source}`);
    await sleep(2 * queryIntervalMs, undefined, { signal });
    onProgress(`${seconds} s by ${source}`);
    const used = await measureUse(rig, prometheus, options);
    await client.call("DELETE", `${pools}/sizing`);
    return used;
  }

  const query = await measureBy("query");
  const scraping = await measureBy("scraping");
  onProgress("removing pods");
  await deletePods(client, farm, pods);
  return { query, scraping };
}
