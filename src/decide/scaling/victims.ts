import type { Scaling } from "../../api/scaling.ts";
import type { Pod } from "../world.ts";
import { type Fleet, type FleetPod, ordinalOf } from "./fleet.ts";

/** Lower than any other `pod-deletion-cost`: whoever has it goes first among pods that are alike otherwise. */
export const victimCost = -2_147_483_647;

/**
 * Whom a workload's controller removes: ReplicaSets rank their pods and heed deletion costs, StatefulSets take the
 * highest ordinal, of others nothing is known.
 */
export type Removal = "ranked" | "ordinal" | "unknown";

export function removalOf({ pods }: Fleet): Removal {
  const kinds = new Set(pods.map(({ pod }) => pod.owner?.kind));
  const [kind] = kinds;
  if (kinds.size !== 1) return "unknown";
  if (kind === "ReplicaSet" || kind === "ReplicationController") return "ranked";
  return kind === "StatefulSet" ? "ordinal" : "unknown";
}

const phaseRank: Readonly<Record<Pod["phase"], number>> = {
  Pending: 0,
  Unknown: 1,
  Running: 2,
  Succeeded: 2,
  Failed: 2,
};

/**
 * Which of two pods a ReplicaSet removes first whatever they cost (ActivePodsWithRanks in Kubernetes'
 * controller_utils.go): one without a node, then one that is pending, then one that is not ready. 0: the cost decides.
 */
export const compareState = (a: Pod, b: Pod): number =>
  Number(a.node !== undefined) - Number(b.node !== undefined) ||
  phaseRank[a.phase] - phaseRank[b.phase] ||
  Number(a.ready) - Number(b.ready);

/** Whether a pod bears the mark of a drain. Any other cost that this operator wrote was somebody's, and was given back. */
export const isMarked = ({ deletionCost }: Pod): boolean =>
  deletionCost?.ours === true && deletionCost.value === victimCost;

/** Whether a pod bears the mark of this pool's drain; one that tells no pool is taken for that of whoever drains it. */
const isMarkedBy = (pod: Pod, poolUid: string): boolean =>
  isMarked(pod) && (pod.deletionCost?.pools?.includes(poolUid) ?? true);

/** What somebody else says that it costs to remove a pod, if that is known. */
export const givenCost = (pod: Pod): number | undefined =>
  isMarked(pod) ? pod.deletionCost?.given : pod.deletionCost?.value;

const ascending = (a: number | undefined, b: number | undefined): number => {
  const [x, y] = [a ?? Number.POSITIVE_INFINITY, b ?? Number.POSITIVE_INFINITY];
  return x === y ? 0 : x - y;
};

/** Drained by hand to be kept: a quarantine, whose pod is to be there until somebody lets it back. */
export const isQuarantined = ({ pod }: FleetPod): boolean =>
  pod.drainRequested === true && pod.removalRequested !== true;

/** Whom somebody asks to be removed first, then whoever may go, then those that are to be kept. */
const wishRank = (one: FleetPod): number => (one.pod.removalRequested ? 0 : isQuarantined(one) ? 2 : 1);

/** Costs that others gave come next, as they say whom somebody wants removed; then whoever is no use, then who is idle. */
const compareBusy = (a: FleetPod, b: FleetPod): number =>
  compareState(a.pod, b.pod) ||
  wishRank(a) - wishRank(b) ||
  (givenCost(a.pod) ?? 0) - (givenCost(b.pod) ?? 0) ||
  Number(a.isServing) - Number(b.isServing) ||
  ascending(a.sample?.connections, b.sample?.connections) ||
  ascending(a.sample?.load, b.sample?.load) ||
  b.pod.createdAt - a.pod.createdAt ||
  (a.pod.name < b.pod.name ? -1 : 1);

/** The pods in the order in which they go, when the victims among them are marked. */
function inTurn({ pods }: Fleet, removal: "ranked" | "ordinal"): readonly FleetPod[] {
  const order = removal === "ranked" ? compareBusy : (a: FleetPod, b: FleetPod) => ordinalOf(b.pod) - ordinalOf(a.pod);
  return pods.toSorted(order);
}

/** The first of them, as far as they are such. */
function leading(pods: readonly FleetPod[], isSuch: (pod: FleetPod) => boolean): readonly FleetPod[] {
  const end = pods.findIndex((pod) => !isSuch(pod));
  return end === -1 ? pods : pods.slice(0, end);
}

/** How the pool's pods are removed, as far as this operator has a say in it. */
export function sayIn(fleet: Fleet, { down }: Scaling): "ranked" | "ordinal" | "none" {
  const removal = removalOf(fleet);
  return down.victims === "Default" || removal === "unknown" ? "none" : removal;
}

/**
 * The pods to be removed, of which the workload's controller will really remove all and no other. Fewer than are asked for
 * where one that is to be kept would be among them.
 */
export const chooseVictims = (fleet: Fleet, removal: "ranked" | "ordinal", to: number): readonly FleetPod[] =>
  leading(inTurn(fleet, removal).slice(0, Math.max(0, fleet.pods.length - to)), (pod) => !isQuarantined(pod));

/** The fewest replicas to which the workload can come without losing a pod that is to be kept; 0 where it has none. */
export function fewestKeeping(fleet: Fleet, scaling: Scaling): number {
  if (!fleet.pods.some(isQuarantined)) return 0;
  const say = sayIn(fleet, scaling);
  if (say === "none") return fleet.replicas;
  return fleet.pods.length - leading(inTurn(fleet, say), (pod) => !isQuarantined(pod)).length;
}

/** Pods drained by hand for their removal that the next scale-down really takes: the workload need not have them. */
export function leavingOf(fleet: Fleet, scaling: Scaling): number {
  const say = sayIn(fleet, scaling);
  if (say === "none" || fleet.reserved === 0) return 0;
  return leading(inTurn(fleet, say), ({ pod, isDrained }) => isDrained && pod.removalRequested === true).length;
}

/** Whether a pod that is to stay goes before one of the victims, whatever these cost. */
export function isOvertaken({ pods }: Fleet, victims: readonly FleetPod[], removal: Removal): boolean {
  const uids = new Set(victims.map(({ pod }) => pod.uid));
  const staying = pods.filter(({ pod }) => !uids.has(pod.uid));
  if (removal === "ordinal") {
    const lowest = Math.min(...victims.map(({ pod }) => ordinalOf(pod)));
    return staying.some(({ pod }) => ordinalOf(pod) > lowest);
  }
  return victims.some((victim) => staying.some(({ pod }) => compareState(pod, victim.pod) < 0));
}

/**
 * The victims whose cost has to be lowered for them to go first. A mark of another pool's is no help: that pool may take it
 * off.
 */
export function unmarked({ pods }: Fleet, victims: readonly FleetPod[], poolUid: string): FleetPod[] {
  const uids = new Set(victims.map(({ pod }) => pod.uid));
  const staying = pods.filter(({ pod }) => !uids.has(pod.uid));
  const cost = ({ deletionCost }: Pod): number => deletionCost?.value ?? 0;
  return victims.filter(
    ({ pod }) =>
      (isMarked(pod) && !isMarkedBy(pod, poolUid)) ||
      staying.some((other) => compareState(pod, other.pod) === 0 && cost(pod) >= cost(other.pod)),
  );
}
