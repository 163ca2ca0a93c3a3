import type { Play } from "../scene.ts";

export interface CarriedRow {
  readonly pod: string;
  /** Percent of all weights, in the mean of the last seconds. */
  readonly weight: number;
  /** It is to get nothing now. */
  readonly isOut: boolean;
  /** Percent of the requests that were answered in the last seconds. */
  readonly traffic: number;
  /** Why it stands where it does, or gets nothing. */
  readonly reason: string;
  /** What somebody has done to it; empty where nothing. */
  readonly state: string;
}

/** All that a look at the carried traffic shows, whatever it is drawn with. */
export interface CarriedScene {
  /** What carries the traffic. */
  readonly carrier: string;
  readonly pool: string;
  readonly strategy: string;
  /** Since the command's start. */
  readonly elapsedMs: number;
  /** When the demo ends by itself, on the same clock. */
  readonly endsAtMs: number | undefined;
  /** By name. */
  readonly rows: readonly CarriedRow[];
  readonly answered: number;
  readonly failed: number;
  /** Oldest first. */
  readonly events: readonly { readonly atMs: number; readonly message: string }[];
  /** What the keys have done; absent where there is no keyboard. */
  readonly play?: Play | undefined;
  /** The last warning or error. */
  readonly trouble: string | undefined;
  /** Where requests come in, if they do by HTTP. */
  readonly carrierUrl: string | undefined;
  readonly kubeconfig: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
}

export const formatPercent = (value: number): string => `${value.toFixed(1)}%`;

/** The widest gap between a pod's weight and its traffic, in percentage points. */
export const widestGap = (rows: readonly CarriedRow[]): number =>
  Math.max(0, ...rows.map(({ weight, traffic }) => Math.abs(weight - traffic)));
