import type { Random } from "../random.ts";
import { type Lives, phasesOf } from "./lives.ts";

/** The pod of the connection that comes now. */
export type Dispatch = () => number;

/** How connections come and how long they stay. Times are in seconds. */
interface Traffic {
  /** Mean time for which a connection is held. */
  readonly hold: number;
  /** Without: exponential. */
  readonly lives?: Lives;
  /** So many come at once, each to whatever pod; without: one. */
  readonly burst?: number;
}

/** Open connections that end at the same rate, in no order: those from `open` on are closed. */
class Phase {
  pods = new Int32Array(1_024);
  open = 0;

  add(pod: number): void {
    if (this.open === this.pods.length) {
      const longer = new Int32Array(2 * this.open);
      longer.set(this.pods);
      this.pods = longer;
    }
    this.pods[this.open++] = pod;
  }

  /** Brings the pod. */
  remove(connection: number): number {
    const pod = this.pods[connection]!;
    this.pods[connection] = this.pods[--this.open]!;
    return pod;
  }
}

/**
 * Connections that come at random and stay for a time, on pods. A time is made of phases that are exponential: such a one
 * has no memory, and whichever ends next is drawn among all, so that none needs an end of its own.
 */
export class ConnectionFleet {
  /** Open connections of each pod. */
  readonly counts: Int32Array;
  /** New connections per second over all pods. */
  arrivalRate = 0;
  readonly #dispatch: Dispatch;
  readonly #random: Random;
  readonly #burst: number;
  readonly #lives: ReturnType<typeof phasesOf>;
  readonly #phases: readonly Phase[];
  #now = 0;
  /** When connections come back that were lost, the last one first. */
  readonly #returns: number[] = [];

  constructor(pods: number, { hold, lives = "exponential", burst = 1 }: Traffic, random: Random, dispatch: Dispatch) {
    this.counts = new Int32Array(pods);
    this.#lives = phasesOf(lives, hold);
    this.#phases = this.#lives.map(() => new Phase());
    this.#burst = burst;
    this.#random = random;
    this.#dispatch = dispatch;
  }

  get open(): number {
    let open = 0;
    for (const phase of this.#phases) open += phase.open;
    return open;
  }

  /** Lives on to a time that is not before the last one. */
  advance(until: number): void {
    for (;;) {
      const come = this.arrivalRate / this.#burst;
      const rate = come + this.#endRate();
      const next = this.#now + this.#random.exponential() / rate;
      const back = this.#returns.at(-1) ?? Number.POSITIVE_INFINITY;
      if (back <= Math.min(next, until)) {
        this.#returns.pop();
        this.#now = back;
        this.#begin(this.#dispatch());
      } else if (next <= until) {
        this.#now = next;
        const at = this.#random.next() * rate;
        if (at < come) for (let one = 0; one < this.#burst; one += 1) this.#begin(this.#dispatch());
        else this.#end(at - come);
      } else {
        this.#now = until;
        return;
      }
    }
  }

  /** Adds a connection that has been open for as long as those that one finds. */
  add(pod: number): void {
    this.#addTo(this.#draw("open"), pod);
  }

  /** Closes so many connections of a pod; they come back, to whatever pod, evenly within a time. */
  close(pod: number, count: number, within: number): void {
    let left = count;
    for (const phase of this.#phases)
      for (let connection = phase.open - 1; connection >= 0 && left > 0; connection -= 1) {
        if (phase.pods[connection] !== pod) continue;
        phase.remove(connection);
        this.counts[pod]! -= 1;
        left -= 1;
      }
    for (let back = left; back < count; back += 1) this.#returns.push(this.#now + within * this.#random.next());
    this.#returns.sort((a, b) => b - a);
  }

  #endRate(): number {
    let rate = 0;
    for (let phase = 0; phase < this.#phases.length; phase += 1)
      rate += this.#phases[phase]!.open * this.#lives[phase]!.rate;
    return rate;
  }

  #begin(pod: number): void {
    this.#addTo(this.#draw("begin"), pod);
  }

  #addTo(phase: number, pod: number): void {
    this.#phases[phase]!.add(pod);
    this.counts[pod]! += 1;
  }

  /** A phase by the shares of those in which connections begin, or of those that are open. */
  #draw(share: "begin" | "open"): number {
    const last = this.#lives.length - 1;
    if (last === 0) return 0;
    let at = this.#random.next();
    for (let phase = 0; phase < last; phase += 1) {
      at -= this.#lives[phase]![share];
      if (at < 0) return phase;
    }
    return last;
  }

  /** Ends one connection's phase, by its place among the rates of all. */
  #end(place: number): void {
    let left = place;
    for (let number = 0; number < this.#phases.length; number += 1) {
      const phase = this.#phases[number]!;
      const { rate, next } = this.#lives[number]!;
      if (phase.open === 0) continue;
      left -= phase.open * rate;
      if (left >= 0 && this.#phases.slice(number + 1).some(({ open }) => open > 0)) continue;
      const pod = phase.remove(this.#random.below(phase.open));
      if (next === undefined) this.counts[pod]! -= 1;
      else this.#phases[next]!.add(pod);
      return;
    }
  }
}
