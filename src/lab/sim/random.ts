const blockSize = 1_024;

/** A well mixed 32-bit number from two: the start of a stream. */
function mix(seed: number, salt: number): number {
  let state = (seed ^ Math.imul(salt, 0x9e3779b9)) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}

/**
 * Random numbers (xoshiro128**), made in blocks. Each use has its own `stream`, so that two runs of one seed see the
 * same arrivals and the same work whatever else differs between them.
 */
export class Random {
  readonly #state: Int32Array;
  readonly #block = new Float64Array(blockSize);
  #at = blockSize;

  constructor(seed: number, stream: number) {
    const root = mix(seed, stream + 1);
    this.#state = Int32Array.from([1, 2, 3, 4], (salt) => mix(root, salt));
  }

  /** Above 0 and below 1. */
  next(): number {
    if (this.#at === blockSize) this.#fill();
    return this.#block[this.#at++]!;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(this.next());
  }

  #fill(): void {
    const state = this.#state;
    const block = this.#block;
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let index = 0; index < blockSize; index += 1) {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      block[index] = ((result >>> 0) + 0.5) / 2 ** 32;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    this.#at = 0;
  }
}
