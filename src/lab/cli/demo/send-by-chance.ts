import type { Random } from "../../sim/random.ts";
import { rest } from "./rest.ts";

/** Who is further behind than this, because the machine is busy, sends no more of what is due. */
const mostBehindMs = 50;

/**
 * When the next of so many requests a second is due, which come by chance: `dueAtMs` is when the last one was, on the same
 * clock as `nowMs`. What could not be sent in time is left out: it would take the time of what comes next, for good.
 */
export function nextRequestAt(dueAtMs: number, nowMs: number, perSecond: number, random: Random): number {
  return Math.max(dueAtMs, nowMs - mostBehindMs) + (random.exponential() * 1_000) / perSecond;
}

export interface RequestsByChance {
  /** In the mean. */
  readonly perSecond: number;
  readonly random: Random;
  /** What would be more is left out: on a machine that answers fewer than come, all would wait for too long. */
  readonly mostUnderWay: number;
  /** Never rejects. */
  readonly send: () => Promise<void>;
}

/** Sends requests that come by chance, while others wait to be answered. Resolves after the signal, when all have ended. */
export async function sendByChance(requests: RequestsByChance, signal: AbortSignal): Promise<void> {
  const { perSecond, random, mostUnderWay, send } = requests;
  const underWay = new Set<Promise<void>>();
  for (let nextAt = performance.now(); !signal.aborted; ) {
    nextAt = nextRequestAt(nextAt, performance.now(), perSecond, random);
    const waitMs = nextAt - performance.now();
    if (waitMs > 0) await rest(waitMs, signal);
    if (signal.aborted) break;
    if (underWay.size >= mostUnderWay) continue;
    const sending = send();
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
  }
  await Promise.all(underWay);
}
