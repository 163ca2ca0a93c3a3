import { printExclusion } from "../../../../decide/membership/excluded.ts";
import type { Plan } from "../../../../decide/planned.ts";

const notMeasured = "not measured";

/** What the operator says of a pod that is not as it should be; undefined where all is well, or the pod is gone. */
function stateIn(plan: Plan, pod: string): string | undefined {
  const out = plan.excluded.find((excluded) => excluded.pod === pod);
  if (out) return printExclusion(out);
  const endpoint = plan.endpoints.find((each) => each.pod === pod);
  return endpoint?.reason.startsWith(notMeasured) ? endpoint.reason : undefined;
}

const isKnown = ({ endpoints, excluded }: Plan, pod: string): boolean =>
  endpoints.some((each) => each.pod === pod) || excluded.some((each) => each.pod === pod);

/** Follows what the operator makes of the pods that somebody has laid a hand on. */
export class PodStates {
  readonly #states = new Map<string, string | undefined>();

  /** From here on the pod is followed, while it is there. */
  follow(pod: string): void {
    if (!this.#states.has(pod)) this.#states.set(pod, undefined);
  }

  /** A line for each pod of which the operator says something else than before. */
  look(plan: Plan): string[] {
    const news: string[] = [];
    for (const [pod, before] of this.#states) {
      if (!isKnown(plan, pod)) {
        this.#states.delete(pod);
        news.push(`${pod}: gone`);
        continue;
      }
      const state = stateIn(plan, pod);
      if (state === before) continue;
      this.#states.set(pod, state);
      news.push(`${pod}: ${state ?? "takes traffic and is measured again"}`);
    }
    return news;
  }
}
