/** How often something may happen: so often per second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface ReportPaceOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Of one client on one pool. */
  readonly client?: Rate;
  /** Of all clients that report here. */
  readonly total?: Rate;
  /** Of all that other replicas pass on. */
  readonly forwarded?: Rate;
}

/** Whose share of what all may do a report takes. */
export interface Sharer {
  readonly pool: string;
  /** Where it comes from, which unlike a client's name is not made up. */
  readonly source: string;
}

/** How often clients may report. */
export interface ReportPace {
  /**
   * 0 when the client may report now, which counts; else milliseconds until it may. A report that takes long to read
   * costs the share as much as several.
   */
  take(client: string, isForwarded: boolean, sharer?: Sharer, cost?: number): number;
  /** Clients that are remembered. */
  readonly size: number;
}

const defaultRates = {
  client: { perSecond: 10, burst: 20 },
  total: { perSecond: 500, burst: 1_000 },
  forwarded: { perSecond: 1_000, burst: 2_000 },
};

const sweepMs = 1_000;
const nobody: Sharer = { pool: "", source: "" };

/** When the next one would come that keeps the rate, if so many came now (a leaky bucket as a single number, GCRA). */
const after = (due: number, now: number, { perSecond }: Rate, reports: number): number =>
  Math.max(due, now) + (1_000 * reports) / perSecond;

/** `times`: for so many times the burst. */
const waitFor = (due: number, now: number, { perSecond, burst }: Rate, times = 1): number =>
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
class SharedRate {
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

/**
 * Bounds reports by client, and in all. A client is remembered until it may do all at once again, and only when its
 * report was let in, so that the bound on all bounds the memory, too.
 */
export function createReportPace({ now, ...rates }: ReportPaceOptions): ReportPace {
  const { client: ofOne, total, forwarded } = { ...defaultRates, ...rates };
  const clients = new Map<string, number>();
  const shared = { total: new SharedRate(total), forwarded: new SharedRate(forwarded) };
  let sweptAt = now();

  function sweep(time: number): void {
    if (time - sweptAt < sweepMs) return;
    sweptAt = time;
    for (const [client, due] of clients) if (due <= time) clients.delete(client);
    for (const rate of Object.values(shared)) rate.sweep(time);
  }

  return {
    take(client, isForwarded, sharer = nobody, cost = 1) {
      const time = now();
      sweep(time);
      const whole = isForwarded ? shared.forwarded : shared.total;
      const due = clients.get(client) ?? Number.NEGATIVE_INFINITY;
      const waitMs = Math.max(whole.waitFor(sharer, time), waitFor(due, time, ofOne));
      if (waitMs > 0) return waitMs;
      whole.take(sharer, time, cost);
      clients.set(client, after(due, time, ofOne, 1));
      return 0;
    },
    get size() {
      return clients.size;
    },
  };
}
