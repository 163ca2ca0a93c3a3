import { setConditions, type Verdict } from "../../api/conditions.ts";
import { defined } from "../../api/defined.ts";
import type { PoolStatus } from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { refusedSpec } from "../membership/standby.ts";
import type { Outcome, Plan, PlannedEndpoint } from "../planned.ts";
import type { Observation } from "../world.ts";
import { describeEndpoint, statusFields } from "./fields.ts";
import type { Backdrop } from "./moves.ts";

/** The status that an observation, its plan and what became of it amount to. */
export function describe(observation: Observation, plan: Plan, outcome: Outcome): PoolStatus {
  const told = Object.entries(statusFields).map(([name, { tell }]) => [name, tell({ observation, plan, outcome })]);
  return defined(Object.fromEntries(told));
}

/** What the status of a plan has no room for: described when it is asked for, as hardly any of many endpoints is. */
export function backdropOf({ endpoints, wordings }: Plan): Backdrop {
  let byPod: ReadonlyMap<string, PlannedEndpoint> | undefined;
  const find = (pod: string): PlannedEndpoint | undefined => {
    byPod ??= new Map(endpoints.map((endpoint) => [endpoint.pod, endpoint]));
    return byPod.get(pod);
  };
  return {
    endpoints: {
      has: (pod) => find(pod) !== undefined,
      get(pod) {
        const endpoint = find(pod);
        return endpoint && describeEndpoint(endpoint);
      },
    },
    wordings,
  };
}

/**
 * The status of a pool whose spec is refused and which has published nothing: there is nothing to decide. Nobody would end
 * a drain, which is over therefore.
 */
export function describeInvalid(before: PoolStatus, generation: number, problems: string, now: number): PoolStatus {
  const { drain: _, ...status } = before;
  const verdicts: Verdict[] = (["Ready", "MetricsHealthy", "ScalingActive"] as const).map((type) => ({
    type,
    status: type === "MetricsHealthy" ? "Unknown" : "False",
    ...refusedSpec(problems),
  }));
  const conditions = setConditions(status.conditions ?? [], verdicts, generation, toTime(now));
  return { ...status, observedGeneration: generation, conditions };
}
