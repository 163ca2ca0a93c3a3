import type { Random } from "../random.ts";

/** The pod of the connection that comes now. */
export type Dispatch = () => number;

/**
 * Connections that come at random and stay for exponential times, on pods. Such a time has no memory: whichever of the
 * open ones ends next is drawn among all, so that none needs an end of its own.
 */
export class ConnectionFleet {
  /** Open connections of each pod. */
  readonly counts: Int32Array;
  /** New connections per second over all pods. */
  arrivalRate = 0;
  readonly #hold: number;
  readonly #dispatch: Dispatch;
  readonly #random: Random;
  /** The pod of each open connection, in no order; those from `#open` on are closed. */
  #podOf = new Int32Array(1_024);
  #open = 0;
  #now = 0;
  /** When connections come back that were lost, the last one first. */
  readonly #returns: number[] = [];

  constructor(pods: number, hold: number, random: Random, dispatch: Dispatch) {
    this.counts = new Int32Array(pods);
    this.#hold = hold;
    this.#random = random;
    this.#dispatch = dispatch;
  }

  get open(): number {
    return this.#open;
  }

  /** Lives on to a time that is not before the last one. */
  advance(until: number): void {
    for (;;) {
      const rate = this.arrivalRate + this.#open / this.#hold;
      const next = this.#now + this.#random.exponential() / rate;
      const back = this.#returns.at(-1) ?? Number.POSITIVE_INFINITY;
      if (back <= Math.min(next, until)) {
        this.#returns.pop();
        this.#now = back;
        this.add(this.#dispatch());
      } else if (next <= until) {
        this.#now = next;
        if (this.#random.next() * rate < this.arrivalRate) this.add(this.#dispatch());
        else this.#remove(this.#random.below(this.#open));
      } else {
        this.#now = until;
        return;
      }
    }
  }

  add(pod: number): void {
    if (this.#open === this.#podOf.length) {
      const longer = new Int32Array(2 * this.#open);
      longer.set(this.#podOf);
      this.#podOf = longer;
    }
    this.#podOf[this.#open++] = pod;
    this.counts[pod]! += 1;
  }

  /** Closes so many connections of a pod; they come back, to whatever pod, evenly within a time. */
  close(pod: number, count: number, within: number): void {
    let left = count;
    for (let connection = this.#open - 1; connection >= 0 && left > 0; connection -= 1) {
      if (this.#podOf[connection] !== pod) continue;
      this.#remove(connection);
      left -= 1;
    }
    for (let back = left; back < count; back += 1) this.#returns.push(this.#now + within * this.#random.next());
    this.#returns.sort((a, b) => b - a);
  }

  #remove(connection: number): void {
    this.counts[this.#podOf[connection]!]! -= 1;
    this.#podOf[connection] = this.#podOf[--this.#open]!;
  }
}
