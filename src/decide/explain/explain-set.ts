import { reads } from "../../api/metrics.ts";
import type { ReadySetPlan } from "../ready-set/planned-set.ts";
import { tellReadySet } from "../ready-set/tell-set.ts";
import type { Pool } from "../world.ts";
import type { PodExplanation, ReadySetExplanation } from "./explanation.ts";
import { podLines, poolLines } from "./lines.ts";

/** That everybody is published, and when it would be worth while to change that. */
const tellAll = ({ spec }: Pool): string =>
  reads(spec.metrics, "connections")
    ? "All that may get traffic are published. Where connections live longer than a few periods, publish.readySet.type LeastBusy evens them out through a plain Service too; evenkeel sim --model connections says by how much."
    : "All that may get traffic are published; the pool's source reports no connections, which publish.readySet.type LeastBusy needs.";

export interface ExplainedSet {
  readonly readySet: ReadySetExplanation;
  /** What it is to a pod, by its UID; undefined where there is nothing to choose. */
  readonly setOf: (uid: string) => PodExplanation["readySet"];
}

/** How the ready set came about, as of `now`. */
export function explainSet(pool: Pool, set: ReadySetPlan | undefined, now: number): ExplainedSet {
  if (!set) return { readySet: { type: "All", message: tellAll(pool), lines: [] }, setOf: () => undefined };
  const { state, full, size, able, floor, decision, atFloorSince } = set;
  const working = decision?.working;
  const linesOf = working && podLines(working.steps.pod);
  return {
    readySet: {
      type: "LeastBusy",
      message: tellReadySet(set),
      state,
      size,
      able,
      floor,
      ...(decision && { decidedAgoMs: now - decision.at }),
      ...(atFloorSince !== undefined && { atFloorForMs: now - atFloorSince }),
      // Sums go over the pods that were there when it was decided.
      lines: working ? poolLines(working.steps.pool, working) : [],
    },
    setOf(uid) {
      const figures = working?.pods.get(uid);
      return { published: !full.has(uid), lines: figures ? linesOf!({ pool: working!.pool, pod: figures }) : [] };
    },
  };
}
