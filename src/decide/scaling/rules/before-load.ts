import { toTime } from "../../../api/time.ts";
import { countedIs } from "../../basics/counted.ts";
import { deletionProblem } from "../../claims/deletion.ts";
import { factsOf } from "../../sources/sources.ts";
import type { Problem } from "../../world.ts";
import { type HoldReason, hold } from "../decision.ts";
import type { Ruling, ScaleCase, ScaleRule } from "../rule.ts";

// Rules that look at no load. The later ones rely on the earlier: there is a spec.scaling, and then a target.

type EarlyRule = ScaleRule<ScaleCase>;

const heldFor = (reason: HoldReason, problem: Problem | undefined): Ruling | undefined =>
  problem && { decision: hold(reason, problem.message) };

export const specRefused: EarlyRule = ({ observation }) => heldFor("InvalidSpec", observation.specProblem);

export const notScaled: EarlyRule = ({ observation }) =>
  observation.pool.spec.scaling ? undefined : { decision: hold("NotScaled", "The pool has no spec.scaling.") };

export const poolTerminating: EarlyRule = ({ observation }) =>
  heldFor("PoolTerminating", deletionProblem(observation.pool));

export const paused: EarlyRule = ({ observation }) =>
  observation.pool.spec.scaling!.mode === "Paused"
    ? { decision: hold("Paused", "spec.scaling.mode is Paused.") }
    : undefined;

export const targetMissing: EarlyRule = ({ observation: { target, targetProblem } }) => {
  switch (targetProblem?.reason) {
    case "TargetForbidden":
    case "ScaleUnreadable":
    case "ReplicasUnset":
      return heldFor(targetProblem.reason, targetProblem);
  }
  if (target && !targetProblem) return undefined;
  return { decision: hold("TargetMissing", targetProblem?.message ?? "The workload has not been read yet.") };
};

export const targetTerminating: EarlyRule = ({ observation: { pool, target } }) => {
  if (!target!.terminating) return undefined;
  const { kind, name } = pool.spec.targetRef!;
  return { decision: hold("TargetTerminating", `${kind} ${name} is being deleted: it is not scaled any more.`) };
};

export const scaledByAnother: EarlyRule = ({ observation: { scaleProblem } }) =>
  scaleProblem && heldFor(scaleProblem.reason, scaleProblem);

export const scaledToZero: EarlyRule = ({ observation }) =>
  observation.target!.replicas === 0
    ? { decision: hold("ScaledToZero", "The workload has 0 replicas; set at least 1 to have it scaled.") }
    : undefined;

export const belowMinimum: EarlyRule = ({ observation, ledger }) => {
  const { pool, target, now } = observation;
  const { minReplicas, mode } = pool.spec.scaling!;
  const { replicas } = target!;
  if (replicas >= minReplicas) return undefined;
  ledger.given("replicas", replicas);
  ledger.given("minReplicas", minReplicas);
  return {
    decision: {
      kind: "scale",
      reason: "BelowMinimum",
      message: `${countedIs(replicas, "replica")} fewer than minReplicas ${minReplicas}.`,
      from: replicas,
      to: minReplicas,
      step: { time: toTime(now), from: replicas },
      act: mode === "Auto",
    },
    goal: { formula: "minReplicas", replicas: minReplicas },
  };
};

export const reportsUnauthenticated: EarlyRule = ({ observation: { pool, reportsAuthenticated } }) => {
  const { hearsay } = factsOf(pool.spec.metrics);
  return hearsay !== undefined && !reportsAuthenticated
    ? { decision: hold("ReportsUnauthenticated", hearsay) }
    : undefined;
};
