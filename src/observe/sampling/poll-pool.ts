import type { ReadingBook } from "./book.ts";
import type { PoolSampler, SamplerContext } from "./context.ts";
import { flowOf } from "./room.ts";
import type { Slots } from "./slots.ts";
import type { ToldTimes } from "./told-times.ts";
import { Turns } from "./turns.ts";

/** How the pods of a pool are read all at once, and where it is kept. */
interface PoolPolling {
  readonly pool: string;
  readonly slots: Slots;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly book: ReadingBook;
  readonly times: ToldTimes;
  /** Never rejects. */
  readonly attempt: () => Promise<void>;
  /** Aborts what is under way. */
  readonly stop: AbortController;
}

/** Reads a pool once an interval until it is stopped. */
export function pollPool(context: SamplerContext, polling: PoolPolling): PoolSampler {
  const { pool, slots, intervalMs, timeoutMs, book, times, attempt, stop } = polling;
  const turns = new Turns(context, {
    flow: flowOf(pool, "samples"),
    slots,
    intervalMs: () => intervalMs,
    timeoutMs,
    take: attempt,
  });
  return {
    follow(following) {
      book.follow(following);
      times.keep(new Set(following.pods.map(({ uid }) => uid)));
    },
    readings: () => book.readings,
    async stop() {
      stop.abort();
      await turns.stop();
    },
  };
}
