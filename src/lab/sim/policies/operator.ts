import type { StrategyType } from "../../../api/pool.ts";
import type { Memory } from "../../../decide/memory.ts";
import { plan } from "../../../decide/plan.ts";
import type { ObservedPod, Sample } from "../../../decide/world.ts";
import type { FleetReading, Picker, Policy, Setting } from "../policy.ts";
import { createPod, createPool } from "../simulated-pool.ts";

/** What a pod reports of itself. */
function sampleOf(
  { time, queues, busy, requests, responses }: FleetReading,
  pod: number,
  serviceTimeMs: number,
): Sample {
  const response = responses[pod]!;
  return {
    takenAt: time * serviceTimeMs,
    connections: queues[pod]!,
    load: 100 * busy[pod]!,
    requests: requests[pod]!,
    ...(!Number.isNaN(response) && { responseMs: response * serviceTimeMs }),
  };
}

/**
 * The operator: `plan` on what it would observe, and the weights that it would publish. What takes the delay is on the
 * way to it, so that the age of a sample tells it, as in a cluster.
 */
export function createOperator(strategy: StrategyType, picker: Picker, setting: Setting): Policy {
  const { pods, interval, delay, serviceTimeMs, slowStart, lifeOf } = setting;
  const pool = createPool({
    strategy,
    intervalMs: interval * serviceTimeMs,
    slowStartMs: slowStart * serviceTimeMs,
  });
  const lives = Array.from({ length: pods }, (_, pod) => lifeOf(pod));
  const initial = Float64Array.from(lives, ({ readyAt }) => (readyAt > 0 ? 0 : 1));
  const samples: (Sample | undefined)[] = lives.map(() => undefined);
  const settled = lives.map((_, number) => createPod(number));
  let memory: Memory | undefined;

  function observe(number: number, at: number): readonly ObservedPod[] {
    const { readyAt, leavesAt } = lives[number]!;
    if (readyAt > at) return [];
    const newcomer = readyAt > 0;
    const pod =
      newcomer || leavesAt <= at
        ? createPod(number, newcomer ? readyAt * serviceTimeMs : undefined, leavesAt <= at)
        : settled[number]!;
    const newest = samples[number];
    return [{ pod, ...(newest && { reading: { samples: [newest], failures: 0 } }) }];
  }

  function weighAt(time: number): Float64Array {
    const seen = {
      now: (time + delay) * serviceTimeMs,
      seed: 0,
      pool,
      pods: lives.flatMap((_, number) => observe(number, time)),
      status: {},
    };
    const planned = plan(seen, memory);
    memory = planned.memory;
    const weights = new Float64Array(pods);
    for (const { uid, weight } of planned.plan.endpoints) weights[Number(uid)] = weight;
    return weights;
  }

  let inForce = initial;
  picker.install(initial);
  return {
    publish(reading) {
      for (let pod = 0; pod < pods; pod += 1)
        if (!reading.missing[pod]) samples[pod] = sampleOf(reading, pod, serviceTimeMs);
      return weighAt(reading.time);
    },
    replan: weighAt,
    install(weights) {
      // Nothing changed: nothing is published.
      if (weights.every((weight, pod) => weight === inForce[pod])) return;
      inForce = weights.slice();
      picker.install(weights);
    },
    pick: () => picker.pick(),
  };
}
