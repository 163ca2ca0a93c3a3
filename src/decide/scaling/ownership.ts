import { isOwn, isStaying, namesOfForeign, targetName } from "../membership/foreign.ts";
import type { ForeignPod, ScaleDecision } from "../planned.ts";
import type { Observation, ObservedPod, PodOwner } from "../world.ts";
import { hold } from "./hold.ts";

type Hold = Extract<ScaleDecision, { kind: "hold" }>;

const unread = ({ belonging, pod }: ObservedPod) =>
  belonging?.kind === "unread" && isStaying(pod) ? belonging : undefined;

/**
 * Why nobody can say which pods the target owns; undefined where it is known. What is not known yet will be in a moment,
 * and status needs not tell of it.
 */
export function holdForOwners(observation: Observation): Hold | undefined {
  const { pods, pool } = observation;
  const unknown = pods.filter(unread);
  const first = unknown[0];
  if (!first) return undefined;
  const others = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
  const message = `Whether ${targetName(pool)} owns ${first.pod.name}${others} is not known`;
  const problem = unknown.map((observed) => unread(observed)?.problem).find((found) => found !== undefined);
  if (!problem) return hold("OwnersPending", `${message} yet.`);
  return hold(
    "OwnersUnreadable",
    `${message}: ${problem.message} Or set spec.scaling.pods to Selected, to count all that the selector matches.`,
  );
}

/** Why there is nothing to decide by, where the selector matches other pods than the target's own. */
export function holdForStrangers({ pods, pool }: Observation, foreign: readonly ForeignPod[]): Hold | undefined {
  if (foreign.length === 0 || pods.some((observed) => isOwn(observed) && isStaying(observed.pod))) return undefined;
  const isBuiltIn = pool.spec.targetRef?.apiVersion.startsWith("apps/") ?? false;
  const remedy = isBuiltIn ? "" : " If its pods name no owner, set spec.scaling.pods to Selected.";
  return hold(
    "NoOwnPods",
    `${targetName(pool)} owns none of the pods that its selector matches: ${namesOfForeign(foreign)}.${remedy}`,
  );
}

/** Kinds of which a workload has one for each template: two at a time are a rollout. */
const revisionKinds = new Set(["ReplicaSet", "ReplicationController", "StatefulSet"]);

const controllersOf = ({ belonging, pod }: ObservedPod): readonly PodOwner[] =>
  belonging?.kind === "own" && belonging.controllers.length > 0 ? belonging.controllers : pod.owner ? [pod.owner] : [];

/**
 * Whether the pods are of more than one controller, as in a rollout. Where a workload makes a controller for each single
 * pod, those that made these decide.
 */
export function haveSeveralOwners(pods: readonly ObservedPod[]): boolean {
  const chains = pods.map(controllersOf);
  const makers = new Set(chains.map(([maker]) => maker?.uid));
  if (makers.size <= 1) return false;
  const isOneEach = makers.size === pods.length && chains.every(([maker]) => maker && !revisionKinds.has(maker.kind));
  return !isOneEach || new Set(chains.map(([, above]) => above?.uid)).size > 1;
}
