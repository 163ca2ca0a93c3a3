import type { Log } from "../telemetry/log.ts";

export interface LastResortOptions {
  readonly log: Log;
  readonly unhandled: (kind: "rejection" | "exception") => void;
  /** Most time that the end may take. */
  readonly endMs?: number;
}

/** What happens to errors that nobody else has caught. */
export interface LastResort extends Disposable {
  /** Aborts, with the error, when the process is to end. */
  readonly ending: AbortSignal;
}

const usualEndMs = 15_000;

/**
 * Takes the place of Node's own answer to errors that nobody caught, which is to end the process, and with it all pools,
 * at once and, where it comes from an answer that comes again, after each restart.
 *
 * A promise that rejects unheard was the end of one piece of work, beside the loops, whose rejections are heard: it is
 * told of, and all else goes on. An exception out of a callback may have left a library in the middle of something that is
 * now neither done nor undone: the process ends, but in order, so that the lease is given back and another replica goes
 * on at once.
 */
export function takeLastResort({ log, unhandled, endMs = usualEndMs }: LastResortOptions): LastResort {
  const ending = new AbortController();
  const onRejection = (error: unknown): void => {
    unhandled("rejection");
    log.error({ error }, "a promise was rejected and nobody heard of it; the others go on");
  };
  const onException = (error: unknown): void => {
    unhandled("exception");
    log.error({ error }, "an exception was caught by nobody: the process ends");
    if (ending.signal.aborted) return;
    ending.abort(error);
    setTimeout(() => process.exit(1), endMs).unref();
  };
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  return {
    ending: ending.signal,
    [Symbol.dispose]() {
      process.off("unhandledRejection", onRejection);
      process.off("uncaughtException", onException);
    },
  };
}
