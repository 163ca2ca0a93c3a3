import { Heap } from "./heap.ts";
import type { Picker } from "./policy.ts";
import type { Random } from "./random.ts";

/** What becomes of the schedulers' deadlines when weights are published: drawn anew, or kept in proportion. */
export type Phases = "drawn" | "kept";

export interface EdfOptions {
  readonly pods: number;
  readonly schedulers: number;
  readonly phases: Phases;
  readonly random: Random;
}

/** Earliest deadline first: a pod's deadlines are 1/weight apart, the first one random in [0, 1/weight]. */
class Scheduler {
  readonly #options: EdfOptions;
  #heap = new Heap();
  /** Each pod's deadline, as it stands in the heap, and the weight it follows; 0 for a pod that is not in it. */
  readonly #deadlines: Float64Array;
  readonly #weights: Float64Array;
  #version = 0;

  constructor(options: EdfOptions) {
    this.#options = options;
    this.#deadlines = new Float64Array(options.pods);
    this.#weights = new Float64Array(options.pods);
  }

  pick(weights: Float64Array, version: number): number {
    if (version !== this.#version) {
      this.#version = version;
      this.#follow(weights);
    }
    const due = this.#heap.key;
    const pod = this.#heap.shift();
    const deadline = due + 1 / this.#weights[pod]!;
    this.#deadlines[pod] = deadline;
    this.#heap.push(deadline, pod);
    return pod;
  }

  #follow(weights: Float64Array): void {
    const { pods, phases, random } = this.#options;
    const now = this.#heap.size > 0 ? this.#heap.key : 0;
    this.#heap = new Heap();
    for (let pod = 0; pod < pods; pod += 1) {
      const before = phases === "kept" ? this.#weights[pod]! : 0;
      const phase = before > 0 ? (this.#deadlines[pod]! - now) * before : random.next();
      const weight = weights[pod]!;
      this.#weights[pod] = weight;
      if (weight <= 0) continue;
      this.#deadlines[pod] = phase / weight;
      this.#heap.push(phase / weight, pod);
    }
  }
}

/** Independent schedulers follow the same weights; which of them has the next request is random. */
export function createEdfPicker(options: EdfOptions): Picker {
  const { pods, schedulers, random } = options;
  const all = Array.from({ length: schedulers }, () => new Scheduler(options));
  const weights = new Float64Array(pods).fill(1);
  let version = 1;
  return {
    install(next) {
      weights.set(next);
      version += 1;
    },
    pick: () => all[schedulers === 1 ? 0 : random.below(schedulers)]!.pick(weights, version),
  };
}
