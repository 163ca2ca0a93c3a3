import { drainAnnotation, drainForRemoval } from "../../../kube/types.ts";
import type { PodObject, PoolObject } from "../cluster/pool-object.ts";

/** What the drain annotation asks for, as the operator reads it. */
export function drainAskedFor({ metadata }: PodObject): "nothing" | "keep" | "remove" {
  const value = metadata.annotations?.[drainAnnotation] ?? "false";
  if (value === "false") return "nothing";
  return value === drainForRemoval ? "remove" : "keep";
}

const rankingKinds = new Set(["ReplicaSet", "ReplicationController"]);

/** What becomes of a pod that is drained for its removal, as far as one pool is concerned that scales. */
function outlook({ metadata, spec, status }: PoolObject, pod: PodObject): string {
  const { name } = metadata;
  const { mode = "Auto", down } = spec.scaling!;
  const kind = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.kind;
  const active = status?.conditions?.find(({ type }) => type === "ScalingActive");
  if (mode !== "Auto") return `${name} removes nothing: its mode is ${mode}.`;
  if (active?.status === "False") return `${name} removes nothing now: ${active.reason}.`;
  if (down?.enabled === false) return `${name} removes nothing: its down.enabled is false.`;
  if (down?.victims === "Default") return `${name} may remove another: its down.victims is Default.`;
  if (kind === "StatefulSet")
    return `${name} removes the highest ordinal first, as StatefulSets do: this one when none is above it.`;
  if (!rankingKinds.has(kind ?? ""))
    return `${name} may remove another: ${kind ? `a ${kind}` : "the pods' controller"} takes no hints.`;
  return `${name} removes it first when fewer pods are enough, and adds another where its load needs one.`;
}

/** What becomes of a pod that is drained for its removal, in lines. */
export function outlooks(pools: readonly PoolObject[], pod: PodObject): string[] {
  const scaling = pools.filter(({ spec }) => spec.scaling);
  return scaling.length > 0
    ? scaling.map((pool) => outlook(pool, pod))
    : ["Nothing removes it: none of its pools scales."];
}

/** Pools that are about to remove the pod, by a drain of their own. */
export const removing = (pools: readonly PoolObject[], { metadata: { uid } }: PodObject): readonly PoolObject[] =>
  pools.filter(({ status }) => status?.drain?.pods.some((victim) => victim.uid === uid));
