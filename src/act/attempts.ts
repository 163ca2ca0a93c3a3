import type { Problem } from "../decide/world.ts";
import { ApiError } from "../kube/api-error.ts";
import { type BackoffRange, backoffMs } from "../kube/backoff.ts";
import { type Refusal, reasonOf } from "../kube/outcome.ts";
import type { Manner } from "./manners.ts";

/** What an attempt to write came to. An error that is thrown is a failure: nobody knows whether it was written. */
export type AttemptResult =
  | { readonly kind: "done" }
  /** Another write came between: the watch brings what is now, and the next plan decides anew. */
  | { readonly kind: "overtaken"; readonly message: string }
  /** The API server says no, by authorization, admission, quota or validation. */
  | { readonly kind: "refused"; readonly message: string };

export const done: AttemptResult = { kind: "done" };

export const isRefused = ({ kind }: { readonly kind: string }): boolean => kind === "refused" || kind === "invalid";

/** What a refusal means to whoever wrote. */
export const missedBy = (refusal: Refusal): AttemptResult => ({
  kind: isRefused(refusal) ? "refused" : "overtaken",
  message: reasonOf(refusal),
});

/** An attempt that did not succeed. */
export type Missed = Exclude<AttemptResult, { kind: "done" }> | Failure;

interface Failure {
  readonly kind: "refused" | "failed";
  readonly message: string;
  /** When the API server asks to come again. */
  readonly retryAfterMs?: number | undefined;
  readonly error: unknown;
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ApiError)) return { kind: "failed", message, error };
  return { kind: error.isRefusal ? "refused" : "failed", message, retryAfterMs: error.retryAfterMs, error };
}

/** Something that could not be written. Times are monotonic milliseconds. */
export interface Refused {
  readonly content: string;
  readonly problem: Problem;
  /** When the first attempt in a row was made. */
  readonly since: number;
  readonly triedAt: number;
  readonly restsUntil: number;
}

/** After something came between: it is looked at anew, but not as fast as the machine can. */
const overtaken: BackoffRange = { baseMs: 100, maxMs: 5_000 };
/** Whoever is overtaken so often in a row is refused, whatever the API server calls it. */
const mostOvertaken = 8;
/** For so long the API server may ask to be left alone: whoever answers in its place may ask for a day. */
const mostAskedMs = 30_000;
/** A failure that is over by then is nobody's concern. */
const quietMs = 3_000;
/** What missed and was not asked for again for so long after its rest is forgotten. */
const forgottenMs = 600_000;

interface Miss {
  readonly kind: Missed["kind"];
  readonly message: string;
  /** Attempts in a row that missed the same way. */
  readonly count: number;
  /** When the first attempt in a row of any that missed began. */
  readonly since: number;
}

/** The attempts at one object of a part: one at a time, and after one that missed a rest. Times are monotonic. */
export class Attempts {
  readonly manner: Manner;
  readonly object: string;
  isRunning = false;
  /** Asked for while an attempt is under way: the pool is to be looked at after it. */
  again = false;
  problem: Problem | undefined;
  #content = "";
  #miss: Miss | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #restsUntil = 0;

  constructor(manner: Manner, object: string) {
    this.manner = manner;
    this.object = object;
  }

  /** How long it rests: less for something else than was tried last. */
  restMs(content: string, now: number): number {
    const isSame = content === this.#content;
    return Math.min(this.#restsUntil, isSame ? Number.POSITIVE_INFINITY : this.#triedAt + this.manner.soonerMs) - now;
  }

  begin(content: string): void {
    this.isRunning = true;
    this.again = false;
    this.#content = content;
  }

  succeed(now: number): void {
    this.#triedAt = now;
    this.#miss = undefined;
    this.problem = undefined;
  }

  /** Brings whether that is news. */
  miss(missed: Missed, begunAt: number, now: number, random: () => number): boolean {
    const { kind, message } = missed;
    const before = this.#miss;
    const count = before?.kind === kind ? before.count + 1 : 1;
    const since = before?.since ?? begunAt;
    const askedMs = ("retryAfterMs" in missed && missed.retryAfterMs) || 0;
    this.#miss = { kind, message, count, since };
    this.#triedAt = now;
    const range = kind === "overtaken" ? overtaken : this.manner[kind];
    this.#restsUntil = now + Math.max(backoffMs(range, count, random), Math.min(askedMs, mostAskedMs));
    const isTold =
      kind === "overtaken"
        ? count >= mostOvertaken
        : kind === "refused" || this.problem !== undefined || now - since >= quietMs;
    this.problem = isTold
      ? this.manner.tell(this.object, message, kind === "failed" ? "failed" : "refused")
      : undefined;
    return before?.message !== message;
  }

  get refused(): Refused | undefined {
    const since = this.#miss?.since ?? this.#triedAt;
    const rest = { content: this.#content, since, triedAt: this.#triedAt, restsUntil: this.#restsUntil };
    return this.problem && { ...rest, problem: this.problem };
  }

  /** Nothing is left to be known of it. */
  isOver(now: number): boolean {
    return !this.isRunning && (!this.#miss || this.#restsUntil < now - forgottenMs);
  }
}
