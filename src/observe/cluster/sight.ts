import { defined } from "../../api/defined.ts";
import type { PoolStatus } from "../../api/status.ts";
import type { Mutable } from "../../decide/basics/mutable.ts";
import type { Places } from "../../decide/claims/places.ts";
import type { PoolView } from "../../decide/claims/pool-view.ts";
import { seedAt } from "../../decide/strategies/rank.ts";
import type { Target } from "../../decide/target.ts";
import type { Belonging, Observation, ObservedPod, Pod, Pool, Probing, Reading } from "../../decide/world.ts";
import type { ResourceRef } from "../../kube/types.ts";
import type { SeenPod } from "./project.ts";

/** A pool, and the pods that its slices name, as far as they are there. */
interface PublishedPods {
  readonly pool: Pool;
  readonly pods: readonly Pod[];
}

/** What the caches show of a pool that is to be planned. */
export interface SeenPool {
  readonly kind: "pool";
  readonly view: PoolView;
  readonly pool: Pool;
  readonly pods: readonly SeenPod[];
  /** The pool's label selector, as the API takes it in a list; absent while it is not known. */
  readonly selector?: string;
  readonly target?: Target;
  readonly targetRef?: ResourceRef;
  readonly places: Places;
  /** Whether pods are the target's own; absent where all count. */
  readonly belonging?: (pod: SeenPod) => Belonging;
  /** What the observation tells of it beside its pods. */
  readonly known: Pick<
    Observation,
    | "specProblem"
    | "targetProblem"
    | "scaleProblem"
    | "publishProblem"
    | "besideProblem"
    | "splitProblem"
    | "writersInForce"
    | "idlePorts"
    | "keepsOne"
    | "published"
    | "portsInForce"
    | "istio"
    | "drainedBy"
  >;
}

/** What a pass sees of one pool, beside its samples. */
export type Sight =
  | { readonly kind: "invalid"; readonly view: PoolView & { readonly valid: false } }
  /** Something that the decision needs has not been read yet: no plan is better than a wrong one, for so long. */
  | {
      readonly kind: "unread";
      readonly view: PoolView;
      readonly lookAgainInMs: number;
      readonly published?: PublishedPods;
    }
  | SeenPool;

/** What sampling and probing know of the pods, by UID. */
export interface Measurements {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly probings: ReadonlyMap<string, Probing>;
}

/** All that a decision may see of a pool but the outcome of earlier writes; `now` in Unix milliseconds. */
export function observationOf(
  { pool, pods, target, belonging, known }: SeenPool,
  { readings, probings }: Measurements,
  status: PoolStatus,
  now: number,
) {
  const observe = (pod: SeenPod): ObservedPod => {
    const observed: Mutable<ObservedPod> = { pod };
    const reading = readings.get(pod.uid);
    const probe = probings.get(pod.uid);
    if (belonging) observed.belonging = belonging(pod);
    if (reading) observed.reading = reading;
    if (probe) observed.probe = probe;
    return observed;
  };
  return { now, seed: seedAt(pool, now), pool, pods: pods.map(observe), ...defined({ target }), ...known, status };
}
