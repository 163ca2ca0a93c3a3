/** Resolves after `ms`, or at once when the signal aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Somebody said nothing for too long. */
export class SilenceError extends Error {}

export interface SilenceWatch {
  readonly signal: AbortSignal;
  alive(): void;
  stop(): void;
}

/** A signal that aborts with another or when nothing called `alive` for `silenceMs`. Must be stopped. */
export function watchSilence(silenceMs: number, signal: AbortSignal): SilenceWatch {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  const start = () =>
    setTimeout(() => controller.abort(new SilenceError(`heard nothing for ${silenceMs} ms`)), silenceMs);
  let timer = start();
  if (signal.aborted) follow();
  signal.addEventListener("abort", follow);
  return {
    signal: controller.signal,
    alive(): void {
      clearTimeout(timer);
      timer = start();
    },
    stop(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", follow);
    },
  };
}
