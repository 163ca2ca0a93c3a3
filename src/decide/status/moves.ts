import { maxStatusEndpoints, type PoolCondition, type StatusDraining, type StatusEndpoint } from "../../api/status.ts";
import { deadBands, moved } from "../basics/dead-band.ts";
import { print, saysElse, type Wording } from "../basics/wording.ts";

/** What a change is: nothing, figures (which can wait their turn), or a turn of events (which should be seen at once). */
export type News = "nothing" | "figures" | "turn";

/** What a status has no room for. */
export interface Backdrop {
  /** All of the pool's endpoints, by pod. */
  readonly endpoints: Pick<ReadonlyMap<string, StatusEndpoint>, "get" | "has">;
  /** What the conditions' messages were printed from, by type. */
  readonly wordings: ReadonlyMap<string, Wording>;
}

/** What is known behind two statuses. */
export interface Backdrops {
  /** As of when the first of the two was written; absent when that was not seen, as after a start. */
  readonly before?: Backdrop | undefined;
  readonly after: Backdrop;
}

const band = deadBands.status;

const figuresMoved = (before: StatusEndpoint, after: StatusEndpoint): boolean =>
  moved(before.connections, after.connections, band.connections) ||
  moved(before.load, after.load, band.load) ||
  moved(before.weight, after.weight, band.weight);

/**
 * Whether the list says something new. Neighbours whose figures hardly differ change places all the time, and some
 * strategies draw their order: that is noise. A list that is cut off loses and gains pods for the same reason, so that
 * one which comes in is judged by what it was when it was not listed.
 */
export function endpointsMoved(
  before: readonly StatusEndpoint[] = [],
  after: readonly StatusEndpoint[] = [],
  around?: Backdrops,
): boolean {
  const last = before.length < maxStatusEndpoints ? undefined : before.at(-1);
  if (!last && before.length !== after.length) return true;
  if (last && around && before.some(({ pod }) => !around.after.endpoints.has(pod))) return true;
  const unlisted = around?.before?.endpoints;
  const listed = new Map(before.map((endpoint) => [endpoint.pod, endpoint]));
  return after.some((endpoint) => {
    const earlier = listed.get(endpoint.pod) ?? unlisted?.get(endpoint.pod);
    if (earlier)
      return earlier.address !== endpoint.address || earlier.full !== endpoint.full || figuresMoved(earlier, endpoint);
    return !last || unlisted !== undefined || figuresMoved(last, endpoint);
  });
}

/** The decision changes from poll to poll while the load is near the limit; that alone is no news. */
const passing = new Set(["WithinLimit", "WaitingForPolls", "WaitingForWindow"]);

/** Of what a message counts, the share of the whole that makes no difference. */
const countedShare = 0.05;

/** From what a message was printed; undefined where that is not known, as after a start. */
function wordingOf({ type, message }: PoolCondition, backdrop: Backdrop | undefined): Wording | undefined {
  const wording = backdrop?.wordings.get(type);
  return wording !== undefined && print(wording) === message ? wording : undefined;
}

/**
 * Whether a message says something else: one pod more or less of many that are counted is nothing. That on scaling tells
 * the load while it is at work, which never stands still.
 */
function messageMoved(before: PoolCondition, after: PoolCondition, around: Backdrops | undefined): boolean {
  const tellsLoad = after.type === "ScalingActive" && after.status === "True";
  if (tellsLoad || before.message === after.message) return false;
  const [earlier, later] = [wordingOf(before, around?.before), wordingOf(after, around?.after)];
  return earlier === undefined || later === undefined || saysElse(earlier, later, countedShare);
}

/** What is not as it should be for another reason is a turn; what is as it should be is none. */
const verdictsOf = (conditions: readonly PoolCondition[]): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status}${status === "False" ? reason : ""}`).join();

export function newsOfConditions(
  before: readonly PoolCondition[] = [],
  after: readonly PoolCondition[] = [],
  around?: Backdrops,
): News {
  if (verdictsOf(before) !== verdictsOf(after)) return "turn";
  const known = new Map(before.map((condition) => [condition.type, condition]));
  const isMoved = after.some((condition) => {
    const earlier = known.get(condition.type);
    if (!earlier || messageMoved(earlier, condition, around)) return true;
    return earlier.reason !== condition.reason && !(passing.has(condition.reason) && passing.has(earlier.reason));
  });
  return isMoved ? "figures" : "nothing";
}

type Named = readonly { readonly pod: string }[];

const namesIn = (named: Named): string =>
  named
    .map(({ pod }) => pod)
    .sort()
    .join();

/** Whether other pods are named, in whatever order. What is said of each is no matter. */
export const podsMoved = (before: Named = [], after: Named = []): boolean => namesIn(before) !== namesIn(after);

/** Pods that come and go are a turn, and that the connections of one are gone, for which somebody waits. */
export function newsOfDraining(before: readonly StatusDraining[] = [], after: readonly StatusDraining[] = []): News {
  const known = new Map(before.map(({ pod, connections }) => [pod, connections]));
  const isEmptied = after.some(({ pod, connections }) => connections === 0 && known.has(pod) && known.get(pod) !== 0);
  if (podsMoved(before, after) || isEmptied) return "turn";
  const isMoved = after.some(({ pod, connections }) => moved(known.get(pod), connections, band.connections));
  return isMoved ? "figures" : "nothing";
}
