import { rootWeights } from "../../decide/root-rule/root-weights.ts";
import { createRootState } from "../../decide/root-rule/state.ts";
import type { Setting, WeightRule } from "../policy.ts";

/** The operator's own rule, as strategy LeastConnections publishes it. A service time is its second. */
export function leastConnections({ pods, interval, delay }: Setting): WeightRule {
  const ids = Array.from({ length: pods }, (_, pod) => String(pod).padStart(6, "0"));
  const even = new Float64Array(pods).fill(1);
  let state = createRootState();
  return (reading, shares) => {
    if (reading.time === 0) return even;
    const result = rootWeights(state, {
      intervalS: interval,
      delayS: delay,
      serviceTimeS: 1,
      shares: new Map(ids.map((id, pod) => [id, shares[pod]!])),
      pods: ids.map((id, pod) =>
        reading.missing[pod]
          ? { id }
          : { id, completions: reading.completions[pod]!, busy: reading.busy[pod]!, queue: reading.queues[pod]! },
      ),
    });
    state = result.state;
    return Float64Array.from(ids, (id) => result.weights.get(id)!);
  };
}
