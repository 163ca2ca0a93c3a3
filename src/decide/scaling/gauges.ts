import { reads } from "../../api/metrics.ts";
import type { PoolSpec } from "../../api/pool.ts";
import type { Sample } from "../world.ts";

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

export const formatAverage = ({ name, unit }: Gauge, value: number): string =>
  `${name === "load" ? "average load" : "average of connections"} ${value.toFixed(1)}${unit}`;

export const formatLimit = ({ limit, unit }: Gauge): string => `${limit}${unit}`;
