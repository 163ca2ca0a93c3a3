import { foreignIn, isOwn, isStaying, namesOfForeign, targetName } from "../../membership/foreign.ts";
import type { ObservedPod } from "../../world.ts";
import { hold } from "../decision.ts";
import type { ScaleCase, ScaleRule } from "../rule.ts";

const unread = ({ belonging, pod }: ObservedPod) =>
  belonging?.kind === "unread" && isStaying(pod) ? belonging : undefined;

/**
 * Nobody can say which pods the target owns. What is not known yet will be in a moment: status needs not tell of it, and
 * a drain goes on afterwards.
 */
export const ownersUnknown: ScaleRule<ScaleCase> = ({ observation }) => {
  const { pods, pool, status } = observation;
  const unknown = pods.filter(unread);
  const first = unknown[0];
  if (!first) return undefined;
  const others = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
  const message = `Whether ${targetName(pool)} owns ${first.pod.name}${others} is not known`;
  const problem = unknown.map((observed) => unread(observed)?.problem).find((found) => found !== undefined);
  if (!problem) {
    const decision = hold("OwnersPending", `${message} yet.`);
    return status.drain ? { decision, drain: status.drain, costs: [] } : { decision };
  }
  const decision = hold(
    "OwnersUnreadable",
    `${message}: ${problem.message} Or set spec.scaling.pods to Selected, to count all that the selector matches.`,
  );
  return { decision };
};

/** There is nothing to decide by, where the selector matches other pods alone than the target's own. */
export const strangersOnly: ScaleRule<ScaleCase> = ({ observation }) => {
  const { pods, pool } = observation;
  if (pods.some((observed) => isOwn(observed) && isStaying(observed.pod))) return undefined;
  const foreign = foreignIn(observation);
  if (foreign.length === 0) return undefined;
  const isBuiltIn = pool.spec.targetRef?.apiVersion.startsWith("apps/") ?? false;
  const remedy = isBuiltIn ? "" : " If its pods name no owner, set spec.scaling.pods to Selected.";
  const message = `${targetName(pool)} owns none of the pods that its selector matches: ${namesOfForeign(foreign)}.${remedy}`;
  return { decision: hold("NoOwnPods", message) };
};
