import type { ResponseTime } from "./response-time.ts";
import type { Tally } from "./tally.ts";

/** What an endpoint is ranked by. */
export interface Measured {
  readonly tally: Tally;
  readonly response: ResponseTime;
  /** When it last had a turn or came; who waits longest is first among equals. */
  readonly since: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The connections that the unmeasured count as: never idle, never full. */
export function usualConnections(all: readonly Measured[]): number {
  const known = all.map(({ tally }) => tally.measured).filter((count) => count !== undefined);
  return known.length < all.length ? median(known) : 0;
}

/** Of an endpoint; the smallest comes first. */
export type Key<M extends Measured = Measured> = (endpoint: M) => number;

/** Connections, with the one that would then be open. */
export function byConnections(all: readonly Measured[]): Key {
  const usual = usualConnections(all);
  return ({ tally }) => tally.estimate(usual) + 1;
}

/** The longest response time of those that were measured, milliseconds; 1 where none was. */
export function slowestResponse(all: readonly Measured[], now: number): number {
  const known = all.filter(({ response }) => response.isMeasured).map(({ response }) => response.estimate(now)!);
  return known.length > 0 ? Math.max(...known) : 1;
}

/** Response time, times the requests that it would then have in flight; whom nobody asked yet comes first. */
export const byResponseTime =
  (now: number): Key =>
  ({ response, tally }) =>
    (response.estimate(now) ?? 0) * (tally.inFlight + 1);

interface Ranked<M> {
  readonly endpoint: M;
  readonly key: number;
}

const compare = <M extends Measured>(a: Ranked<M>, b: Ranked<M>): number =>
  a.key - b.key || a.endpoint.since - b.endpoint.since;

/** The one with the smallest key, or all of them with that one first. */
export function rank<M extends Measured>(among: readonly M[], key: Key<M>, wanted: "first" | "all"): M[] {
  const ranked = among.map((endpoint) => ({ endpoint, key: key(endpoint) }));
  if (wanted === "all") return ranked.sort(compare).map(({ endpoint }) => endpoint);
  const best = ranked.reduce<Ranked<M> | undefined>((a, b) => (a && compare(a, b) <= 0 ? a : b), undefined);
  return best ? [best.endpoint] : [];
}
