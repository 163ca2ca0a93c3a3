import type { TargetProblem } from "../../decide/world.ts";
import { ApiError } from "../../kube/api-error.ts";
import { unsetFieldOf } from "../../kube/scale.ts";
import type { ResourceRef } from "../../kube/types.ts";
import { chartHint, resourceName, wordsOf } from "./words.ts";

/** A workload for people, and its resource for the API server. */
export interface Named {
  readonly kind: string;
  readonly name: string;
  readonly ref: ResourceRef;
}

/** Why a scale could not be read, and what to do. */
export function scaleProblem({ kind, name, ref }: Named, error: unknown): TargetProblem {
  const words = wordsOf(error);
  if (error instanceof ApiError && error.status === 403) {
    const right = `get on ${resourceName(ref, "scale")}`;
    const message = `The scale of ${kind} ${name} may not be read: ${words} Give the operator the right ${right}${chartHint(ref, "rbac.extraScaleTargets")}.`;
    return { reason: "TargetForbidden", message };
  }
  const field = error instanceof ApiError ? unsetFieldOf(error) : undefined;
  if (field) {
    const message = `${kind} ${name} does not say how many replicas it should have: set its ${field.replace(/^\./, "")}.`;
    return { reason: "ReplicasUnset", message };
  }
  return { reason: "ScaleUnreadable", message: `The scale of ${kind} ${name} cannot be read: ${words}` };
}

/** Whether an answer will be the same when it is asked again soon; anything else may be a hiccup. */
export const isVerdict = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 403 || unsetFieldOf(error) !== undefined);
