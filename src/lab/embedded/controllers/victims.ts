import { conditionOf, isReady } from "../kinds/pod.ts";
import { listOf, objectOf, valueAt } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";

const phases = ["Pending", "Unknown", "Running"];

/** An integer of 32 bits without ornaments; the real controller takes anything else for 0. */
function deletionCost({ metadata }: StoredObject): number {
  const text = metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? "";
  const cost = /^(0|-?[1-9][0-9]{0,9})$/.test(text) ? Number(text) : 0;
  return cost === (cost | 0) ? cost : 0;
}

const nodeOf = (pod: StoredObject): string => String(valueAt(pod, "spec", "nodeName") ?? "");

const restarts = (pod: StoredObject): number =>
  Math.max(
    0,
    ...listOf(valueAt(pod, "status", "containerStatuses")).map((one) => Number(objectOf(one).restartCount ?? 0)),
  );

/** Younger first, but only by powers of two: pods of about one age are told apart by UID. */
function compareAge(left: StoredObject, right: StoredObject, times: readonly [string, string], now: number): number {
  const [first, second] = times;
  if (first === second) return 0;
  if (first === "" || second === "") return first === "" ? -1 : 1;
  const rank = (time: string) => Math.floor(Math.log2(Math.max(1, now - Date.parse(time))));
  const { uid: a = "" } = left.metadata;
  const { uid: b = "" } = right.metadata;
  return rank(first) - rank(second) || (a < b ? -1 : 1);
}

/**
 * The pods in the order in which the real ReplicaSet controller removes them when there are too many: unscheduled,
 * pending, not ready, cheaper by `pod-deletion-cost`, on a node with more pods of the set, ready for a shorter
 * time, restarted more often, younger.
 */
export function orderVictims(pods: readonly StoredObject[], now: number): StoredObject[] {
  const onNode = new Map<string, number>();
  for (const pod of pods) onNode.set(nodeOf(pod), (onNode.get(nodeOf(pod)) ?? 0) + 1);
  const crowd = (pod: StoredObject): number => onNode.get(nodeOf(pod)) ?? 0;
  const phase = (pod: StoredObject): number => phases.indexOf(String(valueAt(pod, "status", "phase")));
  const readySince = (pod: StoredObject): string =>
    isReady(pod) ? String(conditionOf(pod, "Ready")?.lastTransitionTime ?? "") : "";
  const createdAt = ({ metadata }: StoredObject): string => metadata.creationTimestamp ?? "";
  return pods.toSorted(
    (left, right) =>
      Number(nodeOf(left) !== "") - Number(nodeOf(right) !== "") ||
      phase(left) - phase(right) ||
      Number(isReady(left)) - Number(isReady(right)) ||
      deletionCost(left) - deletionCost(right) ||
      crowd(right) - crowd(left) ||
      compareAge(left, right, [readySince(left), readySince(right)], now) ||
      restarts(right) - restarts(left) ||
      compareAge(left, right, [createdAt(left), createdAt(right)], now),
  );
}
