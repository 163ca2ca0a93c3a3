import type { Random } from "../../sim/random.ts";
import type { Demand } from "./demand.ts";

/** One connection as its client means it. */
export interface Arrival {
  /** Since the first moment of the load. */
  readonly atMs: number;
  /** 0: nobody comes. */
  readonly holdMs: number;
}

export interface ArrivalOptions {
  readonly demand: Demand;
  /** What one connection costs its pod, in percent. */
  readonly perConnection: number;
  readonly random: Random;
  /** Where nobody came for so long, it says so, and asks for the demand again: for one that changes as time goes by. */
  readonly lullMs?: number;
}

const hold = { leastMs: 500, meanMs: 4_000, mostMs: 12_000 };
const stepMs = 10;

/**
 * The connections that amount to the demand, without end: one arrives whenever those before it, if each were opened and
 * held as meant, would be too few. Nobody waits for an answer: the loop is open.
 */
export function* arrivals({
  demand,
  perConnection,
  random,
  lullMs = Number.POSITIVE_INFINITY,
}: ArrivalOptions): Generator<Arrival, never> {
  let ends: number[] = [];
  let toldAtMs = 0;
  for (let nowMs = 0; ; nowMs += stepMs) {
    ends = ends.filter((endMs) => endMs > nowMs);
    const missing = Math.round(demand(nowMs) / perConnection) - ends.length;
    const offsets = Array.from({ length: Math.max(0, missing) }, () => random.next() * stepMs).sort((a, b) => a - b);
    if (offsets.length > 0) toldAtMs = nowMs + stepMs;
    else if (nowMs - toldAtMs >= lullMs) {
      toldAtMs = nowMs;
      yield { atMs: nowMs, holdMs: 0 };
    }
    for (const offset of offsets) {
      const atMs = nowMs + offset;
      const holdMs = Math.min(hold.mostMs, Math.max(hold.leastMs, random.exponential() * hold.meanMs));
      ends.push(atMs + holdMs);
      yield { atMs, holdMs };
    }
  }
}
