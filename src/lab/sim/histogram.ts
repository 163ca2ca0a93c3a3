/** Buckets for each doubling: each is less than 0.4 % wide. */
const perOctave = 256;
const leastExponent = -40;
const octaves = 64;

/** Counts of positive numbers in narrow buckets, for quantiles. */
export class Histogram {
  readonly #counts = new Float64Array(perOctave * octaves);
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);
  #total = 0;

  add(value: number): void {
    this.#counts[this.#bucketOf(value)]! += 1;
    this.#total += 1;
  }

  addAll(other: Histogram): void {
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) this.#counts[bucket]! += other.#counts[bucket]!;
    this.#total += other.#total;
  }

  /** The number that this share of all stays below. */
  quantile(share: number): number {
    let left = share * this.#total;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      const count = this.#counts[bucket]!;
      if (count > 0 && left <= count) {
        const step = 2 ** (leastExponent + Math.floor(bucket / perOctave));
        return step * (1 + ((bucket % perOctave) + left / count) / perOctave);
      }
      left -= count;
    }
    return Number.NaN;
  }

  /** Which part of all is above a number, to within a bucket. */
  shareAbove(limit: number): number {
    const count = this.#counts.subarray(this.#bucketOf(limit)).reduce((sum, value) => sum + value, 0);
    return count / this.#total;
  }

  #bucketOf(value: number): number {
    this.#float[0] = value;
    // A float's exponent and the first 8 bits of its fraction are the number of its bucket.
    const bucket = (this.#bits[0]! >>> 15) - ((127 + leastExponent) << 8);
    return Math.max(0, Math.min(bucket, this.#counts.length - 1));
  }
}
