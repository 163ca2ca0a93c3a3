import type { ConditionType } from "../../api/conditions.ts";
import { count, example, joined, type Wording, worded } from "../basics/wording.ts";
import { deletionProblem } from "../claims/deletion.ts";
import { splitOf } from "../claims/split.ts";
import type { WriterChoice } from "../membership/writers.ts";
import type {
  CountedBeginning,
  CountedFailure,
  CountedRefusal,
  Coverage,
  Excluded,
  HeldPod,
  Member,
  PlannedEndpoint,
  PoolHealth,
  UnhealthyPod,
  WordedVerdict,
} from "../planned.ts";
import { judgeRebalance } from "../rebalance/verdict.ts";
import { tooFewFresh } from "../samples/coverage.ts";
import { printSecret, printValue, type SecretFound, wordFinding } from "../samples/findings.ts";
import { isAtWork, type ScaleDecision } from "../scaling/decision.ts";
import { type Resets, wordResets } from "../scaling/resets.ts";
import { onCredential } from "../sources/credentials.ts";
import { factsOf } from "../sources/sources.ts";
import type { Observation } from "../world.ts";
import { declaring, ready, taking } from "./ready.ts";

/** There is nobody to ask: no pod at all, or none that may take traffic. */
const nobody = (type: ConditionType, excluded: readonly Excluded[], verb: string): WordedVerdict =>
  excluded.length === 0
    ? { type, status: "Unknown", reason: "NoPods", message: `There is no pod to ${verb} yet.` }
    : { type, status: "Unknown", reason: "NoReadyPods", message: `No pod takes traffic, so there is none to ${verb}.` };

type Failures = Omit<CountedFailure, "failure"> & { readonly failure: string };

const wordFailure = ({ failure, pods, example: pod, finding }: Failures): Wording => {
  const found = wordFinding(finding);
  return worded`${failure} on ${count(pods)} (${example(pod)}${found ? worded`: ${found}` : ""})`;
};

const wordRefused = ({ of, metric, fault, pods, example: pod }: CountedRefusal): Wording =>
  worded`${of} on ${count(pods)} (${example(pod)}: ${fault === "Missing" ? `no ${metric}` : printValue({ metric, fault })})`;

const wordBeginning = ({ metric, pods, example: pod }: CountedBeginning): Wording =>
  worded`${count(pods)} (${example(pod)}) told ${metric} for the first time: its rate comes with the next sample.`;

/** That pods are shown what was good before, and what to do. */
const wordHeld = (found: SecretFound, field: string): string =>
  [`Pods are shown a credential that was good before: ${printSecret(found)}.`, onCredential(found, { field })]
    .filter(Boolean)
    .join(" ");

function metricsHealthy(
  { pool, credentialTrouble }: Observation,
  coverage: Coverage,
  endpoints: readonly PlannedEndpoint[],
  excluded: readonly Excluded[],
): WordedVerdict {
  const type = "MetricsHealthy";
  if (!pool.spec.metrics?.source)
    return { type, status: "True", reason: "NotNeeded", message: "The pool reads no metrics." };
  const { expected, fresh, failures } = coverage;
  if (endpoints.length === 0) return nobody(type, excluded, "measure");
  const begun = coverage.beginning && joined(coverage.beginning.map(wordBeginning), " ");
  if (expected === 0) {
    const unmeasured = worded`No pod has been measured yet; ${taking(endpoints.length)}.`;
    const message = begun ? worded`${unmeasured} ${begun}` : unmeasured;
    return { type, status: "Unknown", reason: "NotMeasuredYet", message };
  }
  const share = worded`${count(fresh)} of ${count(expected)} pods have a fresh sample`;
  const leftOut = coverage.refused && worded`Left out: ${joined(coverage.refused.map(wordRefused), ", ")}.`;
  const { remedyOf, caution } = factsOf(pool.spec.metrics);
  const held = credentialTrouble && wordHeld(credentialTrouble, `spec.metrics.source.${pool.spec.metrics.source.type}`);
  const asides = [held, leftOut, begun, caution].filter((part) => part !== undefined);
  if (fresh === expected) {
    const reason = held ? "CredentialHeld" : leftOut ? "SomeRefused" : "AllFresh";
    return { type, status: "True", reason, message: joined([worded`${share}.`, ...asides], " ") };
  }
  const why = failures.length > 0 ? worded`: ${joined(failures.map(wordFailure), ", ")}` : "";
  const remedy = failures[0] && remedyOf(failures[0]);
  const message = joined([worded`${share}${why}.`, ...(remedy ? [remedy] : []), ...asides], " ");
  return tooFewFresh(coverage)
    ? {
        type,
        status: "False",
        reason: "TooFewFresh",
        message: worded`${message} No replica is removed. Weights move to their long-run values, if these are known.`,
      }
    : { type, status: "True", reason: "SomeNotFresh", message };
}

/** How many pods are down for what, with what was found at the first of them. */
function countWhys(unhealthy: readonly UnhealthyPod[]): Wording {
  const byWhy = Map.groupBy(unhealthy, ({ why }) => why);
  const whys = [...byWhy].map(([why, pods]) => {
    const first = pods.find(({ finding }) => finding);
    const found = first && wordFinding(first.finding);
    return worded`${count(pods.length)} ${why}${found ? worded` (${first.pod.name}: ${found})` : ""}`;
  });
  return joined(whys, ", ");
}

/** A pod that fails now and then is no news; one that is down is. */
function podsHealthy(observation: Observation, health: PoolHealth, excluded: readonly Excluded[]): WordedVerdict {
  const type = "PodsHealthy";
  const { pool } = observation;
  const { expected, probed, unhealthy, refused } = health;
  if (expected === 0) return nobody(type, excluded, "probe");
  if (unhealthy.length === 0 && refused.length > 0) {
    const why = joined(refused.map(wordFailure), ", ");
    const undeclared = refused.find(({ failure }) => failure === "PortNotDeclared");
    const declared = undeclared ? declaring(observation, undeclared.example) : "";
    const field = "spec.metrics.probe";
    const showing = { field, ...pool.spec.metrics?.probe };
    const remedy = onCredential(refused[0]!.finding, showing) ?? `Check ${field}.`;
    const message = worded`Not every pod can be probed: ${why}. ${remedy}${declared}`;
    return { type, status: "False", reason: "ProbeRefused", message };
  }
  if (probed === 0 && unhealthy.length === 0)
    return { type, status: "Unknown", reason: "NotProbedYet", message: "No pod has been probed yet." };
  if (unhealthy.length === 0)
    return { type, status: "True", reason: "AllHealthy", message: worded`No pod of ${count(expected)} is down.` };
  const aside = unhealthy.filter(({ isAside }) => isAside).length;
  const { failureThreshold, minimumAvailablePercent } = pool.spec.health;
  const down = worded`${count(unhealthy.length)} of ${count(expected)} ready pods failed ${failureThreshold} probes in a row: ${countWhys(unhealthy)}`;
  const first = unhealthy[0]!.pod.name;
  if (unhealthy.length === expected)
    return { type, status: "False", reason: "AllUnhealthy", message: worded`${down}. As all do, none is set aside.` };
  if (aside === unhealthy.length)
    return {
      type,
      status: "False",
      reason: "SetAside",
      message: worded`${down}, ${first} first. They get no traffic.`,
    };
  return {
    type,
    status: "False",
    reason: "TooManyUnhealthy",
    message: worded`${down}, ${first} first. ${count(aside)} set aside, the others stay: minimumAvailablePercent is ${minimumAvailablePercent}.`,
  };
}

function scalingActive({ now, pool }: Observation, decision: ScaleDecision, resets: Resets | undefined): WordedVerdict {
  const type = "ScalingActive";
  const { reason, message } = decision;
  if (!isAtWork(decision)) return { type, status: "False", reason, message };
  const reset = pool.spec.scaling?.mode === "Auto" && wordResets(resets, now);
  return reset
    ? { type, status: "False", reason: "ReplicasReset", message: reset }
    : { type, status: "True", reason, message };
}

/** Whether the two lists stand on their Services; undefined where they are to have none. */
function splitPublished({ pool, splitProblem }: Observation): WordedVerdict | undefined {
  const names = splitOf(pool);
  if (!names) return undefined;
  const type = "SplitPublished";
  const problem = deletionProblem(pool) ?? splitProblem;
  if (problem) return { type, status: "False", ...problem };
  const message = `Service ${names.write} leads to the pods that take writes, ${names.read} to those that may be read.`;
  return { type, status: "True", reason: "Published", message };
}

/** Of a refused spec, what is decided by what of it is left says little. */
function judgeSpec({ specProblem }: Observation, verdicts: readonly WordedVerdict[]): WordedVerdict[] {
  return verdicts.map((verdict) => {
    if (!specProblem) return verdict;
    return { ...verdict, status: verdict.type === "MetricsHealthy" ? "Unknown" : "False", ...specProblem };
  });
}

/** The conditions that a plan amounts to. */
export const judge = (
  observation: Observation,
  plan: {
    readonly endpoints: readonly PlannedEndpoint[];
    readonly members?: readonly Member[];
    readonly excluded: readonly Excluded[];
    readonly held?: readonly HeldPod[] | undefined;
    readonly coverage: Coverage;
    readonly scale: ScaleDecision;
    readonly resets?: Resets | undefined;
    readonly health?: PoolHealth | undefined;
    readonly writing?: WriterChoice | undefined;
    /** Pods that are to be drained and cannot be. */
    readonly kept?: readonly string[];
  },
  split = splitPublished(observation),
): WordedVerdict[] => [
  ...judgeSpec(observation, [
    ready(observation, plan.endpoints, plan.excluded, plan.kept ?? [], {
      held: plan.held ?? [],
      areOthersWhole: (plan.members?.length ?? 0) > (plan.held?.length ?? 0),
    }),
    metricsHealthy(observation, plan.coverage, plan.endpoints, plan.excluded),
    scalingActive(observation, plan.scale, plan.resets),
  ]),
  ...(plan.health ? [podsHealthy(observation, plan.health, plan.excluded)] : []),
  ...(plan.writing ? [plan.writing.verdict] : []),
  ...(split ? [split] : []),
  ...(observation.pool.spec.rebalance ? [judgeRebalance(observation)] : []),
];
