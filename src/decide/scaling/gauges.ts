import { defined } from "../../api/defined.ts";
import { reads } from "../../api/metrics.ts";
import type { PoolSpec } from "../../api/pool.ts";
import type { Plan } from "../planned.ts";
import type { Pool, Sample } from "../world.ts";

/** A figure of which the average per pod is held within a limit. */
export interface Gauge {
  readonly name: "load" | "connections";
  readonly limit: number;
  readonly read: (sample: Sample) => number | undefined;
  /** The unit as it follows a number. */
  readonly unit: "" | "%";
}

/** What the pool's replicas are decided by: its load where it reads one, its connections where the user set a target. */
export function gaugesOf(spec: PoolSpec): Gauge[] {
  const { maxAverageLoad, connectionsPerPod } = spec.scaling ?? {};
  const gauges: Gauge[] = [];
  if (maxAverageLoad !== undefined && reads(spec.metrics, "load"))
    gauges.push({ name: "load", limit: maxAverageLoad, read: ({ load }) => load, unit: "%" });
  if (connectionsPerPod !== undefined)
    gauges.push({ name: "connections", limit: connectionsPerPod, read: ({ connections }) => connections, unit: "" });
  return gauges;
}

/** Averages over the pods that tell a figure, and the limits that hold them; absent is what is not known or not asked for. */
export function averagesOf({ spec }: Pool, plan: Plan, round: (value: number) => number) {
  const limitOf = (figure: Gauge["name"]) => gaugesOf(spec).find(({ name }) => name === figure)?.limit;
  const [limit, connectionsPerPod] = [limitOf("load"), limitOf("connections")];
  const { averageLoad, averageConnections } = plan;
  const isCounted = connectionsPerPod !== undefined;
  return {
    ...(averageLoad !== undefined && { averageLoad: round(averageLoad) }),
    ...defined({ limit }),
    ...(isCounted && averageConnections !== undefined && { averageConnections: round(averageConnections) }),
    ...(isCounted && { connectionsPerPod }),
  };
}

export const formatAverage = ({ name, unit }: Gauge, value: number): string =>
  `${name === "load" ? "average load" : "average of connections"} ${value.toFixed(1)}${unit}`;

export const formatLimit = ({ limit, unit }: Gauge): string => `${limit}${unit}`;
