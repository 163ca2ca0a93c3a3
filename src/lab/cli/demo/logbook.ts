import type { LastScale } from "../../../api/status.ts";
import type { FeedEntry } from "../../../serve/feed.ts";
import type { ReactionClock } from "./reaction.ts";
import { formatLoads, type ScaleEvent } from "./scene.ts";
import { Troubles } from "./troubles.ts";

/** A second of the demo. */
export interface Moment {
  readonly atMs: number;
  /** As in `[74.54%,51.74%,2.70%]`. */
  readonly loads: string;
  readonly averageLoad: number | undefined;
  readonly replicas: number;
  readonly connections: number;
}

export interface SampledPod {
  readonly pod: string;
  readonly load: number | undefined;
  readonly samples: number;
}

interface Seen {
  readonly pod: string;
  load: number | undefined;
  takenAt: number | undefined;
  samples: number;
  present: boolean;
}

/** Everything that happens in the demo, as it happens. */
export class Logbook extends Troubles {
  readonly #reactions: ReactionClock;
  /** By UID, in the order in which they came. */
  readonly #pods = new Map<string, Seen>();
  readonly #written: { readonly atMs: number }[] = [];
  #lastScale: string | undefined;
  #version: string | undefined;
  readonly events: ScaleEvent[] = [];
  readonly reactionsMs: number[] = [];
  readonly moments: Moment[] = [];

  constructor(reactions: ReactionClock) {
    super();
    this.#reactions = reactions;
  }

  /** The pods that take traffic, in the order in which they came. */
  get pods(): readonly SampledPod[] {
    return [...this.#pods.values()].filter(({ present }) => present);
  }

  get allSampled(): boolean {
    return this.pods.length > 0 && this.pods.every(({ samples }) => samples > 0);
  }

  samplesOf(uid: string): number {
    return this.#pods.get(uid)?.samples ?? 0;
  }

  /** The true load of all pods, in percent of one pod, and how many replicas are to carry it. */
  look(atMs: number, totalLoad: number, replicas: number): void {
    this.#reactions.look(atMs, totalLoad, replicas);
  }

  /** The API server has answered a write of replicas. The plan that says why comes after it. */
  scaleWritten(atMs: number): void {
    this.#written.push({ atMs });
    const reactionMs = this.#reactions.scaled(atMs);
    if (reactionMs !== undefined) this.reactionsMs.push(reactionMs);
  }

  /** Takes in the newest plan of the pool. */
  follow(entry: FeedEntry, atMs: number): void {
    if (entry.version === this.#version) return;
    this.#version = entry.version;
    for (const seen of this.#pods.values()) seen.present = false;
    for (const endpoint of entry.plan.endpoints) {
      const takenAt = endpoint.ageMs === undefined ? undefined : Math.round(entry.observation.now - endpoint.ageMs);
      const seen = this.#pods.get(endpoint.uid) ?? {
        pod: endpoint.pod,
        load: undefined,
        takenAt: undefined,
        samples: 0,
        present: true,
      };
      if (takenAt !== undefined && takenAt !== seen.takenAt) seen.samples += 1;
      Object.assign(seen, { takenAt, load: endpoint.load, present: true });
      this.#pods.set(endpoint.uid, seen);
    }
    const { lastScale } = entry.status;
    if (lastScale) this.#noteScale(lastScale, entry.plan.averageLoad, atMs);
  }

  /** Keeps the second that has passed. */
  tick(moment: Omit<Moment, "loads">): Moment {
    const kept = { ...moment, loads: formatLoads(this.pods.map(({ load }) => load)) };
    this.moments.push(kept);
    return kept;
  }

  #noteScale({ time, from, to, reason, message }: LastScale, averageLoad: number | undefined, atMs: number): void {
    if (time === this.#lastScale) return;
    this.#lastScale = time;
    this.events.push({ atMs: this.#written.shift()?.atMs ?? atMs, from, to, reason, averageLoad, message });
  }
}
