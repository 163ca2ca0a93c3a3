import type { Verdict } from "../api/conditions.ts";
import { tooFewFresh } from "./coverage.ts";
import type { Coverage, Endpoint, Excluded, Observation, ScaleDecision } from "./world.ts";

/** Decisions on which scaling is not at work. */
const inactive = new Set(["NotScaled", "Paused", "TargetMissing", "ScaledByAnother", "ScaledToZero", "NoSamples"]);

const list = (counts: Map<string, number>): string =>
  [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");

function ready(observation: Observation, endpoints: readonly Endpoint[], excluded: readonly Excluded[]): Verdict {
  const type = "Ready";
  const problem = observation.targetProblem ?? observation.publishProblem;
  if (problem) return { type, status: "False", ...problem };
  if (endpoints.length > 0)
    return { type, status: "True", reason: "EndpointsReady", message: `${endpoints.length} endpoints take traffic.` };
  if (excluded.length === 0)
    return {
      type,
      status: "False",
      reason: "NoPods",
      message: "No pod belongs to the pool: check targetRef or selector.",
    };
  const counts = new Map<string, number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return { type, status: "False", reason: "NoReadyPods", message: `No pod takes traffic: ${list(counts)}.` };
}

function metricsHealthy({ pool }: Observation, coverage: Coverage): Verdict {
  const type = "MetricsHealthy";
  if (!pool.spec.metrics) return { type, status: "True", reason: "NotNeeded", message: "The pool reads no metrics." };
  const { expected, fresh, failures } = coverage;
  if (expected === 0) return { type, status: "Unknown", reason: "NoPods", message: "There is no pod to measure yet." };
  const share = `${fresh} of ${expected} pods have a fresh sample`;
  if (fresh === expected) return { type, status: "True", reason: "AllFresh", message: `${share}.` };
  const why = failures.map(({ failure, pods, example }) => `${failure} on ${pods} (${example})`).join(", ");
  const message = why ? `${share}: ${why}.` : `${share}.`;
  return tooFewFresh(coverage)
    ? { type, status: "False", reason: "TooFewFresh", message: `${message} Weights and replicas are held.` }
    : { type, status: "True", reason: "SomeNotFresh", message };
}

const scalingActive = ({ kind, reason, message }: ScaleDecision): Verdict => ({
  type: "ScalingActive",
  status: kind === "hold" && inactive.has(reason) ? "False" : "True",
  reason,
  message,
});

/** The conditions that a plan amounts to. */
export const judge = (
  observation: Observation,
  plan: {
    readonly endpoints: readonly Endpoint[];
    readonly excluded: readonly Excluded[];
    readonly coverage: Coverage;
    readonly scale: ScaleDecision;
  },
): Verdict[] => [
  ready(observation, plan.endpoints, plan.excluded),
  metricsHealthy(observation, plan.coverage),
  scalingActive(plan.scale),
];
