import type { Problem } from "../decide/world.ts";
import { ApiError } from "../kube/api-error.ts";
import type { Gate } from "../kube/gate.ts";
import type { Refusal } from "../kube/outcome.ts";

/** The parts of a pool that are written, each by itself. */
export type Part = "slices" | "service" | "marks" | "scale" | "status";

/** What an attempt to write came to. An error that is thrown is a failure: nobody knows whether it was written. */
export type Attempted =
  | { readonly kind: "done" }
  /** Another write came between: the watch brings what is now, and the next plan decides anew. */
  | { readonly kind: "overtaken"; readonly message: string }
  /** The API server says no, by authorization, admission, quota or validation. */
  | { readonly kind: "refused"; readonly message: string };

export const done: Attempted = { kind: "done" };

/** What a refusal means to whoever wrote. */
export function attemptedOf(refusal: Refusal): Attempted {
  const message = "message" in refusal ? refusal.message : refusal.kind;
  return { kind: refusal.kind === "refused" || refusal.kind === "invalid" ? "refused" : "overtaken", message };
}

/** Something to be written. */
export interface Wish {
  /** Name of the object, unique within the pool and the part. */
  readonly object: string;
  /** What is to be written: something else may be tried before the rest is over. */
  readonly content: string;
  readonly run: (signal: AbortSignal) => Promise<Attempted>;
  /** The pool has something to do once it is written. */
  readonly goesOn?: boolean;
}

/** How a wish stands. */
export interface Asked {
  /** Settles when the attempt has ended that this wish began; absent when it began none. */
  readonly ended?: Promise<void>;
  /** It rests for so long; absent when it does not. */
  readonly inMs?: number;
  /** Why it could not be written, as of now. */
  readonly problem: () => Problem | undefined;
}

export type Ask = (wish: Wish) => Asked;

/** Doubling rests from `baseMs` to `maxMs`, each drawn from the upper half of its step. */
export interface Rest {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How a part of a pool is written. */
export interface Manner {
  readonly part: Part;
  readonly urgent: boolean;
  /** After a refusal. */
  readonly refused: Rest;
  /** After a failure. */
  readonly failed: Rest;
  /** At the earliest after the last attempt something else is tried. */
  readonly soonerMs: number;
  readonly tell: (object: string, why: string, kind: "refused" | "failed") => Problem;
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

/** Whose writes they are. */
export interface Writing {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

interface Record {
  readonly part: Part;
  content: string;
  isRunning: boolean;
  /** Asked for while an attempt is under way: the pool is to be looked at after it. */
  again: boolean;
  /** Attempts in a row that missed the same way. */
  misses: number;
  missedBy: Missed["kind"] | undefined;
  /** Why the last one did. */
  missed: string | undefined;
  /** When the first attempt in a row of any that missed began. */
  missedSince: number | undefined;
  triedAt: number;
  restsUntil: number;
  problem: Problem | undefined;
}

export interface AttemptsOptions {
  readonly gate: Gate;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Whether the lease still has time: asked right before every attempt. */
  readonly mayWrite: () => boolean;
  /** Aborts when the lease is lost: a write that is repeated until then must not arrive later. */
  readonly term: () => AbortSignal;
  /** An attempt has ended, and the pool has something to tell or to do. */
  readonly wake: (pool: Writing) => void;
  /** An attempt missed; `isNews` unless the one before did for the same reason. */
  readonly onMiss: (pool: Writing, part: Part, missed: Missed, isNews: boolean) => void;
}

/** After something came between: it is looked at anew, but not as fast as the machine can. */
const overtaken: Rest = { baseMs: 100, maxMs: 5_000 };
/** Whoever is overtaken so often in a row is refused, whatever the API server calls it. */
const mostOvertaken = 8;
/** A failure that is over by then is nobody's concern. */
const quietMs = 3_000;
/** What missed and was not asked for again for so long after its rest is forgotten. */
const forgottenMs = 600_000;

const nothing: Asked = { problem: () => undefined };

/**
 * Every write of every pool, each by itself: one at a time for an object, and after one that missed a rest of its own.
 * Nothing waits for it, neither other writes of the pool nor other pools.
 */
export class Attempts {
  readonly #options: AttemptsOptions;
  /** By pool UID, then by part and object. */
  readonly #records = new Map<string, Map<string, Record>>();
  readonly #running = new Set<Promise<void>>();
  #term: AbortSignal | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** How a part of a pool is to be asked for. */
  asking(pool: Writing, manner: Manner, signal: AbortSignal): Ask {
    return (wish) => this.#ask(pool, manner, wish, signal);
  }

  /** What of a part could not be written, and is still not; undefined when there is nothing. */
  refused({ uid }: Writing, part: Part): Refused | undefined {
    this.#beginTerm();
    for (const record of this.#records.get(uid)?.values() ?? []) {
      const { content, problem, missedSince, triedAt, restsUntil } = record;
      if (record.part === part && problem)
        return { content, problem, since: missedSince ?? triedAt, triedAt, restsUntil };
    }
    return undefined;
  }

  /** Resolves when no attempt is under way. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** The pool is gone. */
  forget({ uid, namespace, name }: Writing): void {
    this.#options.gate.forget(namespace, name);
    this.#records.delete(uid);
  }

  #ask(pool: Writing, manner: Manner, wish: Wish, signal: AbortSignal): Asked {
    const { mayWrite, term, now } = this.#options;
    if (!mayWrite()) return nothing;
    this.#beginTerm();
    const record = this.#recordOf(pool, manner.part, wish.object);
    const problem = () => record.problem;
    if (record.isRunning) {
      record.again = true;
      return { problem };
    }
    const sooner = wish.content === record.content ? Number.POSITIVE_INFINITY : record.triedAt + manner.soonerMs;
    const inMs = Math.min(record.restsUntil, sooner) - now();
    if (inMs > 0) return { inMs, problem };
    Object.assign(record, { isRunning: true, again: false, content: wish.content });
    const ended = this.#run(pool, manner, wish, record, AbortSignal.any([signal, term()])).finally(() => {
      this.#running.delete(ended);
    });
    this.#running.add(ended);
    return { ended, problem };
  }

  #recordOf({ uid }: Writing, part: Part, object: string): Record {
    const records = this.#records.get(uid) ?? new Map<string, Record>();
    this.#records.set(uid, records);
    const key = `${part} ${object}`;
    const known = records.get(key);
    if (known) return known;
    const longAgo = this.#options.now() - forgottenMs;
    for (const [other, { isRunning, misses, restsUntil }] of records)
      if (!isRunning && (misses === 0 || restsUntil < longAgo)) records.delete(other);
    const record = newRecord(part);
    records.set(key, record);
    return record;
  }

  /** What was refused in an earlier term of this leader, another may have done meanwhile: it is tried anew. */
  #beginTerm(): void {
    const term = this.#options.term();
    if (this.#term === term) return;
    this.#term = term;
    for (const records of this.#records.values())
      for (const [key, { isRunning }] of records) if (!isRunning) records.delete(key);
  }

  async #run(pool: Writing, manner: Manner, wish: Wish, record: Record, signal: AbortSignal): Promise<void> {
    const { gate, mayWrite, now, wake } = this.#options;
    const { part, urgent } = manner;
    const told = record.problem;
    const leave = await gate.enter({ namespace: pool.namespace, pool: pool.name, part, urgent });
    const begunAt = now();
    try {
      if (signal.aborted || !mayWrite()) return;
      const attempted = await wish.run(signal).catch(failureOf);
      if (signal.aborted && attempted.kind !== "done") return;
      record.triedAt = now();
      if (attempted.kind === "done") {
        Object.assign(record, { misses: 0, missed: undefined, missedSince: undefined, problem: undefined });
        record.again ||= wish.goesOn === true;
      } else this.#miss(pool, record, manner, wish, attempted, begunAt);
    } finally {
      leave();
      record.isRunning = false;
      const isNews = told?.reason !== record.problem?.reason || told?.message !== record.problem?.message;
      if ((record.again || isNews) && !signal.aborted) wake(pool);
    }
  }

  #miss(pool: Writing, record: Record, manner: Manner, { object }: Wish, missed: Missed, begunAt: number): void {
    const { now, random, onMiss } = this.#options;
    const { kind, message } = missed;
    const askedMs = ("retryAfterMs" in missed && missed.retryAfterMs) || 0;
    record.misses = record.missedBy === kind ? record.misses + 1 : 1;
    record.missedBy = kind;
    record.missedSince ??= begunAt;
    const { baseMs, maxMs } = kind === "overtaken" ? overtaken : manner[kind];
    const stepMs = Math.min(maxMs, baseMs * 2 ** Math.min(record.misses - 1, 30));
    record.restsUntil = now() + Math.max(stepMs * (0.5 + random() / 2), askedMs);
    const isTold =
      kind === "overtaken"
        ? record.misses >= mostOvertaken
        : kind === "refused" || record.problem !== undefined || now() - record.missedSince >= quietMs;
    record.problem = isTold ? manner.tell(object, message, kind === "failed" ? "failed" : "refused") : undefined;
    onMiss(pool, manner.part, missed, record.missed !== message);
    record.missed = message;
  }
}

/** An attempt that did not succeed. */
export type Missed = Exclude<Attempted, { kind: "done" }> | Failure;

interface Failure {
  readonly kind: "refused" | "failed";
  readonly message: string;
  /** When the API server asks to come again. */
  readonly retryAfterMs?: number | undefined;
  readonly error: unknown;
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ApiError)) return { kind: "failed", message, error };
  return { kind: error.isRefusal ? "refused" : "failed", message, retryAfterMs: error.retryAfterMs, error };
}

const newRecord = (part: Part): Record => ({
  part,
  content: "",
  isRunning: false,
  again: false,
  misses: 0,
  missedBy: undefined,
  missed: undefined,
  missedSince: undefined,
  triedAt: Number.NEGATIVE_INFINITY,
  restsUntil: 0,
  problem: undefined,
});
