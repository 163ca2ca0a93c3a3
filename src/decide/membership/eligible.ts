import { defined } from "../../api/defined.ts";
import type { Mutable } from "../basics/mutable.ts";
import type { PodPort } from "../in-force.ts";
import type { Excluded, Exclusion, HeldPod, Member, PoolHealth, UnhealthyPod } from "../planned.ts";
import { freshResponse, type Response } from "../samples/response.ts";
import { noteServings, type Serving, type Servings } from "../samples/serving.ts";
import { freshSample } from "../samples/staleness.ts";
import { type PodTraffic, trafficOf } from "../signals/traffic.ts";
import type { Observation, ObservedPod, Pod, Probing, Reading, Sample } from "../world.ts";
import { type Absence, type Absences, noteAbsences } from "./absence.ts";
import { judgeHealth } from "./health.ts";
import { type PortsFound, portFinder } from "./pod-ports.ts";

/** A pod that may get traffic, with what is known of it. */
export interface Candidate {
  readonly pod: Pod;
  readonly reading?: Reading;
  /** The newest sample, if it is fresh. */
  readonly sample?: Sample;
  /** What it did of late, where it counts that and its sample is fresh. */
  readonly traffic?: PodTraffic;
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
  /** Of the members, those that are where they were published before; absent: none. */
  readonly held?: readonly HeldPod[];
  /** By UID of a member, its ports. */
  readonly ports: ReadonlyMap<string, readonly PodPort[]>;
  /** Absent where pods are not probed. */
  readonly health?: PoolHealth;
  readonly absences: Absences;
  readonly servings: Servings;
  /** Pods that would be candidates if they were not being drained. */
  readonly drained?: readonly Pod[];
}

/** Why a pod is in no list at all, not even as not ready. */
function whyLeftOut(pod: Pod, found: PortsFound): Exclusion | undefined {
  if (pod.phase === "Failed" || pod.phase === "Succeeded") return { reason: pod.phase };
  if (pod.hostNetwork) return { reason: "HostNetwork" };
  if (pod.addresses.length === 0) return { reason: pod.addressRefused ? "AddressRefused" : "NoAddress" };
  return found.ports ? undefined : { reason: "PortNotDeclared", ...found.lacks! };
}

/** Observations come in this order where nothing else is known, so that there is little to sort. */
export const byUid = (a: { readonly pod: Pod }, b: { readonly pod: Pod }): number => (a.pod.uid < b.pod.uid ? -1 : 1);

const isReady = ({ ready, terminating }: Pod): boolean => ready && !terminating;

/** Whether a pod gets traffic: undefined if it does, else why not. */
function whySetAside({ pod }: ObservedPod, aside: ReadonlyMap<string, UnhealthyPod>): Exclusion | undefined {
  if (pod.terminating) return { reason: "Terminating" };
  if (!pod.ready) return { reason: "NotReady" };
  const unhealthy = aside.get(pod.uid);
  return unhealthy && { reason: "Unhealthy", why: unhealthy.why };
}

function toMember({ pod, probe }: ObservedPod, isIn: boolean, { ports, isGiven }: PortsFound): Member {
  const changedAt = isReady(pod) ? probe?.changedAt : undefined;
  const member: Mutable<Member> = { pod, isIn };
  if (ports && !isGiven) member.ports = ports;
  if (changedAt !== undefined) member.changedAt = changedAt;
  return member;
}

function toCandidate(
  observed: ObservedPod,
  { pool, now }: Observation,
  serving: Serving | undefined,
  absence: Absence | undefined,
): Candidate {
  const { pod, reading, probe } = observed;
  const { metrics } = pool.spec;
  const sample = freshSample(reading, metrics, now);
  const traffic = sample && trafficOf(reading, metrics, now);
  // What a pod has told since it serves, of intervals that began later.
  const earliest = serving?.since === undefined ? undefined : serving.since + (metrics?.interval ?? 0);
  const response = freshResponse(observed, metrics, now, earliest);
  const candidate: Mutable<Candidate> = { pod };
  if (reading) candidate.reading = reading;
  if (sample) candidate.sample = sample;
  if (traffic) candidate.traffic = traffic;
  if (probe) candidate.probe = probe;
  if (response) candidate.response = response;
  if (absence) candidate.backAt = absence.changedAt;
  return candidate;
}

/** What the last plan left. */
interface Before {
  readonly absences?: Absences;
  readonly servings?: Servings;
  readonly weights: { readonly computedAt: number };
}

/**
 * Which pods may receive traffic: those that are ready and not set aside because their probe fails. A pod that answers
 * no scrape is not measured, which is no reason to take it out. In steps, as the plan is.
 */
export function* eligible(observation: Observation, memory?: Before): Generator<undefined, Eligibility> {
  const { pods, pool, portsInForce, now } = observation;
  const findPorts = portFinder(pool.spec.ports, portsInForce);
  const found = pods.map(({ pod }) => findPorts(pod));
  const left = pods.map(({ pod }, place) => whyLeftOut(pod, found[place]!));
  const ready = pods.filter(({ pod }, place) => left[place] === undefined && isReady(pod));
  const health = judgeHealth(ready, pool.spec);
  const aside = new Map(health?.unhealthy.filter(({ isAside }) => isAside).map((entry) => [entry.pod.uid, entry]));
  const absences = noteAbsences(memory?.absences, ready, aside, now);
  const servings = noteServings(observation, aside, memory);
  yield;
  const candidates: Candidate[] = [];
  const members: Member[] = [];
  const excluded: Excluded[] = [];
  const held: HeldPod[] = [];
  const ports = new Map<string, readonly PodPort[]>();
  pods.forEach((observed, place) => {
    const { pod } = observed;
    const out = left[place] ?? whySetAside(observed, aside);
    const at = found[place]!;
    if (left[place] === undefined && at.ports) {
      members.push(toMember(observed, out === undefined, at));
      ports.set(pod.uid, at.ports);
      if (at.lacks) held.push({ pod: pod.name, ...at.lacks });
    }
    if (out !== undefined) excluded.push({ pod: pod.name, ...out });
    else candidates.push(toCandidate(observed, observation, servings.column[place], absences.get(pod.uid)));
  });
  // So that the same pods give the same sums, to the last digit, on every replica.
  candidates.sort(byUid);
  return {
    candidates,
    members,
    excluded,
    ...(held.length > 0 && { held }),
    ports,
    absences,
    servings,
    ...defined({ health }),
  };
}
