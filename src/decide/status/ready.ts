import { count, joined, type Wording, worded } from "../basics/wording.ts";
import { deletionProblem } from "../claims/deletion.ts";
import { printExclusion } from "../membership/excluded.ts";
import { targetName } from "../membership/foreign.ts";
import type { LackedPort } from "../membership/pod-ports.ts";
import type { Excluded, HeldPod, PlannedEndpoint, WordedVerdict } from "../planned.ts";
import { printFinding } from "../samples/findings.ts";
import type { Observation } from "../world.ts";

export const taking = (endpoints: number): Wording =>
  worded`${count(endpoints)} ${endpoints === 1 ? "endpoint takes" : "endpoints take"} traffic`;

/** That somebody waits in vain at a port is no fault of the pool's, and good to know. */
const idleIn = ({ idlePorts = [] }: Observation): string =>
  idlePorts.length === 0
    ? ""
    : ` The Service's ${idlePorts.length === 1 ? "port" : "ports"} ${idlePorts.join(", ")} ${idlePorts.length === 1 ? "leads" : "lead"} nowhere: the pool serves those of spec.ports alone.`;

/** The ports that may have been meant. */
export function declaring({ pods }: Observation, name: string): string {
  const declared = pods.find(({ pod }) => pod.name === name)?.pod.ports;
  return declared ? ` ${name} ${printFinding({ kind: "ports", declared })}.` : "";
}

/** Endpoints that the target's selector has left behind. */
function keptIn({ pods }: Observation, endpoints: readonly PlannedEndpoint[]): number {
  const kept = new Set(pods.flatMap(({ pod, belonging }) => (belonging?.kind === "kept" ? [pod.uid] : [])));
  return endpoints.filter(({ uid }) => kept.has(uid)).length;
}

/** Pods without a port of the pool. */
export interface Portless {
  /** Those of them that are published where they were before. */
  readonly held: readonly HeldPod[];
  /** Whether there are pods that have every port. */
  readonly areOthersWhole: boolean;
}

const named = ({ port, field }: LackedPort): string => `port ${port} (${field})`;

/** That pods lack a port, which takes others nothing; undefined where none does. */
function portsLacking(
  observation: Observation,
  endpoints: readonly PlannedEndpoint[],
  excluded: readonly Excluded[],
  { held, areOthersWhole }: Portless,
): WordedVerdict | undefined {
  const type = "Ready";
  const published = new Set(endpoints.map(({ pod }) => pod));
  const serving = held.filter(({ pod }) => published.has(pod));
  const [first] = serving;
  if (first) {
    const of = areOthersWhole ? `${first.pod} declares no` : "No pod declares";
    const remedy = areOthersWhole ? "" : " Correct spec.ports, or declare the port in the pods' containers.";
    const message = worded`${taking(endpoints.length)}, ${count(serving.length)} of them at the ports that they were published with before. ${of} ${named(first)}.${remedy}${declaring(observation, first.pod)}`;
    return areOthersWhole
      ? { type, status: "True", reason: "PortsHeld", message }
      : { type, status: "False", reason: "PortNotDeclared", message };
  }
  const without = excluded.filter((entry) => entry.reason === "PortNotDeclared");
  const [lacking] = without;
  if (!lacking) return undefined;
  const message = worded`${taking(endpoints.length)}, ${count(without.length)} ${without.length === 1 ? "pod does" : "pods do"} not: ${lacking.pod} declares no ${named(lacking)}.${declaring(observation, lacking.pod)}`;
  return { type, status: "True", reason: "PortNotDeclared", message };
}

/** Whether the pool's pods take traffic, and what stands in the way. */
export function ready(
  observation: Observation,
  endpoints: readonly PlannedEndpoint[],
  excluded: readonly Excluded[],
  kept: readonly string[],
  portless: Portless,
): WordedVerdict {
  const type = "Ready";
  const { pool, target, targetProblem, publishProblem } = observation;
  const isDoubted = target !== undefined && targetProblem?.reason !== "TargetNotFound";
  const problem = deletionProblem(pool) ?? (isDoubted ? undefined : targetProblem) ?? publishProblem;
  if (problem) return { type, status: "False", ...problem };
  const beside = observation.besideProblem;
  if (beside && endpoints.length > 0)
    return { type, status: "False", ...beside, message: worded`${taking(endpoints.length)}, but ${beside.message}` };
  if (kept.length > 0)
    return {
      type,
      status: "True",
      reason: "DrainRefused",
      message: worded`${taking(kept.length)} although marked with evenkeel.io/drain: no other pod is ready.`,
    };
  // What is known of the target may be old; that its replicas are unset says nothing of its pods.
  if (targetProblem && targetProblem.reason !== "ReplicasUnset")
    return endpoints.length > 0
      ? {
          type,
          status: "True",
          reason: targetProblem.reason,
          message: worded`${taking(endpoints.length)}, by what was last known of ${targetName(pool)}. ${targetProblem.message}`,
        }
      : { type, status: "False", ...targetProblem };
  const left = keptIn(observation, endpoints);
  if (left > 0)
    return {
      type,
      status: "True",
      reason: "SelectorMoved",
      message: worded`${taking(left)} although the selector of ${targetName(pool)} no longer matches: no pod that it matches is ready.`,
    };
  const lacking = endpoints.length > 0 ? portsLacking(observation, endpoints, excluded, portless) : undefined;
  if (lacking) return lacking;
  if (endpoints.length > 0)
    return {
      type,
      status: "True",
      reason: "EndpointsReady",
      message: worded`${taking(endpoints.length)}.${idleIn(observation)}`,
    };
  if (excluded.length === 0)
    return {
      type,
      status: "False",
      reason: "NoPods",
      message:
        target?.replicas === 0
          ? `No pod belongs to the pool: ${targetName(pool)} has 0 replicas.`
          : "No pod belongs to the pool: check targetRef or selector.",
    };
  const byReason = Map.groupBy(excluded, printExclusion);
  const reasons = joined(
    [...byReason].map(([reason, pods]) => worded`${count(pods.length)} ${reason}`),
    ", ",
  );
  const undeclared = excluded.find(({ reason }) => reason === "PortNotDeclared");
  const isSpared = excluded.some(({ reason }) => reason === "WritesOnly");
  const remedy = undeclared
    ? ` Correct spec.ports, or declare the port in the pods' containers.${declaring(observation, undeclared.pod)}`
    : isSpared
      ? " Add a replica, or set access.readers to ReplicasFirst."
      : "";
  return { type, status: "False", reason: "NoReadyPods", message: worded`No pod takes traffic: ${reasons}.${remedy}` };
}
