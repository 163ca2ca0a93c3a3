import { type DeadBand, moved } from "../basics/dead-band.ts";
import { hash } from "../basics/hash.ts";
import type { PlannedEndpoint } from "../planned.ts";

type Weighted = Pick<PlannedEndpoint, "uid" | "weight">;

/** The weights by which lists are drawn for a while, and what the draws depend on beside the client. */
export interface Generation {
  readonly seed: number;
  /** By pod UID. */
  readonly weights: ReadonlyMap<string, number>;
  readonly period: number;
}

/** A weight that moved by more than this share makes a new generation, as it makes weights worth publishing. */
const deadBand: DeadBand = { share: 0.05, least: 0 };

/** A generation lasts no longer than this: whoever has one client only shall not stay with one pod for ever. */
const periodMs = 60_000;

/**
 * The generation that these endpoints belong to: the former one, unless pods came or went, a weight moved, or it had
 * its time. Where weights are the same, replicas that never heard of each other agree on it.
 */
export function generationOf(before: Generation | undefined, endpoints: readonly Weighted[], now: number): Generation {
  const period = Math.floor(now / periodMs);
  const isSame =
    before?.period === period &&
    before.weights.size === endpoints.length &&
    endpoints.every(({ uid, weight }) => {
      const earlier = before.weights.get(uid);
      return earlier !== undefined && !moved(earlier, weight, deadBand);
    });
  if (isSame) return before;
  const names = endpoints.map(({ uid, weight }) => `${uid}=${weight}`).sort();
  return {
    seed: hash(names.join(), period),
    weights: new Map(endpoints.map(({ uid, weight }) => [uid, weight])),
    period,
  };
}

/**
 * The endpoints in an order drawn by weight, by an exponential race: i is the first with probability w_i / W, j the
 * second after it with w_j / (W - w_i), and so on. Each client has its own order, and keeps it within a generation.
 */
export function spread<E extends Weighted>(
  endpoints: readonly E[],
  { seed, weights }: Generation,
  client: string,
): E[] {
  const lots = hash(client, seed);
  return endpoints
    .map((endpoint) => {
      const weight = Math.max(0, weights.get(endpoint.uid) ?? endpoint.weight);
      // From 0 to 1, both excluded.
      const chance = (hash(endpoint.uid, lots) + 0.5) / 2 ** 32;
      return { endpoint, key: -Math.log(chance) / weight };
    })
    .sort((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -1 : 1;
      return a.endpoint.uid < b.endpoint.uid ? -1 : 1;
    })
    .map(({ endpoint }) => endpoint);
}
