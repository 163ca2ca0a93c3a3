import TinyQueue from "tinyqueue";

interface Entry {
  readonly key: number;
  readonly value: number;
}

/** Pairs of numbers, the smallest key first. */
export class Heap {
  readonly #queue = new TinyQueue<Entry>([], (a, b) => a.key - b.key);

  get size(): number {
    return this.#queue.length;
  }

  /** The smallest key; infinite when the heap is empty. */
  get key(): number {
    return this.#queue.peek()?.key ?? Number.POSITIVE_INFINITY;
  }

  push(key: number, value: number): void {
    this.#queue.push({ key, value });
  }

  /** Takes the smallest away and gives its value. */
  shift(): number {
    return this.#queue.pop()!.value;
  }
}
