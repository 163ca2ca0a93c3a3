/** A time limit joined to the caller's signal. Disposing it frees the timer and the listener. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** True when the time ran out; false when the caller gave up. */
  readonly expired: boolean;
  remainingMs(): number;
  /** Lifts the time limit and keeps following the caller's signal. */
  lift(): void;
  /** Settles like the promise, or rejects as soon as the signal aborts. */
  race<T>(promise: Promise<T>): Promise<T>;
}

export function createDeadline(limitMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + limitMs;
  let expired = false;
  const follow = (): void => controller.abort(parent?.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error(`no answer within ${Math.round(limitMs)} ms`));
  }, limitMs);
  if (parent?.aborted) follow();
  parent?.addEventListener("abort", follow, { once: true });

  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    lift: () => clearTimeout(timer),
    async race<T>(promise: Promise<T>): Promise<T> {
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      const onAbort = (): void => reject(controller.signal.reason);
      if (controller.signal.aborted) onAbort();
      controller.signal.addEventListener("abort", onAbort, { once: true });
      try {
        return await Promise.race([promise, aborted]);
      } finally {
        controller.signal.removeEventListener("abort", onAbort);
      }
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", follow);
    },
  };
}
