/** Measures how long the operator takes from the load passing the limit to the written scale. */
export interface ReactionClock {
  /** The true load of all pods, in percent of one pod, and how many replicas are to carry it. */
  look(atMs: number, totalLoad: number, replicas: number): void;
  /** Replicas were written: brings the time since the load had passed the limit; undefined if it had not. */
  scaled(atMs: number): number | undefined;
}

/**
 * The load passes the limit when it is more than the replicas asked for may carry: pods on their way count as idle,
 * as they do for the operator. Counts from the last look at which all was well, so errors are on the operator's side.
 */
export function createReactionClock(limit: number): ReactionClock {
  let wellAt: number | undefined;
  let passed = false;
  return {
    look(atMs, totalLoad, replicas) {
      passed = replicas > 0 && totalLoad > limit * replicas;
      if (!passed || wellAt === undefined) wellAt = atMs;
    },
    scaled(atMs) {
      const reactionMs = passed && wellAt !== undefined ? atMs - wellAt : undefined;
      // From here on the load is measured against the new replicas.
      wellAt = atMs;
      return reactionMs;
    },
  };
}
