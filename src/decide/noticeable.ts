import { maxStatusEndpoints, type PoolCondition, type PoolStatus, type StatusEndpoint } from "../api/status.ts";

/** A figure moved when it changed by more than a share of itself, and by more than a least amount. */
const band = { share: 0.2, connections: 2, load: 5, weight: 300 };

const moved = (before: number | undefined, after: number | undefined, least: number): boolean => {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(after - before) > Math.max(least, band.share * Math.max(before, after));
};

const figuresMoved = (before: StatusEndpoint, after: StatusEndpoint): boolean =>
  moved(before.connections, after.connections, band.connections) ||
  moved(before.load, after.load, band.load) ||
  moved(before.weight, after.weight, band.weight);

/**
 * Whether the list says something new. Neighbours whose figures hardly differ change places all the time:
 * that is noise. A list that is cut off loses and gains pods at its end for the same reason.
 */
function listMoved(before: readonly StatusEndpoint[], after: readonly StatusEndpoint[]): boolean {
  const known = new Map(before.map((endpoint) => [endpoint.pod, endpoint]));
  const last = before.length < maxStatusEndpoints ? undefined : before.at(-1);
  if (!last && before.length !== after.length) return true;
  return after.some((endpoint) => {
    const earlier = known.get(endpoint.pod);
    if (earlier) return earlier.address !== endpoint.address || figuresMoved(earlier, endpoint);
    return !last || figuresMoved(last, endpoint);
  });
}

/** The decision changes from poll to poll while the load is near the limit; that alone is no news. */
const passing = new Set(["WithinLimit", "WaitingForPolls", "WaitingForWindow"]);

/** The message on scaling tells the load, which never stands still; the others tell what they counted. */
const messageOf = ({ type, message }: PoolCondition): string => (type === "ScalingActive" ? "" : message);

function conditionsMoved(before: PoolStatus, after: PoolStatus): boolean {
  const known = new Map(before.conditions?.map((condition) => [condition.type, condition]));
  return (after.conditions ?? []).some((condition) => {
    const earlier = known.get(condition.type);
    if (!earlier || messageOf(earlier) !== messageOf(condition)) return true;
    return earlier.reason !== condition.reason && !(passing.has(condition.reason) && passing.has(earlier.reason));
  });
}

const verdictsOf = (status: PoolStatus): string =>
  (status.conditions ?? []).map((condition) => `${condition.type}=${condition.status}`).join();

/** Who is set aside; why changes with each probe of a pod that is on its way back. */
const unhealthyIn = ({ unhealthy = [] }: PoolStatus): string =>
  unhealthy
    .map(({ pod }) => pod)
    .sort()
    .join();

/** Who is drained, and whose connections are gone: that is waited for. */
const drainingIn = ({ draining = [] }: PoolStatus): string =>
  draining.map(({ pod, connections }) => `${pod}${connections === 0 ? " empty" : ""}`).join();

function drainingMoved(before: PoolStatus, after: PoolStatus): boolean {
  const known = new Map(before.draining?.map(({ pod, connections }) => [pod, connections]));
  return (after.draining ?? []).some(({ pod, connections }) => moved(known.get(pod), connections, band.connections));
}

/**
 * What a new status would tell that the written one does not: nothing, figures (which can wait their turn),
 * or a turn of events (which should be seen at once).
 */
export function noticeable(before: PoolStatus, after: PoolStatus): "nothing" | "figures" | "turn" {
  const turn =
    before.observedGeneration !== after.observedGeneration ||
    verdictsOf(before) !== verdictsOf(after) ||
    before.lastScale?.time !== after.lastScale?.time ||
    before.drain?.time !== after.drain?.time ||
    drainingIn(before) !== drainingIn(after);
  if (turn) return "turn";
  const figures =
    before.ready !== after.ready ||
    before.replicas !== after.replicas ||
    before.recommendedReplicas !== after.recommendedReplicas ||
    before.source !== after.source ||
    before.oldestSample !== after.oldestSample ||
    moved(before.averageLoad, after.averageLoad, band.load) ||
    unhealthyIn(before) !== unhealthyIn(after) ||
    drainingMoved(before, after) ||
    conditionsMoved(before, after) ||
    listMoved(before.endpoints ?? [], after.endpoints ?? []);
  return figures ? "figures" : "nothing";
}
