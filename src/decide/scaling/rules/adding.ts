import { counted, countedIs } from "../../basics/counted.ts";
import { hold } from "../decision.ts";
import type { LoadCase } from "../load-case.ts";
import type { ScaleRule } from "../rule.ts";
import { scaleTo } from "../step.ts";

// Rules of the way up, and what is said where replicas stay as they are.

type LoadRule = ScaleRule<LoadCase>;

/** As many more as are needed, as far as the limits allow. */
export const addReplicas: LoadRule = (given) => {
  const { more, scaling, fleet } = given;
  if (more.kind !== "need" || more.bounds.length === 0) return undefined;
  const { gauge, arithmetic, bounds } = more;
  const to = Math.min(more.replicas, ...bounds.map(({ replicas }) => replicas));
  if (to <= fleet.replicas) return undefined;
  const reason = gauge.name === "load" ? "LoadAboveLimit" : "ConnectionsAboveLimit";
  const message = `${counted(to, "replica")} instead of ${fleet.replicas}, ${more.replicas} needed: ${arithmetic}, on ${scaling.up.polls} polls.`;
  const formula = `min(${["needed", ...bounds.map(({ name }) => name)].join(", ")})`;
  return { decision: scaleTo(given, reason, to, message), goal: { formula, replicas: to } };
};

/** More than there may be, of which none can be removed now. */
export const aboveMaximum: LoadRule = ({ fleet: { replicas }, scaling: { maxReplicas } }) =>
  replicas > maxReplicas
    ? {
        decision: hold(
          "AboveMaximum",
          `${countedIs(replicas, "replica")} more than maxReplicas ${maxReplicas}; none is removed while the load may need them.`,
        ),
      }
    : undefined;

/** More are needed, and a limit allows none. */
export const limitReached: LoadRule = ({ more, fleet }) => {
  if (more.kind !== "need") return undefined;
  const reached = more.bounds.findLast(({ replicas }) => replicas <= fleet.replicas);
  return reached && { decision: reached.reached(more.replicas, more.arithmetic) };
};

/** As many as there are are needed, or nobody can tell. */
export const noneNeeded: LoadRule = ({ more }) => (more.kind === "hold" ? { decision: more } : undefined);
