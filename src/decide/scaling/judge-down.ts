import type { Scaling } from "../../api/scaling.ts";
import { type Drain, maxDrainedPods } from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { counted } from "../basics/counted.ts";
import type { ScaleDecision } from "../planned.ts";
import type { Observation } from "../world.ts";
import { type Assumption, type Measure, replicasFor } from "./demand.ts";
import { type Fleet, isRollingOut, namesOf, thoseMissing } from "./fleet.ts";
import { formatAverage, formatLimit } from "./gauges.ts";
import { whyHeld } from "./held-scale.ts";
import { type DemandHistory, demandOf } from "./history.ts";
import { hold } from "./hold.ts";
import type { Resets } from "./resets.ts";
import { fewestAfter, stepAt } from "./step.ts";
import { chooseVictims, fewestKeeping, givenCost, isQuarantined, leavingOf, removalOf, sayIn } from "./victims.ts";

/**
 * After one of n pods is gone, the others carry n/(n-1) of what they did: by this margin the new average is to stay
 * below the limit, or the pod would soon be back.
 */
const margin = 0.9;

/** What fewer replicas must be enough for: a pod that is absent or not measured may carry as much as the limit. */
export const cautious: Assumption = { share: margin, missing: "atLimit" };
const hopeful: Assumption = { share: margin, missing: "idle" };

const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1_000).toFixed(1)}s` : `${Math.round(ms / 1_000)}s`);

/** The average over the replicas, and what it would be with fewer. */
const arithmeticOf = (measures: readonly Measure[], to: number): string =>
  measures
    .map(({ gauge, sum, measured, missing, assumed }) => {
      const now = `${formatAverage(gauge, sum / Math.max(1, measured))} of ${counted(measured, "measured pod")}`;
      const where = assumed > missing * gauge.limit ? "above the limit as before" : "at the limit";
      const others = missing > 0 ? ` and ${missing} taken to be ${where}` : "";
      const then = ((sum + assumed) / to).toFixed(1);
      return `${now}${others}, with ${to} ${then}${gauge.unit}, limit ${formatLimit(gauge)}`;
    })
    .join("; ");

export interface Removal {
  readonly decision: ScaleDecision;
  /** The pods that are to leave the lists first. */
  readonly drain?: Drain;
}

export interface DownCase {
  readonly observation: Observation;
  readonly scaling: Scaling;
  readonly fleet: Fleet;
  readonly measures: readonly Measure[];
  readonly history: DemandHistory;
  readonly resets?: Resets | undefined;
}

function beginDrain({ observation, fleet, scaling }: DownCase, to: number, message: string): Removal | undefined {
  const say = sayIn(fleet, scaling);
  if (say === "none") return undefined;
  const victims = chooseVictims(fleet, say, to);
  if (victims.length === 0) return undefined;
  const pods = victims.map(({ pod }) => {
    const cost = givenCost(pod);
    return { name: pod.name, uid: pod.uid, ...(cost !== undefined && { cost }) };
  });
  return {
    decision: hold("Draining", `${namesOf(victims)} to be drained: ${message}`, to),
    drain: { time: toTime(observation.now), from: fleet.replicas, to, message, pods },
  };
}

/** Why a pod that somebody drains by hand, to be kept, forbids that any is removed. */
function whyKept(fleet: Fleet, scaling: Scaling): string {
  const kept = fleet.pods.filter(isQuarantined);
  const drained = `${namesOf(kept)} drained by hand`;
  switch (sayIn(fleet, scaling)) {
    case "ordinal":
      return `${drained} would go first, by ordinal`;
    case "ranked":
      return `${drained} would go first, as ReplicaSets take pods that are not ready`;
    case "none":
      return `nobody here says which pods go, and ${drained} might`;
  }
}

/**
 * Whether replicas should be removed: when fewer have been enough over the whole window, down to the most that was
 * needed in it, bounded by the step and by `minReplicas`. Where pods are absent, not ready, too new to count or not
 * measured, they count as loaded to the limit. Undefined when as many as there are are needed.
 */
export function judgeDown(given: DownCase): Removal | undefined {
  const { observation, scaling, fleet, measures, history, resets } = given;
  const { replicas } = fleet;
  const { minReplicas, down, mode } = scaling;
  const wait = (...parts: Parameters<typeof hold>): Removal => ({ decision: hold(...parts) });
  const leaving = leavingOf(fleet, scaling);
  const enough = Math.max(minReplicas, replicasFor(measures, fleet, { ...cautious, leaving }));
  if (!down.enabled || replicas <= minReplicas) return undefined;
  if (enough >= replicas) {
    const least = Math.max(minReplicas, replicasFor(measures, fleet, { ...hopeful, leaving }));
    if (least >= replicas) return undefined;
    const why = `${least} replicas would be enough if ${thoseMissing(fleet)} were idle`;
    const reason = fleet.warmingUp > 0 ? "PodsWarmingUp" : "PodsNotMeasured";
    return wait(reason, `${why}: ${arithmeticOf(measures, least)}.`, replicas);
  }
  const arithmetic = arithmeticOf(measures, enough);
  if (fleet.tooFewFresh)
    return wait("TooFewFresh", `Too few pods have fresh numbers to remove any: ${arithmetic}.`, replicas);
  const { most, knownMs } = demandOf(history);
  const window = seconds(down.window);
  if (knownMs < down.window)
    return wait(
      "WaitingForWindow",
      `${enough} replicas are enough, which is to hold for ${window}; seen so far: ${seconds(knownMs)}; ${arithmetic}.`,
      replicas,
    );
  if (most >= replicas)
    return wait(
      "WaitingForWindow",
      `${enough} replicas are enough now, ${most} were needed within the last ${window}: ${arithmetic}.`,
      replicas,
    );
  if (isRollingOut(fleet))
    return wait("RolloutInProgress", `${most} replicas are enough; first the rollout is to end: ${arithmetic}.`, most);
  if (removalOf(fleet) === "ordinal" && fleet.pods.length < replicas)
    return wait("PodsOnTheirWay", `${replicas - fleet.pods.length} of ${replicas} pods are absent.`, replicas);
  const step = stepAt("down", down.period, replicas, observation.status.lastScale, observation.now);
  const fewest = Math.max(minReplicas, most);
  const allowed = Math.max(fewestAfter(scaling, step), replicas - maxDrainedPods);
  const bound = Math.max(fewest, allowed);
  if (bound >= replicas)
    return wait(
      "StepLimit",
      `${fewest} replicas are enough, the step in progress leaves ${allowed}: ${arithmetic}.`,
      fewest,
    );
  const to = Math.max(bound, fewestKeeping(fleet, scaling));
  if (to >= replicas)
    return wait(
      "DrainedByHand",
      `${fewest} replicas are enough, but ${whyKept(fleet, scaling)}: ${arithmetic}.`,
      fewest,
    );
  const others = fleet.pods.filter(({ pod }) => observation.drainedBy?.has(pod.uid));
  if (others.length > 0) {
    const pool = observation.drainedBy!.get(others[0]!.pod.uid);
    return wait("Draining", `${namesOf(others)} to be removed for pool ${pool} first: ${arithmetic}.`, replicas);
  }
  const message = `${counted(to, "replica")} instead of ${replicas}, ${fewest} needed in the last ${window}: ${arithmeticOf(measures, to)}.`;
  const act = mode === "Auto";
  // Nobody is taken out of the lists for a scale that would not be written.
  const held = act ? whyHeld(observation, resets, "down", to) : undefined;
  if (held) return { decision: held };
  const drained = act ? beginDrain(given, to, message) : undefined;
  return drained ?? { decision: { kind: "scale", reason: "LoadBelowLimit", message, from: replicas, to, step, act } };
}
