import type { CarrierType } from "../../api/publish-to.ts";
import type { Problem } from "../world.ts";

/** What one kind of others' objects is to say of a pool. */
export interface CarrierPlan {
  readonly type: CarrierType;
  readonly periodMs: number;
  /** When the next period begins, Unix milliseconds. */
  readonly nextAt: number;
  /** By UID of each pod that may get traffic, 100 being an even share; absent: the objects are to say none. */
  readonly weights?: ReadonlyMap<string, number>;
  /** Pods whose weight has left the dead band, and waits for the next period. */
  readonly waiting: number;
  /** Pods whose weight differs, and by no more than the dead band. */
  readonly within: number;
  /** Why weights are not written. */
  readonly refusal?: Problem;
}
