/** How often something may happen: so often per second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Whose share of what all may do a report takes. */
export interface Sharer {
  readonly pool: string;
  /** Where it comes from, which unlike a client's name is not made up. */
  readonly source: string;
}

/** When the next one would come that keeps the rate, if so many came now (a leaky bucket as a single number, GCRA). */
export const after = (due: number, now: number, { perSecond }: Rate, reports: number): number =>
  Math.max(due, now) + (1_000 * reports) / perSecond;

/** `times`: for so many times the burst. */
export const waitFor = (due: number, now: number, { perSecond, burst }: Rate, times = 1): number =>
  Math.max(0, due - now - ((times * burst - 1) * 1_000) / perSecond);

const partOf = ({ perSecond, burst }: Rate, parts: number): Rate => ({
  perSecond: perSecond / parts,
  burst: Math.max(1, burst / parts),
});

/** What some do together, with those among them that did something of late. */
interface Share {
  due: number;
  readonly parts: Map<string, Share>;
}

const createShare = (): Share => ({ due: Number.NEGATIVE_INFINITY, parts: new Map() });

/**
 * A rate that is shared out: whoever comes may take what is free, and is sure of an even part. Parts go by pool, and in a
 * pool by source, so that a flood on one pool or from one address delays nobody else. What some are sure of while others
 * have taken all goes beyond the burst, up to twice, and is taken off what is free later.
 */
export class SharedRate {
  readonly #rate: Rate;
  readonly #whole = createShare();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  waitFor(sharer: Sharer, now: number): number {
    const { pool, source, rates } = this.#find(sharer);
    const sure = Math.max(waitFor(source.due, now, rates.source), waitFor(pool.due, now, rates.pool, 2));
    return Math.min(this.#freeIn(now), sure);
  }

  take(sharer: Sharer, now: number, reports: number): void {
    const { pool, source, rates } = this.#find(sharer);
    this.#whole.parts.set(sharer.pool, pool);
    pool.parts.set(sharer.source, source);
    // Who takes what is free is not made to pay for it for as long as he took it.
    const bursts = this.#freeIn(now) > 0 ? 2 : 1;
    const count = (share: Share, rate: Rate): void => {
      const latest = now + ((bursts * rate.burst - 1 + reports) * 1_000) / rate.perSecond;
      share.due = Math.max(share.due, Math.min(latest, after(share.due, now, rate, reports)));
    };
    count(this.#whole, this.#rate);
    count(pool, rates.pool);
    count(source, rates.source);
  }

  /** Forgets who could do again all that he is sure of. */
  sweep(now: number): void {
    for (const [pool, share] of this.#whole.parts) {
      for (const [source, { due }] of share.parts) if (due <= now) share.parts.delete(source);
      if (share.due <= now && share.parts.size === 0) this.#whole.parts.delete(pool);
    }
  }

  #freeIn(now: number): number {
    return waitFor(this.#whole.due, now, this.#rate);
  }

  #find(sharer: Sharer) {
    const part = (of: Share, name: string): Share => of.parts.get(name) ?? createShare();
    const parts = (of: Share, name: string): number => of.parts.size + (of.parts.has(name) ? 0 : 1);
    const pool = part(this.#whole, sharer.pool);
    const source = part(pool, sharer.source);
    const poolRate = partOf(this.#rate, parts(this.#whole, sharer.pool));
    return { pool, source, rates: { pool: poolRate, source: partOf(poolRate, parts(pool, sharer.source)) } };
  }
}
