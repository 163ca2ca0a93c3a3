import { clock, percent } from "../../../cli/terminal/text.ts";
import type { PodFault } from "../../embedded/pod-fault.ts";
import type { ClientFigures } from "./clients/client-book.ts";
import type { PlayNote } from "./play/controls.ts";

/** What is known of a pod beside what the operator says. */
export interface PodNote {
  readonly fault?: PodFault | undefined;
  /** Those that it has, whatever it reports. */
  readonly connections?: number | undefined;
  /** Shares of the two clients' requests that went to it, from 0 to 1. */
  readonly blind?: number | undefined;
  readonly following?: number | undefined;
}

export interface SceneEndpoint {
  readonly rank: number;
  readonly pod: string;
  readonly connections: number | undefined;
  /** Percent. */
  readonly load: number | undefined;
  readonly weight: number;
  readonly ageMs: number | undefined;
  readonly reason: string;
  readonly note: PodNote;
}

/** Replicas that the operator wrote. */
export interface ScaleEvent {
  /** Since the command's start. */
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Percent, as the operator saw it. */
  readonly averageLoad: number | undefined;
  readonly message: string;
}

/** The demo as somebody plays with it. */
export interface Play {
  readonly selected: string | undefined;
  readonly showsHelp: boolean;
  readonly isPaused: boolean;
  /** Beside those of the demo's own load; below 0: fewer. */
  readonly extraConnections: number;
  /** Oldest first. */
  readonly notes: readonly PlayNote[];
}

/** All that a look at the demo shows, whatever it is drawn with. */
export interface Scene {
  readonly pool: string;
  readonly strategy: string;
  /** Since the command's start. */
  readonly elapsedMs: number;
  /** When the demo ends by itself, on the same clock. */
  readonly endsAtMs: number | undefined;
  readonly replicas: number;
  readonly maxReplicas: number;
  /** Percent. */
  readonly averageLoad: number | undefined;
  readonly limit: number;
  /** Average loads of the last seconds, oldest first. */
  readonly history: readonly number[];
  /** In the order in which they came, so that a pod keeps its place. */
  readonly endpoints: readonly SceneEndpoint[];
  /** Pods that get nothing, and why. */
  readonly waiting: readonly { readonly pod: string; readonly reason: string; readonly note: PodNote }[];
  /** Loads in the order in which the pods came; undefined where there is no sample yet. */
  readonly loads: readonly (number | undefined)[];
  readonly decision: { readonly reason: string; readonly message: string } | undefined;
  /** Oldest first. */
  readonly events: readonly ScaleEvent[];
  /** The blind client, and the one that follows. */
  readonly clients: readonly ClientFigures[];
  /** What the keys have done; absent where there is no keyboard. */
  readonly play: Play | undefined;
  /** The last warning or error. */
  readonly trouble: string | undefined;
  readonly traffic: { readonly open: number; readonly opened: number; readonly failed: number };
  readonly kubeconfig: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
}

/** The loads of all pods, as `[74.54%,51.74%,2.70%]`. */
export const formatLoads = (loads: Scene["loads"]): string => `[${loads.map((load) => percent(load, 2)).join(",")}]`;

export const formatEvent = ({ from, to, reason, message }: Omit<ScaleEvent, "atMs">): string =>
  `${from} -> ${to}  ${reason}: ${message}`;

/** Where the demo stands in time. */
export const formatTime = ({ elapsedMs, endsAtMs }: Pick<Scene, "elapsedMs" | "endsAtMs">): string =>
  endsAtMs === undefined ? clock(elapsedMs) : `${clock(elapsedMs)}, ends at ${clock(endsAtMs)}`;
