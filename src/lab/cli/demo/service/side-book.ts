import { averageSpread, type PodsSpread, spreadOver } from "./spread.ts";

/** A pod of a side, as it is at this moment. */
export interface SidePod {
  readonly pod: string;
  readonly connections: number;
  readonly isFull: boolean;
}

interface SideMoment {
  readonly atMs: number;
  readonly spread: PodsSpread | undefined;
}

/** Spreads are averaged over so long. */
const lastMs = 10_000;
/** Pods that joined are filled at this share of what is even. */
const filledAt = 0.9;

/** What happens to the pods of one Service. */
export class SideBook {
  readonly moments: SideMoment[] = [];
  pods: readonly SidePod[] = [];
  /** When other pods joined those that were there; undefined: they did not. */
  joinedAtMs: number | undefined;
  /** How long it took from there until the new pods had their share; undefined: they have not yet. */
  filledAfterMs: number | undefined;
  /** Averages of the last seconds before. */
  spreadBefore: PodsSpread | undefined;
  readonly #first = new Set<string>();

  /** Takes in the pods that take part by now. */
  look(atMs: number, pods: readonly SidePod[]): void {
    this.pods = pods;
    if (this.joinedAtMs === undefined || this.filledAfterMs !== undefined) return;
    const joined = pods.filter(({ pod }) => !this.#first.has(pod));
    const [all, ofJoined] = [spreadOver(connectionsOf(pods)), spreadOver(connectionsOf(joined))];
    if (all && ofJoined && ofJoined.mean >= filledAt * all.mean) this.filledAfterMs = atMs - this.joinedAtMs;
  }

  /** Other pods join from here on. */
  join(atMs: number): void {
    this.joinedAtMs = atMs;
    this.spreadBefore = this.lastSpread(atMs);
    for (const { pod } of this.pods) this.#first.add(pod);
  }

  /** Keeps the second that has passed. */
  tick(atMs: number): void {
    this.moments.push({ atMs, spread: spreadOver(connectionsOf(this.pods)) });
  }

  /** The average of the last seconds. */
  lastSpread(atMs: number): PodsSpread | undefined {
    const last = this.moments.filter((moment) => moment.atMs > atMs - lastMs);
    return averageSpread(last.flatMap(({ spread }) => spread ?? []));
  }
}

const connectionsOf = (pods: readonly SidePod[]): number[] => pods.map(({ connections }) => connections);
