import type { Batch } from "../batch-means.ts";

const batches = 32;

/** Values of a run of known length, in batches. What is no number is left out. */
export class Averages {
  readonly #perBatch: number;
  readonly #sums = new Float64Array(batches);
  readonly #counts = new Float64Array(batches);
  #values = 0;

  constructor(length: number) {
    this.#perBatch = length / batches;
  }

  add(value: number): void {
    const batch = Math.min(batches - 1, Math.floor(this.#values++ / this.#perBatch));
    if (Number.isNaN(value)) return;
    this.#sums[batch]! += value;
    this.#counts[batch]! += 1;
  }

  get batches(): readonly Batch[] {
    return Array.from(this.#sums, (sum, batch) => ({ sum, count: this.#counts[batch]! }));
  }
}
