import { after, type Rate, SharedRate, type Sharer, waitFor } from "../shared-rate.ts";

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
