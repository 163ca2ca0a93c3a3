import { defined } from "../../api/defined.ts";
import type { Eligibility } from "../membership/eligible.ts";
import type { CapacityTally } from "../ready-set/capacity.ts";
import { periodAt, periodOf, untilNext } from "../ready-set/period.ts";
import { capacitiesOf, sourceText, tallyCapacities } from "../ready-set/pool-capacities.ts";
import { betweenSamplesMs } from "../samples/staleness.ts";
import type { Learned } from "../weights/compute.ts";
import type { Observation } from "../world.ts";
import type { RebalancePlan } from "./planned-rebalance.ts";
import { type BalancedPod, type RebalanceMemory, type RebalanceMoment, stepRebalance } from "./rebalance.ts";

type Tallies = ReadonlyMap<string, CapacityTally>;

/** What is kept of a pool's rebalancing from one plan to the next. */
export interface PoolRebalanceMemory {
  /** Where the figures come from, as text: those of another source are counted otherwise. */
  readonly source: string;
  readonly step: RebalanceMemory;
  /** By UID; those of the ready set where there is one. */
  readonly tallies: Tallies;
}

/** What pods can carry, as the ready set has it already. */
interface Known {
  readonly capacities: readonly number[];
  readonly tallies: Tallies;
}

interface PooledRebalance {
  readonly plan: RebalancePlan;
  readonly memory: PoolRebalanceMemory;
  readonly lookAgainInMs: number;
}

function toBalanced({ candidates }: Eligibility, capacities: readonly number[]): BalancedPod[] {
  return candidates.map(({ pod, sample }, place) => ({
    uid: pod.uid,
    capacity: capacities[place]!,
    ...(sample?.connections !== undefined && {
      connections: sample.connections,
      sampledAt: sample.takenAt - (sample.windowMs ?? 0),
    }),
  }));
}

/** What the pods of a pool that moves open connections should close; undefined of a pool that does not. */
export function poolRebalance(
  observation: Observation,
  last: PoolRebalanceMemory | undefined,
  eligibility: Eligibility,
  { learned, ofSet }: { readonly learned: Learned; readonly ofSet?: Known | undefined },
): PooledRebalance | undefined {
  const { now, pool } = observation;
  const { metrics, rebalance } = pool.spec;
  if (!rebalance || !metrics || pool.deletion) return undefined;
  const source = sourceText(pool);
  const before = last?.source === source ? last : undefined;
  const { periodMs, offsetMs } = periodOf(pool);
  const moment: RebalanceMoment = {
    now,
    periodMs,
    // A sample after the ready set is decided on: what is closed comes back to the pods that were chosen for it.
    offsetMs: (offsetMs + betweenSamplesMs(metrics)) % periodMs,
    maxPercent: rebalance.maxPercent,
    answerMs: metrics.timeout,
    isImpaired: eligibility.health?.unhealthy.some(({ isAside }) => !isAside) ?? false,
  };
  const { candidates } = eligibility;
  const isSamePeriod = before?.step.period === periodAt(moment);
  const own = (): Known => {
    const tallies = isSamePeriod ? before.tallies : tallyCapacities(before?.tallies, candidates, observation);
    return { tallies, capacities: capacitiesOf(candidates, tallies, learned, observation) };
  };
  const { tallies, capacities } = ofSet ?? own();
  const { memory, isNew } = stepRebalance(before?.step, toBalanced(eligibility, capacities), moment);
  const { state, period, decidedAt, surplus, working } = memory;
  const asks = isNew
    ? candidates.flatMap(({ pod }) => {
        const connections = surplus.get(pod.uid) ?? 0;
        return connections > 0 ? [{ pod, connections }] : [];
      })
    : [];
  return {
    plan: {
      state,
      period,
      periodMs,
      surplus,
      asks,
      ...defined({ decidedAt, working }),
    },
    memory: { source, step: memory, tallies },
    lookAgainInMs: untilNext(moment),
  };
}
