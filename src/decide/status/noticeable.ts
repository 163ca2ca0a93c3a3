import { maxStatusEndpoints, type PoolCondition, type PoolStatus, type StatusEndpoint } from "../../api/status.ts";
import { deadBands, moved } from "../basics/dead-band.ts";

const band = deadBands.status;

const figuresMoved = (before: StatusEndpoint, after: StatusEndpoint): boolean =>
  moved(before.connections, after.connections, band.connections) ||
  moved(before.load, after.load, band.load) ||
  moved(before.weight, after.weight, band.weight);

/** The pool's endpoints by pod, those too that no status has room for. */
export type Endpoints = ReadonlyMap<string, StatusEndpoint>;

/** What is known beside two statuses. */
export interface Surroundings {
  /** As of when the first of the two was written; absent when that was not seen, as after a start. */
  readonly before?: Endpoints | undefined;
  readonly after: Endpoints;
}

/**
 * Whether the list says something new. Neighbours whose figures hardly differ change places all the time, and some
 * strategies draw their order: that is noise. A list that is cut off loses and gains pods for the same reason, so that
 * one which comes in is judged by what it was when it was not listed.
 */
function listMoved(
  before: readonly StatusEndpoint[],
  after: readonly StatusEndpoint[],
  around: Surroundings | undefined,
): boolean {
  const last = before.length < maxStatusEndpoints ? undefined : before.at(-1);
  if (!last && before.length !== after.length) return true;
  if (last && around && before.some(({ pod }) => !around.after.has(pod))) return true;
  const listed = new Map(before.map((endpoint) => [endpoint.pod, endpoint]));
  return after.some((endpoint) => {
    const earlier = listed.get(endpoint.pod) ?? around?.before?.get(endpoint.pod);
    if (earlier) return earlier.address !== endpoint.address || figuresMoved(earlier, endpoint);
    return !last || around?.before !== undefined || figuresMoved(last, endpoint);
  });
}

/** The decision changes from poll to poll while the load is near the limit; that alone is no news. */
const passing = new Set(["WithinLimit", "WaitingForPolls", "WaitingForWindow"]);

/** Numbers that are counts: no part of a name, and no status. */
const numbers = /(?<![\w.-]|status )\d+(?:\.\d+)?(?![\w-])/g;
/** One pod of those that are counted, which may be another one each time, and the line of its page that is odd. */
const example = /(?<= on \d+ \()[^):]*|(?<=: line )\d+/g;
/** Of what a message counts, the share of the whole that makes no difference. */
const countedShare = 0.05;

/**
 * Whether a message says something else: one pod more or less of many that are counted is nothing. That on scaling tells
 * the load while it is at work, which never stands still.
 */
function messageMoved(before: PoolCondition, after: PoolCondition): boolean {
  const tellsLoad = after.type === "ScalingActive" && after.status === "True";
  if (tellsLoad || before.message === after.message) return false;
  const [earlier, later] = [before.message.replace(example, ""), after.message.replace(example, "")];
  if (earlier.replace(numbers, "#") !== later.replace(numbers, "#")) return true;
  const counts = [earlier, later].map((text) => (text.match(numbers) ?? []).map(Number));
  const most = countedShare * Math.max(0, ...counts.flat());
  return counts[0]!.some((count, index) => Math.abs(count - counts[1]![index]!) > most);
}

function conditionsMoved(before: PoolStatus, after: PoolStatus): boolean {
  const known = new Map(before.conditions?.map((condition) => [condition.type, condition]));
  return (after.conditions ?? []).some((condition) => {
    const earlier = known.get(condition.type);
    if (!earlier || messageMoved(earlier, condition)) return true;
    return earlier.reason !== condition.reason && !(passing.has(condition.reason) && passing.has(earlier.reason));
  });
}

/** What is not as it should be for another reason is news; what is as it should be is not. */
const verdictsOf = ({ conditions = [] }: PoolStatus): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status}${status === "False" ? reason : ""}`).join();

/** Who is set aside; why changes with each probe of a pod that is on its way back. */
const unhealthyIn = ({ unhealthy = [] }: PoolStatus): string =>
  unhealthy
    .map(({ pod }) => pod)
    .sort()
    .join();

const foreignIn = ({ foreign = [] }: PoolStatus): string => foreign.map(({ pod }) => pod).join();

const drainingIn = ({ draining = [] }: PoolStatus): string => draining.map(({ pod }) => pod).join();

/** Whether the connections of a drained pod are gone: that is waited for. That some came again is not. */
function isEmptied(before: PoolStatus, after: PoolStatus): boolean {
  const had = new Set(before.draining?.flatMap(({ pod, connections }) => (connections === 0 ? [] : pod)));
  return (after.draining ?? []).some(({ pod, connections }) => connections === 0 && had.has(pod));
}

function drainingMoved(before: PoolStatus, after: PoolStatus): boolean {
  const known = new Map(before.draining?.map(({ pod, connections }) => [pod, connections]));
  return (after.draining ?? []).some(({ pod, connections }) => moved(known.get(pod), connections, band.connections));
}

/**
 * What a new status would tell that the written one does not: nothing, figures (which can wait their turn),
 * or a turn of events (which should be seen at once).
 */
export function noticeable(
  before: PoolStatus,
  after: PoolStatus,
  around?: Surroundings,
): "nothing" | "figures" | "turn" {
  const turn =
    before.observedGeneration !== after.observedGeneration ||
    verdictsOf(before) !== verdictsOf(after) ||
    before.lastScale?.time !== after.lastScale?.time ||
    before.drain?.time !== after.drain?.time ||
    drainingIn(before) !== drainingIn(after) ||
    isEmptied(before, after);
  if (turn) return "turn";
  const figures =
    before.ready !== after.ready ||
    before.replicas !== after.replicas ||
    before.recommendedReplicas !== after.recommendedReplicas ||
    before.source !== after.source ||
    before.oldestSample !== after.oldestSample ||
    moved(before.averageLoad, after.averageLoad, band.load) ||
    moved(before.averageConnections, after.averageConnections, band.connections) ||
    unhealthyIn(before) !== unhealthyIn(after) ||
    foreignIn(before) !== foreignIn(after) ||
    drainingMoved(before, after) ||
    conditionsMoved(before, after) ||
    listMoved(before.endpoints ?? [], after.endpoints ?? [], around);
  return figures ? "figures" : "nothing";
}
