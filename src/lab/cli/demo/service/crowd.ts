import type { Random } from "../../../sim/random.ts";
import type { Arrival } from "../arrivals.ts";

export interface CrowdOptions {
  /** Connections that are open at a time, in the mean. */
  readonly connections: number;
  /** How long one lasts, in the mean. */
  readonly holdMs: number;
  readonly random: Random;
}

/** The first connections come one after the other within this time. */
const openingMs = 1_000;

/**
 * Clients that come by chance and stay for a time of their own: so many at once as there are in the mean, and then
 * without end as others leave.
 */
export function* crowd({ connections, holdMs, random }: CrowdOptions): Generator<Arrival, never> {
  for (let index = 0; index < connections; index += 1) {
    yield { atMs: (index * openingMs) / connections, holdMs: random.exponential() * holdMs };
  }
  for (let atMs = openingMs; ; ) {
    atMs += (random.exponential() * holdMs) / connections;
    yield { atMs, holdMs: random.exponential() * holdMs };
  }
}
