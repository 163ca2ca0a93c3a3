import { freshSample } from "./staleness.ts";
import type { Excluded, Member, Observation, Pod, Reading, Sample } from "./world.ts";

/** A pod that may get traffic, with what is known of it. */
export interface Candidate {
  readonly pod: Pod;
  readonly reading?: Reading;
  /** The newest sample, if it is fresh. */
  readonly sample?: Sample;
}

export interface Eligibility {
  readonly candidates: readonly Candidate[];
  /** Pods that belong in the slices: candidates, and pods that are not ready or on their way out. */
  readonly members: readonly Member[];
  readonly excluded: readonly Excluded[];
}

/** Why a pod is in no list at all, not even as not ready. */
function reasonToLeaveOut(pod: Pod, ports: readonly number[]): string | undefined {
  if (pod.phase === "Failed" || pod.phase === "Succeeded") return pod.phase;
  if (pod.hostNetwork) return "HostNetwork";
  if (pod.addresses.length === 0) return pod.addressRefused ? "AddressRefused" : "NoAddress";
  const missing = ports.find((port) => !pod.ports.some((declared) => declared.port === port));
  return missing === undefined ? undefined : `PortNotDeclared: ${missing}`;
}

/**
 * Which pods may receive traffic. Health is the pod's own readiness alone: a pod that answers no scrape
 * is not measured, which is no reason to take it out.
 */
export function eligible({ pods, pool, now }: Observation): Eligibility {
  const ports = pool.spec.ports.map(({ port }) => port);
  const candidates: Candidate[] = [];
  const members: Member[] = [];
  const excluded: Excluded[] = [];
  for (const { pod, reading } of pods) {
    const left = reasonToLeaveOut(pod, ports);
    if (left !== undefined) {
      excluded.push({ pod: pod.name, reason: left });
      continue;
    }
    const ready = pod.ready && !pod.terminating;
    members.push({ pod, ready, serving: pod.ready, terminating: pod.terminating });
    if (ready) {
      const sample = freshSample(reading, pool.spec.metrics, now);
      candidates.push({ pod, ...(reading && { reading }), ...(sample && { sample }) });
    } else {
      excluded.push({ pod: pod.name, reason: pod.terminating ? "Terminating" : "NotReady" });
    }
  }
  return { candidates, members, excluded };
}
