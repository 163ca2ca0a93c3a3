import type { Pod, Pool } from "../world.ts";
import { type Selector, selects } from "./selector.ts";

/** What is known of the workload that a pool targets; undefined where it targets none. */
export interface TargetSight {
  /** It is there, and says which pods are its own. */
  readonly isRead: boolean;
  /** Its selector moves from one to the next, and matches no ready pod yet. */
  readonly isMoving: boolean;
}

/**
 * Whether a pool keeps the pods that it has published, as long as they are there: while its workload is gone or cannot be
 * read, or its spec says nothing of pods, and while the workload moves from one selector to the next.
 */
export function keepsPublished({ spec }: Pool, target: TargetSight | undefined): boolean {
  if (!spec.targetRef && !spec.selector) return true;
  return target !== undefined && (!target.isRead || target.isMoving);
}

/** Whether a pod is the pool's, by its selector, if that is known, and the UIDs of the pods that it keeps. */
export const membershipOf =
  (selector: Selector | undefined, kept: ReadonlySet<string> | undefined) =>
  ({ uid, labels }: Pod): boolean =>
    (selector !== undefined && selects(selector, labels)) || (kept?.has(uid) ?? false);
