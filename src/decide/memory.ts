import type { RootState } from "./root-rule/state.ts";
import type { Sample } from "./world.ts";

/** What one plan hands to the next. A start without it goes on from the weights in status. */
export interface Memory {
  /** How the pods were sampled, as text: numbers of another source are not compared with those of this one. */
  readonly sampling: string;
  /** When weights were last computed, Unix milliseconds. */
  readonly weighedAt: number;
  /** When they were last put in force. */
  readonly publishedAt: number;
  /** In force, by pod UID, before the slow start; of mean 1 when they were computed. */
  readonly weights: ReadonlyMap<string, number>;
  /** The newest sample of each pod that has been weighed. */
  readonly samples: ReadonlyMap<string, Sample>;
  readonly root: RootState;
}
