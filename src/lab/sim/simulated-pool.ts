import { poolSpec, type StrategyType } from "../../api/pool.ts";
import type { Scaling } from "../../api/scaling.ts";
import type { Pod, Pool } from "../../decide/world.ts";

/** What of a pool a simulation chooses. */
export interface PoolOptions {
  readonly strategy: StrategyType;
  readonly intervalMs: number;
  readonly slowStartMs: number;
  readonly scaling?: Scaling;
}

/** Users wait for an answer for 0.8 of an interval by default. */
const timeoutShare = 0.8;
const longAgo = -1e12;
const port = 8080;
const name = "simulated";

/** A pool as users write it, but for an interval that may be shorter than a cluster allows. */
export function createPool({ strategy, intervalMs, slowStartMs, scaling }: PoolOptions): Pool {
  const spec = poolSpec.parse({
    targetRef: { name },
    ports: [{ port }],
    metrics: { source: { http: { connections: { name: "a" }, load: { name: "b" }, requests: { name: "c" } } } },
  });
  const metrics = { ...spec.metrics!, interval: intervalMs, timeout: timeoutShare * intervalMs };
  return {
    namespace: name,
    name,
    uid: name,
    generation: 1,
    createdAt: 0,
    spec: {
      ...spec,
      metrics,
      strategy: { ...spec.strategy, type: strategy, slowStart: slowStartMs },
      ...(scaling && { scaling }),
    },
  };
}

/** A pod of that pool, by its number. Those of the beginning have been ready for a long time. */
export function createPod(number: number, readyAt = longAgo, terminating = false): Pod {
  const uid = String(number).padStart(6, "0");
  return {
    namespace: name,
    name: `pod-${uid}`,
    uid,
    createdAt: readyAt,
    phase: "Running",
    labels: {},
    addresses: [`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`],
    addressRefused: false,
    ready: true,
    readyChangedAt: readyAt,
    terminating,
    hostNetwork: false,
    ports: [{ port }],
  };
}
