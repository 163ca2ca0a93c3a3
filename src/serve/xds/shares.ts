import { plainAddress } from "../http/connections.ts";

/** Of `10.0.0.1:5000` or `[fd00::1]:5000`, as a call tells where it comes from. */
export const hostOf = (peer: string): string => plainAddress(peer.replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, ""));

/** What the streams of each address want together. */
export class HeldCounts {
  readonly #counts = new Map<string, number>();

  /** Brings how many the peer's address has now. */
  add(peer: string, resources: number): number {
    const host = hostOf(peer);
    const count = (this.#counts.get(host) ?? 0) + resources;
    if (count > 0) this.#counts.set(host, count);
    else this.#counts.delete(host);
    return count;
  }
}

/** Requests of one stream: so many a second, of which it may save up those of one second. */
export class RequestCredit {
  readonly #perSecond: number;
  #requests: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#requests = perSecond;
    this.#at = now;
  }

  get isSpent(): boolean {
    return this.#requests < 0;
  }

  /** Brings for how many milliseconds nothing more is to be read. */
  pay(requests: number, now: number): number {
    const earned = ((now - this.#at) / 1_000) * this.#perSecond;
    this.#requests = Math.min(this.#perSecond, this.#requests + earned) - requests;
    this.#at = now;
    return this.isSpent ? (-this.#requests / this.#perSecond) * 1_000 : 0;
  }
}
