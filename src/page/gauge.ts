import type { PoolDocument, PoolSummary } from "../serve/documents.ts";
import { count, percent } from "./format.ts";

/** What the replicas of a pool are decided by: a figure of each pod, its average, and the limit of that. */
export interface ShownGauge {
  readonly by: "load" | "connections";
  readonly title: string;
  readonly average: number | undefined;
  readonly limit: number | undefined;
  /** A bar reaches to here at least: twice a limit on connections is what 100 % is to a limit of 50 %. */
  readonly full: number;
  readonly text: (value: number | undefined) => string;
}

/** Its load; its connections where they alone decide. */
export function gaugeOf({
  averageLoad,
  limit,
  averageConnections,
  connectionsPerPod,
}: PoolDocument | PoolSummary): ShownGauge {
  if (connectionsPerPod !== undefined && limit === undefined)
    return {
      by: "connections",
      title: "Connections per pod",
      average: averageConnections,
      limit: connectionsPerPod,
      full: 2 * connectionsPerPod,
      text: count,
    };
  return { by: "load", title: "Average load", average: averageLoad, limit, full: 100, text: percent };
}

/** The limit in words. */
export const limitText = ({ limit, text, by }: ShownGauge): string | undefined =>
  limit === undefined ? undefined : `limit ${by === "load" ? `${limit}%` : text(limit)}`;

export const isOver = (value: number | undefined, limit: number | undefined): boolean =>
  value !== undefined && limit !== undefined && value > limit;
