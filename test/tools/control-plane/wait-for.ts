import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

/** How long a test waits for what must come. No test is about it: it is long on any machine, and nobody waits for it but a test that fails. */
export const patienceMs = 60_000;

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

type Falsy = false | null | undefined | 0 | "";

/** Calls `look` until it answers something truthy. On time-out throws, with what it last saw or threw. */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  what: string,
  { timeoutMs = patienceMs, intervalMs = 50 }: WaitOptions = {},
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let seen: unknown;
    try {
      const value = await look();
      if (value) return value as Exclude<T, Falsy>;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; last saw ${inspect(seen, { depth: 6 })}`);
    }
    await sleep(intervalMs);
  }
}
