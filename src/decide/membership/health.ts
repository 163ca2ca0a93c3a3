import { defined } from "../../api/defined.ts";
import type { PoolSpec } from "../../api/pool.ts";
import type { PoolHealth, RefusedProbe, UnhealthyPod } from "../planned.ts";
import type { ObservedPod } from "../world.ts";
import type { ProbeFailure } from "./probe-failure.ts";
import { isInconclusive, isProbed } from "./probing.ts";

/** Those that fell first come first: a pod that falls later never takes the place of one that is set aside. */
function byFall(a: ObservedPod, b: ObservedPod): number {
  const [first, second] = [a.probe?.changedAt ?? 0, b.probe?.changedAt ?? 0];
  return first - second || (a.pod.uid < b.pod.uid ? -1 : 1);
}

/** A pod on its way back has answered once; one that was down when the operator began was not asked yet. */
const whyDown = ({ probe }: ObservedPod): UnhealthyPod["why"] =>
  probe?.failure ?? (isProbed(probe) ? "Recovering" : "NotProbedYet");

function countRefused(pods: readonly ObservedPod[]): readonly RefusedProbe[] {
  const counts = new Map<ProbeFailure, RefusedProbe>();
  for (const { pod, probe } of pods) {
    if (!probe?.failure || !isInconclusive(probe.failure)) continue;
    const { failure, finding } = probe;
    const known = counts.get(failure);
    const isFirst = !known || pod.name < known.example;
    const first = isFirst ? { failure, example: pod.name, ...defined({ finding }) } : known;
    counts.set(failure, { ...first, pods: (known?.pods ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.pods - a.pods || (a.failure < b.failure ? -1 : 1));
}

/**
 * Which of the ready pods are set aside because they do not answer their probe: never more than
 * `minimumAvailablePercent` leaves, for the others must carry their load; and none where all fail, which is more likely
 * to be a fault of whoever asks. A pod that was never probed is not set aside.
 */
export function judgeHealth(ready: readonly ObservedPod[], { metrics, health }: PoolSpec): PoolHealth | undefined {
  if (!metrics?.probe) return undefined;
  const down = ready.filter(({ probe }) => probe?.isDown).sort(byFall);
  // Pods that somebody drains carry nothing: they are no part of what has to stay, nor of what can be set aside.
  const serving = ready.filter(({ pod }) => !pod.drainRequested);
  const fallen = down.filter(({ pod }) => !pod.drainRequested);
  const room = Math.floor((serving.length * (100 - health.minimumAvailablePercent)) / 100);
  const aside = new Set(fallen.length === serving.length ? [] : fallen.slice(0, room));
  return {
    expected: ready.length,
    probed: ready.filter(({ probe }) => isProbed(probe)).length,
    unhealthy: down.map((observed) => ({
      pod: observed.pod,
      why: whyDown(observed),
      ...defined({ finding: observed.probe?.finding }),
      isAside: aside.has(observed),
    })),
    refused: countRefused(ready),
  };
}

/** Share of the ready pods whose first probe has ended, from which on the picture counts as whole. */
const settledShare = 0.9;

/** Whether most pods were never probed, as after a restart: what status tells from before is better. */
export const lacksProbes = (health: PoolHealth | undefined): boolean =>
  health !== undefined && health.probed < health.expected * settledShare;
