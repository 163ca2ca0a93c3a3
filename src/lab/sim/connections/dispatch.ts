import type { Random } from "../random.ts";

/** The pods that a blind client picks from. */
export class ReadyPods {
  readonly #random: Random;
  readonly #members: Int32Array;
  #size = 0;

  constructor(pods: number, random: Random) {
    this.#random = random;
    this.#members = new Int32Array(pods);
  }

  get size(): number {
    return this.#size;
  }

  /** Publishes the pods that have a 1. */
  publish(set: Uint8Array): void {
    this.#size = 0;
    for (let pod = 0; pod < set.length; pod += 1) if (set[pod] === 1) this.#members[this.#size++] = pod;
  }

  readonly pick = (): number => this.#members[this.#random.below(this.#size)]!;
}

/** The less busy of two that are drawn at random among those published, as both are at this moment. */
export function createChoice(ready: ReadyPods, counts: Int32Array, capacities: Float64Array) {
  return (): number => {
    const one = ready.pick();
    const other = ready.pick();
    return counts[other]! * capacities[one]! < counts[one]! * capacities[other]! ? other : one;
  };
}

/** The least busy of those published, as all are at this moment; equals by chance. */
export function createLeast(set: Uint8Array, counts: Int32Array, capacities: Float64Array, random: Random) {
  return (): number => {
    let least = Number.POSITIVE_INFINITY;
    let best = 0;
    let equals = 0;
    for (let pod = 0; pod < set.length; pod += 1) {
      if (set[pod] === 0) continue;
      // What one more connection adds to the sum of (connections)² / capacity.
      const cost = (2 * counts[pod]! + 1) / capacities[pod]!;
      if (cost > least) continue;
      equals = cost < least ? 1 : equals + 1;
      least = cost;
      if (equals === 1 || random.next() * equals < 1) best = pod;
    }
    return best;
  };
}
