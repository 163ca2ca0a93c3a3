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

/** How often clients may report. */
export interface ReportPace {
  /** 0 when the client may report now, which counts; else milliseconds until it may. */
  take(client: string, isForwarded: boolean): number;
  /** Clients that are remembered. */
  readonly size: number;
}

const defaultRates = {
  client: { perSecond: 10, burst: 20 },
  total: { perSecond: 500, burst: 1_000 },
  forwarded: { perSecond: 1_000, burst: 2_000 },
};

const sweepMs = 1_000;

/** When the next one would come that keeps the rate, if one came now (a leaky bucket as a single number, GCRA). */
const after = (due: number, now: number, { perSecond }: Rate): number => Math.max(due, now) + 1_000 / perSecond;

const waitFor = (due: number, now: number, { perSecond, burst }: Rate): number =>
  Math.max(0, due - now - ((burst - 1) * 1_000) / perSecond);

/**
 * Bounds reports by client and in all. A client is remembered until it may do all at once again, and only when its
 * report was let in, so that the bound on all bounds the memory, too.
 */
export function createReportPace({ now, ...rates }: ReportPaceOptions): ReportPace {
  const { client: ofOne, total, forwarded } = { ...defaultRates, ...rates };
  const clients = new Map<string, number>();
  const dues = { total: Number.NEGATIVE_INFINITY, forwarded: Number.NEGATIVE_INFINITY };
  let sweptAt = now();

  function sweep(time: number): void {
    if (time - sweptAt < sweepMs) return;
    sweptAt = time;
    for (const [client, due] of clients) if (due <= time) clients.delete(client);
  }

  return {
    take(client, isForwarded) {
      const time = now();
      sweep(time);
      const [whole, rate] = isForwarded ? (["forwarded", forwarded] as const) : (["total", total] as const);
      const due = clients.get(client) ?? Number.NEGATIVE_INFINITY;
      const waitMs = Math.max(waitFor(dues[whole], time, rate), waitFor(due, time, ofOne));
      if (waitMs > 0) return waitMs;
      dues[whole] = after(dues[whole], time, rate);
      clients.set(client, after(due, time, ofOne));
      return 0;
    },
    get size() {
      return clients.size;
    },
  };
}
