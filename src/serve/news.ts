import type { Endpoint } from "../decide/planned.ts";
import type { FeedEntry } from "./feed.ts";

/** A figure moved when it changed by more than a share of itself, and by more than a least amount. */
const bands = {
  /** Of 1000 for an even share. */
  weight: { share: 0.05, least: 10 },
  connections: { share: 0.1, least: 1 },
  load: { share: 0.1, least: 2 },
};

function moved(figure: keyof typeof bands, before: Endpoint, after: Endpoint): boolean {
  const [earlier, later] = [before[figure], after[figure]];
  if (earlier === undefined || later === undefined) return earlier !== later;
  const { share, least } = bands[figure];
  return Math.abs(later - earlier) > Math.max(least, share * Math.max(earlier, later));
}

const addressOf = ({ uid, address, ports }: Endpoint): string =>
  [uid, address, ...ports.map(({ name, port }) => `${name}=${port}`)].join();

function endpointsMoved(before: readonly Endpoint[], after: readonly Endpoint[]): boolean {
  if (before.length !== after.length) return true;
  const known = new Map(before.map((endpoint) => [endpoint.uid, endpoint]));
  return after.some((endpoint) => {
    const earlier = known.get(endpoint.uid);
    return (
      !earlier ||
      addressOf(earlier) !== addressOf(endpoint) ||
      moved("weight", earlier, endpoint) ||
      moved("connections", earlier, endpoint) ||
      moved("load", earlier, endpoint)
    );
  });
}

const stateOf = ({ pool, plan, conditions }: FeedEntry): string =>
  JSON.stringify([
    pool.uid,
    pool.generation,
    conditions.map(({ type, status }) => [type, status]),
    plan.excluded.map(({ pod, reason }) => [pod, reason]).sort(),
    plan.writers?.map(({ uid, address }) => [uid, address]),
  ]);

/**
 * Whether a reader of `before` should hear of `after`. An order that changed while no figure moved is noise:
 * equal pods take turns at being first.
 */
export const isNews = (before: FeedEntry, after: FeedEntry): boolean =>
  stateOf(before) !== stateOf(after) || endpointsMoved(before.plan.endpoints, after.plan.endpoints);
