import { defined } from "../../api/defined.ts";
import type { ProbeFailure } from "../../decide/membership/probe-failure.ts";
import type { Probed } from "../../decide/membership/probing.ts";
import type { Dial } from "../../pods/dial.ts";
import type { Tell } from "../../pods/failed.ts";
import type { Credential } from "../../pods/greeting.ts";

/**
 * Asks a pod once, over a connection of its own, at this address and no other. Never rejects; failures are words of
 * ours, and nothing that the pod says is in them. Aborting the signal cuts it. `tell` hears more of a failure, if there is
 * more to say. A credential is shown by what shows any.
 */
export type ProbeOnce = (
  dial: Dial,
  signal: AbortSignal,
  tell?: Tell,
  credential?: Credential | undefined,
) => Promise<Probed>;

export const answered = (responseMs: number, takesWrites?: boolean): Probed => ({
  kind: "answered",
  responseMs,
  ...defined({ takesWrites }),
});

export const failed = (failure: ProbeFailure): Probed => ({ kind: "failed", failure });

/** A probe under way. */
export interface Course {
  /** Why it has failed if it ends now. */
  readonly late: () => ProbeFailure;
  /** Leaves nothing behind. Called once, whatever the end. */
  readonly end: () => void;
}

/** Makes a handler of one that may throw, as whatever hears of an answer may: that ends the probe alone. */
export type Guard = <Heard extends readonly unknown[]>(hear: (...heard: Heard) => void) => (...heard: Heard) => void;

/**
 * Runs one probe until it settles, the time is up or the signal aborts; the first of these counts. Rejects with what
 * `begin`, or a handler that it has guarded, throws.
 */
export function limited(
  timeoutMs: number,
  signal: AbortSignal,
  begin: (settle: (probed: Probed) => void, guard: Guard) => Course,
): Promise<Probed> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    let course: Course | undefined;
    const disarm = (): void => {
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    const finish = (how: () => void): void => {
      if (isSettled) return;
      disarm();
      // Not at once: a probe may settle while it begins.
      queueMicrotask(() => course?.end());
      how();
    };
    const settle = (probed: Probed): void => finish(() => resolve(probed));
    const guard: Guard =
      (hear) =>
      (...heard) => {
        try {
          hear(...heard);
        } catch (error) {
          finish(() => reject(error));
        }
      };
    const giveUp = (): void => {
      if (course) settle(failed(course.late()));
    };
    // An answer that lies in the socket's buffer while we were busy is read before the immediate.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      course = begin(settle, guard);
    } catch (error) {
      disarm();
      return reject(error);
    }
    if (signal.aborted) giveUp();
  });
}
