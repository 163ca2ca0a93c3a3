import type { PodsSpread } from "./spread.ts";

export interface RowPod {
  readonly pod: string;
  readonly connections: number;
  /** Full for now: no new connection goes there. */
  readonly isFull: boolean;
}

/** One Service, and how its connections are spread. */
export interface ServiceRow {
  readonly service: string;
  /** What its pool says of it. */
  readonly setting: string;
  /** In the order in which they came. */
  readonly pods: readonly RowPod[];
  /** Pods among which new connections are spread. */
  readonly ready: number;
  /** Now. */
  readonly mean: number;
  /** Averages of the last seconds. */
  readonly spread: PodsSpread | undefined;
  /** Standard deviation over mean of each second, oldest first. */
  readonly history: readonly number[];
  readonly traffic: { readonly open: number; readonly opened: number; readonly failed: number };
}

/** All that a look at the two Services shows, whatever it is drawn with. */
export interface ServiceScene {
  /** Since the command's start. */
  readonly elapsedMs: number;
  /** When the demo ends by itself, on the same clock. */
  readonly endsAtMs: number | undefined;
  readonly holdMs: number;
  readonly periodMs: number;
  readonly rows: readonly ServiceRow[];
  /** Oldest first. */
  readonly events: readonly { readonly atMs: number; readonly message: string }[];
  /** The last warning or error. */
  readonly trouble: string | undefined;
  readonly kubeconfig: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
}

export const formatFigure = (value: number | undefined): string => (value === undefined ? "?" : value.toFixed(2));

/** As `sd/mean 0.21  max/mean 1.43`. */
export const formatSpread = (spread: PodsSpread | undefined): string =>
  `sd/mean ${formatFigure(spread?.sdOverMean)}  max/mean ${formatFigure(spread?.maxOverMean)}`;

/** The connections of all pods, those that are full for now with a star, as `[21,24*,19]`. */
export const formatPods = ({ pods }: ServiceRow): string =>
  `[${pods.map(({ connections, isFull }) => `${connections}${isFull ? "*" : ""}`).join(",")}]`;
