import type { Random } from "../../sim/random.ts";
import type { Demand } from "./demand.ts";

/** One connection as its client means it. */
export interface Arrival {
  /** Since the first moment of the load. */
  readonly atMs: number;
  readonly holdMs: number;
}

export interface ArrivalOptions {
  readonly demand: Demand;
  /** What one connection costs its pod, in percent. */
  readonly perConnection: number;
  readonly random: Random;
}

const hold = { leastMs: 500, meanMs: 4_000, mostMs: 12_000 };
const stepMs = 10;

/**
 * The connections that amount to the demand, without end: one arrives whenever those before it, if each were opened and
 * held as meant, would be too few. Nobody waits for an answer: the loop is open.
 */
export function* arrivals({ demand, perConnection, random }: ArrivalOptions): Generator<Arrival, never> {
  let ends: number[] = [];
  for (let nowMs = 0; ; nowMs += stepMs) {
    ends = ends.filter((endMs) => endMs > nowMs);
    const missing = Math.round(demand(nowMs) / perConnection) - ends.length;
    const offsets = Array.from({ length: Math.max(0, missing) }, () => random.next() * stepMs).sort((a, b) => a - b);
    for (const offset of offsets) {
      const atMs = nowMs + offset;
      const holdMs = Math.min(hold.mostMs, Math.max(hold.leastMs, random.exponential() * hold.meanMs));
      ends.push(atMs + holdMs);
      yield { atMs, holdMs };
    }
  }
}
