import { type Absences, noteAbsences } from "./absence.ts";
import { judgeHealth } from "./health.ts";
import type { Excluded, Member, PoolHealth, UnhealthyPod } from "./planned.ts";
import { freshResponse, type Response } from "./response.ts";
import { noteServings, type Servings } from "./serving.ts";
import { freshSample } from "./staleness.ts";
import type { Observation, ObservedPod, Pod, Pool, Probing, Reading, Sample } from "./world.ts";

/** A pod that may get traffic, with what is known of it. */
export interface Candidate {
  readonly pod: Pod;
  readonly reading?: Reading;
  /** The newest sample, if it is fresh. */
  readonly sample?: Sample;
  readonly probe?: Probing;
  /** How it responds, if that is fresh. */
  readonly response?: Response;
  /** When health let it back in after it had been set aside. */
  readonly backAt?: number;
}

export interface Eligibility {
  readonly candidates: readonly Candidate[];
  /** Pods that belong in the slices: candidates, and pods that are not ready or on their way out. */
  readonly members: readonly Member[];
  readonly excluded: readonly Excluded[];
  /** Absent where pods are not probed. */
  readonly health?: PoolHealth;
  readonly absences: Absences;
  readonly servings: Servings;
  /** Pods that would be candidates if they were not being drained. */
  readonly drained?: readonly Pod[];
}

/** Why a pod is in no list at all, not even as not ready. */
function reasonToLeaveOut(pod: Pod, ports: readonly number[]): string | undefined {
  if (pod.phase === "Failed" || pod.phase === "Succeeded") return pod.phase;
  if (pod.hostNetwork) return "HostNetwork";
  if (pod.addresses.length === 0) return pod.addressRefused ? "AddressRefused" : "NoAddress";
  const missing = ports.find((port) => !pod.ports.some((declared) => declared.port === port));
  return missing === undefined ? undefined : `PortNotDeclared: ${missing}`;
}

const isReady = ({ ready, terminating }: Pod): boolean => ready && !terminating;

/** Whether a pod gets traffic: undefined if it does, else why not. */
function reasonToSetAside({ pod }: ObservedPod, aside: ReadonlyMap<string, UnhealthyPod>): string | undefined {
  if (pod.terminating) return "Terminating";
  if (!pod.ready) return "NotReady";
  const unhealthy = aside.get(pod.uid);
  return unhealthy && `Unhealthy: ${unhealthy.why}`;
}

function toMember({ pod, probe }: ObservedPod, ready: boolean): Member {
  const changedAt = isReady(pod) ? probe?.changedAt : undefined;
  const conditions = { ready, serving: pod.ready, terminating: pod.terminating };
  return { pod, ...conditions, ...(changedAt !== undefined && { changedAt }) };
}

/** What a pod has told since it serves, of intervals that began later. */
function servingOnly(reading: Reading, { spec: { metrics } }: Pool, since: number): Reading {
  const earliest = since + (metrics?.interval ?? 0);
  return { ...reading, samples: reading.samples.filter(({ takenAt }) => takenAt >= earliest) };
}

function toCandidate(
  { pod, reading, probe }: ObservedPod,
  { pool, now }: Observation,
  { absences, servings }: Pick<Eligibility, "absences" | "servings">,
): Candidate {
  const { metrics } = pool.spec;
  const sample = freshSample(reading, metrics, now);
  const servingSince = servings.get(pod.uid)?.since;
  const told = reading && servingSince !== undefined ? servingOnly(reading, pool, servingSince) : reading;
  const response = freshResponse({ ...(told && { reading: told }), ...(probe && { probe }) }, metrics, now);
  const backAt = absences.get(pod.uid)?.changedAt;
  return {
    pod,
    ...(reading && { reading }),
    ...(sample && { sample }),
    ...(probe && { probe }),
    ...(response && { response }),
    ...(backAt !== undefined && { backAt }),
  };
}

/**
 * Which pods may receive traffic: those that are ready and not set aside because their probe fails. A pod that answers
 * no scrape is not measured, which is no reason to take it out.
 */
export function eligible(observation: Observation): Eligibility {
  const { pods, pool, now, memory } = observation;
  const ports = pool.spec.ports.map(({ port }) => port);
  const judged = pods.map((observed) => ({ observed, left: reasonToLeaveOut(observed.pod, ports) }));
  const ready = judged.filter(({ observed, left }) => left === undefined && isReady(observed.pod));
  const health = judgeHealth(
    ready.map(({ observed }) => observed),
    pool.spec,
  );
  const aside = new Map(health?.unhealthy.filter(({ isAside }) => isAside).map((entry) => [entry.pod.uid, entry]));
  const absences = noteAbsences(
    memory?.absences,
    ready.map(({ observed }) => observed.pod),
    aside,
    now,
  );
  const servings = noteServings(observation, aside);
  const candidates: Candidate[] = [];
  const members: Member[] = [];
  const excluded: Excluded[] = [];
  for (const { observed, left } of judged) {
    const { pod } = observed;
    const out = left ?? reasonToSetAside(observed, aside);
    if (left === undefined) members.push(toMember(observed, out === undefined));
    if (out === undefined) candidates.push(toCandidate(observed, observation, { absences, servings }));
    else excluded.push({ pod: pod.name, reason: out });
  }
  // So that the same pods give the same sums, to the last digit, on every replica.
  candidates.sort((a, b) => (a.pod.uid < b.pod.uid ? -1 : 1));
  return { candidates, members, excluded, absences, servings, ...(health && { health }) };
}
