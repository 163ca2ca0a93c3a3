import { setTimeout as sleep } from "node:timers/promises";
import type { Look } from "./spread.ts";

export interface LookOptions {
  readonly forMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each; true ends it before the time. */
  readonly onLook?: (look: Look) => boolean | undefined;
}

/** Looks at even times, the first at once. One that takes longer than the time between two leaves out the next. */
export async function takeLooks(
  look: () => Promise<Look>,
  { forMs, everyMs = 1_000, signal, onLook }: LookOptions,
): Promise<Look[]> {
  const startedAt = performance.now();
  const looks: Look[] = [];
  for (let dueAt = startedAt; dueAt <= startedAt + forMs; ) {
    await sleep(Math.max(0, dueAt - performance.now()), undefined, { ...(signal && { signal }) });
    const seen = await look();
    looks.push(seen);
    if (onLook?.(seen)) break;
    while (dueAt <= performance.now()) dueAt += everyMs;
  }
  return looks;
}
