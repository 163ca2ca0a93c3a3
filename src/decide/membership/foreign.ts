import type { ForeignPod } from "../planned.ts";
import type { Observation, ObservedPod, Pod, Pool } from "../world.ts";

/** Whether a pod is there to stay, as the controllers of workloads count their own. */
export const isStaying = ({ terminating, phase }: Pod): boolean =>
  !terminating && phase !== "Failed" && phase !== "Succeeded";

/** Whether a pod is one of the replicas that the pool's target counts. */
export const isOwn = ({ belonging }: ObservedPod): boolean => belonging === undefined || belonging.kind === "own";

/** Whether a pod is known to be none of them. */
export const isOthers = ({ belonging }: ObservedPod): boolean =>
  belonging?.kind === "foreign" || belonging?.kind === "kept";

/** Pods that the selector matches and that the target does not own, by name. */
export const foreignIn = ({ pods }: Observation): ForeignPod[] =>
  pods
    .flatMap(({ pod, belonging }): ForeignPod[] => {
      if (belonging?.kind !== "foreign" || !isStaying(pod)) return [];
      const { controller } = belonging;
      return [{ pod: pod.name, ...(controller && { owner: `${controller.kind} ${controller.name}` }) }];
    })
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));

/** Names that a message has room for. */
const mostNamed = 3;

const nameOf = ({ pod, owner }: ForeignPod): string => (owner ? `${pod} (${owner})` : pod);

export function namesOfForeign(foreign: readonly ForeignPod[]): string {
  const names = foreign.slice(0, mostNamed).map(nameOf);
  const more = foreign.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

export const targetName = ({ spec: { targetRef } }: Pool): string =>
  targetRef ? `${targetRef.kind} ${targetRef.name}` : "";

/** What a decision on replicas adds, so that nobody wonders about pods that it leaves out. */
export const noteForeign = (pool: Pool, foreign: readonly ForeignPod[]): string =>
  foreign.length === 0 ? "" : ` Not counted, as ${targetName(pool)} does not own them: ${namesOfForeign(foreign)}.`;
