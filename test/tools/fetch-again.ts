import { setTimeout as sleep } from "node:timers/promises";

/** Before the second attempt, and before the third. */
const usualPausesMs: readonly number[] = [2_000, 10_000];

/** Fetches something, again after each pause where that fails: a registry that refuses one request may well take the next. */
export async function fetchAgain(fetchOnce: () => Promise<void>, pausesMs = usualPausesMs): Promise<void> {
  for (const pauseMs of pausesMs) {
    try {
      return await fetchOnce();
    } catch {
      await sleep(pauseMs);
    }
  }
  return fetchOnce();
}
