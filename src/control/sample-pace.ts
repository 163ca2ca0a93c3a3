import type { Observation } from "../decide/world.ts";

/** Samples wake a pool at most this often: many pods together would else mean a pass for each sample. */
const batchMs = 50;
/** What a pass costs grows with the pods: so many of them, and it comes a millisecond later. */
const podsPerMs = 10;

interface Pass {
  readonly at: number;
  readonly gapMs: number;
}

/** How soon samples bring another pass over their pool. All else, such as a pod that turns ready, brings one at once. */
export class SamplePace {
  readonly #now: () => number;
  readonly #passes = new Map<string, Pass>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A pass over the pool ended. */
  note(key: string, { pods, pool }: Pick<Observation, "pods" | "pool">): void {
    const gapMs = Math.min(pods.length / podsPerMs, pool.spec.metrics?.interval ?? 0);
    this.#passes.set(key, { at: this.#now(), gapMs });
  }

  /** The time within which a sample is to be taken in. */
  withinMs(key: string): number {
    const pass = this.#passes.get(key);
    return pass ? Math.max(batchMs, pass.at + pass.gapMs - this.#now()) : batchMs;
  }

  forget(key: string): void {
    this.#passes.delete(key);
  }
}
