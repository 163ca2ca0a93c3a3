import type { Batch } from "./batch-means.ts";
import { Histogram } from "./histogram.ts";

export interface MeasurementWindow {
  /** Requests that come earlier are not counted. */
  readonly from: number;
  readonly to: number;
  readonly batches: number;
}

/** Response times, in batches by the time of arrival. */
export class Recorder {
  readonly histogram = new Histogram();
  readonly #from: number;
  readonly #perTime: number;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor({ from, to, batches }: MeasurementWindow) {
    this.#from = from;
    this.#perTime = batches / (to - from);
    this.#sums = new Float64Array(batches);
    this.#counts = new Float64Array(batches);
  }

  record(arrivedAt: number, now: number): void {
    if (arrivedAt < this.#from) return;
    const response = now - arrivedAt;
    const batch = Math.floor((arrivedAt - this.#from) * this.#perTime);
    const at = batch < this.#sums.length ? batch : this.#sums.length - 1;
    this.#sums[at]! += response;
    this.#counts[at]! += 1;
    this.histogram.add(response);
  }

  get batches(): readonly Batch[] {
    return Array.from(this.#sums, (sum, index) => ({ sum, count: this.#counts[index]! }));
  }
}
