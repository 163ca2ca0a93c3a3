import { apiVersion, kind } from "../../../../api/pool.ts";
import type { DemoConfig } from "../flags.ts";
import { metricsFor, namespace, type PodPorts, type Specified } from "../manifests.ts";

/** The two Services, each before pods of its own. */
export const sides = ["plain", "least-busy"] as const;
export type Side = (typeof sides)[number];

/** Pods of each side, and those that join them. */
export const pods = { first: 10, joining: 5 };
/** Connections to each side that are open at a time, in the mean. */
export const connections = 240;
export const holdMs = 30_000;
export const periodMs = 1_000;

/** What each side's pool says of its ready set. */
export const readySets = { plain: "All", "least-busy": "LeastBusy" } as const;

/** A pool, and with it a Service of its name, over the Deployment of its name. */
export const sidePool = (side: Side, config: DemoConfig, { http }: PodPorts): Specified => ({
  apiVersion,
  kind,
  metadata: { name: side, namespace },
  spec: {
    targetRef: { name: side },
    ports: [{ name: "http", port: http }],
    publish: {
      readySet:
        side === "plain"
          ? { type: readySets.plain }
          : { type: readySets["least-busy"], period: `${periodMs / 1_000}s`, floor: config.floor },
    },
    ...(side === "least-busy" && config.rebalance && { rebalance: { port: "metrics" } }),
    strategy: { type: config.strategy, slowStart: "0s" },
    metrics: metricsFor(config.strategy, { interval: "500ms", timeout: "400ms" }),
  },
});
