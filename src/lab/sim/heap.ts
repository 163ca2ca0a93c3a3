/** A binary heap of pairs of numbers, the smallest key first. */
export class Heap {
  #keys: Float64Array;
  #values: Float64Array;
  #size = 0;

  constructor(capacity = 16) {
    this.#keys = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The smallest key; infinite when the heap is empty. */
  get key(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[0]!;
  }

  /** The value of the smallest key. */
  get value(): number {
    return this.#values[0]!;
  }

  clear(): void {
    this.#size = 0;
  }

  push(key: number, value: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent]! <= key) break;
      this.#keys[at] = this.#keys[parent]!;
      this.#values[at] = this.#values[parent]!;
      at = parent;
    }
    this.#keys[at] = key;
    this.#values[at] = value;
  }

  /** Takes the smallest away and gives its value. */
  shift(): number {
    const first = this.#values[0]!;
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#keys[this.#size]!, this.#values[this.#size]!);
    return first;
  }

  /** Gives the smallest another key. */
  rekey(key: number): void {
    this.#sink(key, this.#values[0]!);
  }

  #sink(key: number, value: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const size = this.#size;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child += 1;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      values[at] = values[child]!;
      at = child;
    }
    keys[at] = key;
    values[at] = value;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(2 * keys.length);
    this.#values = new Float64Array(2 * keys.length);
    this.#keys.set(keys);
    this.#values.set(values);
  }
}
