import { AnswerError, type Asking, deleteReport, putReport } from "./http.ts";
import { wait } from "./wait.ts";

export interface ReportingOptions {
  /** The pool's connections at the operator, with this client's name. */
  readonly ask: (signal: AbortSignal) => Asking;
  /** Requests in flight by address; undefined while there is nothing to say. */
  readonly count: () => ReadonlyMap<string, number> | undefined;
  /** At least this long between two reports. */
  readonly gapMs: number;
  /** The longest wait before a second attempt; it doubles with each that fails. */
  readonly backoffMs: number;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

/** What the operator grants until it has said so. */
const usualExpiryMs = 30_000;
/** The operator takes no larger reports. */
const mostPods = 1_000;
const withdrawMs = 2_000;
/** Whoever asks to be left alone for longer is asked again all the same. */
const longestPauseMs = 60_000;

/** How long the operator asked to be left alone, milliseconds. */
const askedFor = (error: unknown): number =>
  error instanceof AnswerError ? Math.min(error.retryAfterMs ?? 0, longestPauseMs) : 0;

/** Pods that are not named have no connection; a report that names none would be none. */
function write(counts: ReadonlyMap<string, number>): string {
  const busiest = [...counts].sort(([, a], [, b]) => b - a);
  const open = busiest.filter(([, count]) => count > 0).slice(0, mostPods);
  return JSON.stringify({ connections: Object.fromEntries(open.length > 0 ? open : busiest.slice(0, 1)) });
}

/**
 * Reports until the signal aborts: soon after something changed, and often enough for the report never to expire.
 * Then withdraws, and resolves.
 */
export async function reportUntil(signal: AbortSignal, options: ReportingOptions): Promise<void> {
  const { ask, count, gapMs, backoffMs, random, onError } = options;
  let expiryMs = usualExpiryMs;
  let said: string | undefined;
  let saidAt = Number.NEGATIVE_INFINITY;
  let failures = 0;

  /** Short enough for the report to be repeated in time. */
  const stepMs = (): number => Math.min(gapMs, expiryMs / 12);

  async function say(body: string): Promise<void> {
    const beganAt = performance.now();
    expiryMs = (await putReport(ask(signal), body)) ?? expiryMs;
    said = body;
    saidAt = beganAt;
    failures = 0;
  }

  while (!signal.aborted) {
    const counts = count();
    const body = counts && write(counts);
    let pauseMs = stepMs() * (0.75 + random() / 2);
    // A third of the expiry, but for a step that may take longer.
    const isDue = performance.now() - saidAt >= expiryMs / 3 - 2 * stepMs();
    if (body !== undefined && (body !== said || isDue)) {
      try {
        await say(body);
      } catch (error) {
        if (!signal.aborted) onError(error);
        const most = Math.min(expiryMs / 3, backoffMs * 2 ** Math.min(failures, 16));
        failures += 1;
        pauseMs = Math.max(pauseMs, most * (0.1 + 0.9 * random()), askedFor(error) * (1 + random() / 4));
      }
    }
    await wait(pauseMs, signal);
  }
  if (said === undefined) return;
  try {
    await deleteReport(ask(AbortSignal.timeout(withdrawMs)));
  } catch (error) {
    // A pool that is gone, or takes no reports any more, has forgotten this one.
    if (!(error instanceof AnswerError)) onError(error);
  }
}
