import type { Average } from "./basics/ewma.ts";
import type { Absences } from "./membership/absence.ts";
import type { ReadyTimes } from "./membership/ready-times.ts";
import type { Servings } from "./samples/serving.ts";
import type { ScalingMemory } from "./scaling/decide-scale.ts";
import type { RootState } from "./weights/root-rule/state.ts";
import type { Working } from "./weights/working.ts";
import type { Sample } from "./world.ts";

/** What strategies remember of a pod. */
export interface Traits {
  /** Response time in milliseconds, averaged over the last seconds. */
  readonly responseMs?: number;
  /** When the newest of the response times in it was measured, Unix milliseconds. */
  readonly respondedAt?: number;
  /** How well it responds, 0.05 to 1. */
  readonly score?: number;
  /** Has too much to do to be asked for more. */
  readonly hot?: boolean;
}

/** What there was before a plan, and what it left. */
export interface Memories {
  readonly before: Memory | undefined;
  readonly after: Memory;
}

/** What one plan hands to the next. A start without it goes on from the weights in status. */
export interface Memory extends ScalingMemory {
  /** How the pods were sampled, as text: numbers of another source are not compared with those of this one. */
  readonly sampling: string;
  /** When weights were last computed, Unix milliseconds. */
  readonly weighedAt: number;
  /** When they were last put in force. */
  readonly publishedAt: number;
  /** In force, by pod UID, before the slow start; of mean 1 when they were computed. */
  readonly weights: ReadonlyMap<string, number>;
  /** In force at the start, as status told: by what an operator before had learned. */
  readonly inherited?: ReadonlyMap<string, number>;
  /** As last computed: not in force while they hardly differ from those that are. */
  readonly computed: ReadonlyMap<string, number>;
  /** What pods have in the long run: for a time without numbers. Of those whose numbers ever counted in full. */
  readonly usual: ReadonlyMap<string, Average>;
  /** When numbers that count in full were last weighed. */
  readonly toldAt: number;
  /** How they were computed. */
  readonly working?: Working;
  /** The newest sample of each pod that has been weighed. */
  readonly samples: ReadonlyMap<string, Sample>;
  readonly root: RootState;
  readonly traits: ReadonlyMap<string, Traits>;
  /** Variance of the logarithm of a pod's load from one sample to the next, halved. */
  readonly noise?: number;
  /** UID of the pod that takes writes, of a pool that names one by labels. */
  readonly writer?: string;
  /** Which pods health has set aside, and when. */
  readonly absences?: Absences;
  /** Which pods are ready, or not, since a time that is, or was, still to come. */
  readonly readyTimes?: ReadyTimes;
  /** Since when each pod serves. */
  readonly servings?: Servings;
}
