import { isGone, printExclusion } from "../../../../decide/membership/excluded.ts";
import type { Plan } from "../../../../decide/planned.ts";
import type { Observation } from "../../../../decide/world.ts";

/** A pool as it was seen, and what was decided on it. */
export interface Decided {
  readonly observation: Pick<Observation, "pods">;
  readonly plan: Pick<Plan, "endpoints" | "excluded" | "verdicts">;
}

const notMeasured = "not measured";

/** What the operator says of a pod that is not as it should be; undefined where all is well, or the pod is gone. */
function stateIn({ observation, plan }: Decided, pod: string): string | undefined {
  const out = plan.excluded.find((excluded) => excluded.pod === pod);
  if (out) return printExclusion(out);
  const endpoint = plan.endpoints.find((each) => each.pod === pod);
  if (endpoint?.reason.startsWith(notMeasured)) return endpoint.reason;
  const isMarked = observation.pods.some((observed) => observed.pod.name === pod && observed.pod.drainRequested);
  const refused = isMarked && plan.verdicts.find(({ reason }) => reason === "DrainRefused");
  return refused ? `${refused.reason}: ${refused.message}` : undefined;
}

const isKnown = ({ plan: { endpoints, excluded } }: Decided, pod: string): boolean =>
  endpoints.some((each) => each.pod === pod) || excluded.some((each) => each.pod === pod);

/** It will be gone, and that is told then. */
const isGoing = ({ plan }: Decided, pod: string): boolean =>
  plan.excluded.some((excluded) => excluded.pod === pod && isGone(excluded));

/** Follows what the operator makes of the pods that somebody has laid a hand on. */
export class PodStates {
  readonly #states = new Map<string, string | undefined>();

  /** From here on the pod is followed, while it is there. */
  follow(pod: string): void {
    if (!this.#states.has(pod)) this.#states.set(pod, undefined);
  }

  /** A line for each pod of which the operator says something else than before. */
  look(decided: Decided): string[] {
    const news: string[] = [];
    for (const [pod, before] of this.#states) {
      if (!isKnown(decided, pod)) {
        this.#states.delete(pod);
        news.push(`${pod}: gone`);
        continue;
      }
      const state = stateIn(decided, pod);
      if (state === before || isGoing(decided, pod)) continue;
      this.#states.set(pod, state);
      news.push(`${pod}: ${state ?? "takes traffic and is measured again"}`);
    }
    return news;
  }
}
