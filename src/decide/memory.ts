import type { CarrierType } from "../api/publish-to.ts";
import type { CarrierMemory } from "./carriers/step.ts";
import type { Absences } from "./membership/absence.ts";
import type { DrainTimes } from "./membership/drained.ts";
import type { ReadyTimes } from "./membership/ready-times.ts";
import type { ReadySetMemory } from "./ready-set/pool-set.ts";
import type { PoolRebalanceMemory } from "./rebalance/pool-rebalance.ts";
import type { Servings } from "./samples/serving.ts";
import type { ScalingMemory } from "./scaling/decide-scale.ts";
import type { Learned } from "./weights/compute.ts";
import type { WeightMemory } from "./weights/weights.ts";

/** What one plan hands to the next. A start without it goes on from the weights in status. */
export interface Memory extends ScalingMemory {
  readonly weights: WeightMemory;
  /** By strategies. */
  readonly learned: Learned;
  /** UID of the pod that takes writes, of a pool that names one by labels. */
  readonly writer?: string;
  /** Which pods health has set aside, and when. */
  readonly absences?: Absences;
  /** Which pods are ready, or not, since a time that is, or was, still to come. */
  readonly readyTimes?: ReadyTimes;
  /** Since when pods are drained; absent: none is. */
  readonly drains?: DrainTimes;
  /** Since when each pod serves. */
  readonly servings?: Servings;
  /** Which pods are full for now, and how long connections live; absent where everybody is published. */
  readonly readySet?: ReadySetMemory;
  /** What was last decided for others' objects; absent where none carries weights. */
  readonly carriers?: ReadonlyMap<CarrierType, CarrierMemory>;
  /** What pods were asked to close; absent where open connections stay where they are. */
  readonly rebalance?: PoolRebalanceMemory;
}
