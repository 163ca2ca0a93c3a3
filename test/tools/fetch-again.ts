import { setTimeout as sleep } from "node:timers/promises";

/** Before the second attempt, and before the third. */
const pausesMs = [2_000, 10_000];

/** Fetches something, again where that fails: a registry that refuses one request may well take the next. */
export async function fetchAgain(fetchOnce: () => Promise<void>): Promise<void> {
  for (const pauseMs of pausesMs) {
    try {
      return await fetchOnce();
    } catch {
      await sleep(pauseMs);
    }
  }
  return fetchOnce();
}
