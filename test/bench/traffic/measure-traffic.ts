import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Consumer } from "../../../src/serve/consumer.ts";
import type { Feed } from "../../../src/serve/feed.ts";
import { EnvoyServer } from "../../rigs/envoy/envoy-server.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { startStage } from "../rig/start-stage.ts";
import { summarize } from "../rig/summarize.ts";
import { type Policy, policies, trafficBootstrap } from "./bootstrap.ts";
import type { Heard, Load } from "./generate.ts";
import { WorkerPod } from "./worker-pod.ts";

export const fleet = { pods: 10, workers: 8, serviceMs: 20, slower: 4 };

export interface TrafficOptions {
  /** All times are so much longer, and rates lower, so that a small machine can carry them. The queues are the same. */
  readonly stretch: number;
  /** Percent of what the pods can do together. */
  readonly loads: readonly number[];
  readonly envoys: readonly number[];
  readonly seeds: number;
  /** Whether pods tell their load of an instant, and not on average. */
  readonly instant: boolean;
  readonly warmUpS: number;
  readonly measureS: number;
}

/** One load through so many Envoys by one policy. */
export interface Cell {
  readonly policy: Policy;
  readonly load: number;
  readonly envoys: number;
  readonly seed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly failed: number;
  readonly lateMs: number;
  /** The operator's weight for the slower pod at the end, 1000 being an even share. */
  readonly slowWeight: number;
}

/** Requests a second that the pods can answer together. */
export const capacityOf = (stretch: number): number =>
  ((fleet.pods - 1 + 1 / fleet.slower) * fleet.workers * 1_000) / (fleet.serviceMs * stretch);

/** Measures each cell in turn: the whole operator on an embedded cluster, at its default interval, stretched as all else. */
export async function measureTraffic(
  options: TrafficOptions,
  onCell: (cell: Cell) => void,
  signal: AbortSignal,
): Promise<void> {
  const { stretch } = options;
  await using stack = new AsyncDisposableStack();
  let feed: Feed | undefined;
  const observer: Consumer = {
    name: "observer",
    start(given) {
      feed = given;
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
  const stage = await startStage(stack, {
    pods: fleet.pods,
    intervalMs: 1_000 * stretch,
    consumers: [observer],
    spec: {
      metrics: {
        interval: `${1_000 * stretch}ms`,
        timeout: "900ms",
        source: {
          http: {
            port: "metrics",
            connections: { name: "app_connections" },
            load: { name: "app_load" },
            requests: { name: "app_requests_total" },
          },
        },
      },
    },
  });
  const { rig, pods: deployed } = stage;
  const pods = deployed.map(
    ({ fake }, index) =>
      new WorkerPod(fake, {
        workers: fleet.workers,
        tells: options.instant ? "instant" : "average",
        meanMs: fleet.serviceMs * stretch * (index === 0 ? fleet.slower : 1),
      }),
  );
  const places = {
    pool: stage.pool,
    pods: deployed.map(({ address }) => ({ address, port: rig.farm.ports.traffic })),
    xdsPort: stage.xdsPort,
  };
  const worker = new Worker(new URL("./generate.ts", import.meta.url));
  stack.defer(() => worker.terminate().then(() => {}));
  const send = async (load: Load): Promise<Heard> => {
    worker.postMessage(load);
    return ((await once(worker, "message", { signal })) as [Heard])[0];
  };

  for (const envoys of options.envoys) {
    await using fronts = new AsyncDisposableStack();
    const urls: string[] = [];
    for (let index = 0; index < envoys; index += 1) {
      const envoy = await EnvoyServer.start(stage.envoy, { bootstrap: trafficBootstrap(`bench-${index}`, places) });
      fronts.defer(() => envoy.stop());
      urls.push(await envoy.url("front"));
    }
    for (const load of options.loads) {
      for (let seed = 1; seed <= options.seeds; seed += 1) {
        for (const policy of policies) {
          await waitFor(() => pods.every(({ inside }) => inside === 0), "the pods to be idle", { timeoutMs: 600_000 });
          for (const [index, pod] of pods.entries()) pod.seed(seed, 1 + index);
          const { latenciesMs, failed, lateMs } = await send({
            urls,
            path: `/${policy}`,
            perSecond: (load / 100) * capacityOf(stretch),
            warmUpMs: options.warmUpS * 1_000,
            measureMs: options.measureS * 1_000,
            seed,
          });
          const { n, p50, p99 } = summarize(latenciesMs);
          const { endpoints } = feed!.get(places.pool)!.plan;
          const slowWeight = endpoints.find(({ uid }) => uid === deployed[0]!.uid)!.weight;
          const figures = { p50Ms: p50, p99Ms: p99, requests: n, failed, lateMs, slowWeight };
          onCell({ policy, load, envoys, seed, ...figures });
        }
      }
    }
  }
}
