/** A queue of pairs of numbers, first in, first out; keys must not fall. */
export class Ring {
  #keys = new Float64Array(16);
  #values = new Float64Array(16);
  #head = 0;
  #size = 0;
  #last = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#size;
  }

  /** The first key; infinite when the ring is empty. */
  get key(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[this.#head]!;
  }

  /** The newest key, even when it is gone. */
  get lastKey(): number {
    return this.#last;
  }

  push(key: number, value: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#keys.length - 1);
    this.#keys[at] = key;
    this.#values[at] = value;
    this.#last = key;
    this.#size += 1;
  }

  /** Takes the first away and gives its value. */
  shift(): number {
    const value = this.#values[this.#head]!;
    this.#head = (this.#head + 1) & (this.#keys.length - 1);
    this.#size -= 1;
    return value;
  }

  #grow(): void {
    const length = this.#keys.length;
    const unroll = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(2 * length);
      to.set(from.subarray(this.#head));
      to.set(from.subarray(0, this.#head), length - this.#head);
      return to;
    };
    this.#keys = unroll(this.#keys);
    this.#values = unroll(this.#values);
    this.#head = 0;
  }
}
