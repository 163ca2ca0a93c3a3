/** Something that comes once, or in time does not. */
export interface First<T> {
  readonly promise: Promise<T>;
  announce(value: T): void;
  /** Rejects, unless it came: with the latest trouble as the cause. */
  renounce(message: string): void;
  /** Remembers what went wrong since. */
  trouble(error: Error): void;
}

/** Waits for something for so long, milliseconds; without end where that is infinite. */
export function awaitFirst<T>(ms: number, lateness: string): First<T> {
  let resolve: (value: T) => void;
  let reject: (error: Error) => void;
  const promise = new Promise<T>((...ends) => {
    [resolve, reject] = ends;
  });
  // Nobody has to wait for it.
  promise.catch(() => {});
  let cause: Error | undefined;
  const renounce = (message: string): void =>
    reject(cause ? new Error(`${message}: ${cause.message}`, { cause }) : new Error(message));
  const timer = ms < Number.POSITIVE_INFINITY ? setTimeout(() => renounce(lateness), ms) : undefined;
  promise.then(
    () => clearTimeout(timer),
    () => clearTimeout(timer),
  );
  return {
    promise,
    announce: (value) => resolve(value),
    renounce,
    trouble(error) {
      cause = error;
    },
  };
}
