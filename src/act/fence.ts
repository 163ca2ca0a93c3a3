import type { Problem } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import type { Gate } from "../kube/gate.ts";
import { type AttemptResult, Attempts, failureOf, type Missed, type Refused } from "./attempts.ts";
import { Expectations, type Incarnation } from "./expectations.ts";
import { manners, type Part } from "./manners.ts";

/** Whose writes they are. */
export interface PoolIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Something to be written. */
export interface Wish {
  /** Name of the object, unique within the pool and the part. */
  readonly object: string;
  /** What is to be written: something else may be tried before the rest is over. */
  readonly content: string;
  readonly run: (signal: AbortSignal) => Promise<AttemptResult>;
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

/** Leave to write one pool, in one term of this leader. */
export interface Grant {
  readonly pool: Incarnation & PoolIdentity;
  readonly term: AbortSignal;
  readonly write: (part: Part, wish: Wish) => Asked;
}

/** A pool that is written, from when it was made until it is gone. */
export class WrittenPool implements PoolIdentity, Incarnation {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  isOver = false;
  /** By part and object. */
  readonly attempts = new Map<string, Attempts>();

  constructor({ namespace, name, uid }: PoolIdentity) {
    this.namespace = namespace;
    this.name = name;
    this.uid = uid;
  }
}

export interface FenceOptions {
  readonly gate: Gate;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Aborts when this replica's lease is lost, and with it whatever is being written; undefined while it has none. */
  readonly term: () => AbortSignal | undefined;
  /** An attempt has ended, and the pool has something to tell or to do. */
  readonly wake: (pool: PoolIdentity) => void;
  /** An attempt missed; `isNews` unless the one before did for the same reason. */
  readonly onMiss: (pool: PoolIdentity, part: Part, missed: Missed, isNews: boolean) => void;
}

const nothing: Asked = { problem: () => undefined };

/**
 * What every write goes through, each by itself: only in a term of this leader, one at a time for an object, and after one
 * that missed a rest of its own. Nothing waits for it, neither other writes of the pool nor other pools. It also keeps
 * what writers expect to see, so that a pool is forgotten in one place.
 */
export class Fence {
  readonly now: () => number;
  readonly #options: FenceOptions;
  readonly #pools = new Map<string, WrittenPool>();
  readonly #expectations: Expectations<never>[] = [];
  readonly #running = new Set<Promise<void>>();
  #term: AbortSignal | undefined;

  constructor(options: FenceOptions) {
    this.now = options.now;
    this.#options = options;
  }

  /** Leave to write the pool until the signal aborts; undefined while this replica does not lead. */
  grant(pool: PoolIdentity, signal: AbortSignal): Grant | undefined {
    const term = this.#inTerm();
    if (!term) return undefined;
    const held = this.#hold(pool);
    return { pool: held, term, write: (part, wish) => this.#ask(held, part, wish, signal, term) };
  }

  /** A memory of what was written, for so long at most. */
  expectations<T>(forMs?: number): Expectations<T> {
    const expectations = new Expectations<T>(this.now, forMs);
    this.#expectations.push(expectations as Expectations<never>);
    return expectations;
  }

  /** What of a part could not be written, and is still not; undefined when there is nothing. */
  refused(pool: PoolIdentity, part: Part): Refused | undefined {
    this.#inTerm();
    const held = this.#pools.get(keyOf(pool));
    if (held?.uid !== pool.uid) return undefined;
    for (const { manner, refused } of held.attempts.values()) if (manner.part === part && refused) return refused;
    return undefined;
  }

  /** Resolves when no attempt is under way. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** The pool is gone, or another has its name. */
  forget(pool: Omit<PoolIdentity, "uid">): void {
    const { namespace, name } = pool;
    this.#options.gate.forget(namespace, name);
    const held = this.#pools.get(keyOf(pool));
    if (!held) return;
    held.isOver = true;
    this.#pools.delete(keyOf(pool));
    for (const expectations of this.#expectations) expectations.forget(held);
  }

  #hold(pool: PoolIdentity): WrittenPool {
    const known = this.#pools.get(keyOf(pool));
    if (known?.uid === pool.uid) return known;
    this.forget(pool);
    const held = new WrittenPool(pool);
    this.#pools.set(keyOf(pool), held);
    return held;
  }

  /** What was refused in an earlier term of this leader, another may have done meanwhile: it is tried anew. */
  #inTerm(): AbortSignal | undefined {
    const term = this.#options.term();
    if (!term || this.#term === term) return term;
    this.#term = term;
    for (const { attempts } of this.#pools.values())
      for (const [key, { isRunning }] of attempts) if (!isRunning) attempts.delete(key);
    return term;
  }

  #ask(pool: WrittenPool, part: Part, wish: Wish, signal: AbortSignal, term: AbortSignal): Asked {
    if (this.#inTerm() !== term) return nothing;
    const attempts = this.#attemptsAt(pool, part, wish.object);
    const problem = () => attempts.problem;
    if (attempts.isRunning) {
      attempts.again = true;
      return { problem };
    }
    const inMs = attempts.restMs(wish.content, this.now());
    if (inMs > 0) return { inMs, problem };
    attempts.begin(wish.content);
    const ended = this.#run(pool, attempts, wish, AbortSignal.any([signal, term]), term).finally(() => {
      this.#running.delete(ended);
    });
    this.#running.add(ended);
    return { ended, problem };
  }

  #attemptsAt({ attempts }: WrittenPool, part: Part, object: string): Attempts {
    const key = `${part} ${object}`;
    const known = attempts.get(key);
    if (known) return known;
    for (const [other, one] of attempts) if (one.isOver(this.now())) attempts.delete(other);
    const fresh = new Attempts(manners[part], object);
    attempts.set(key, fresh);
    return fresh;
  }

  async #run(pool: WrittenPool, attempts: Attempts, wish: Wish, signal: AbortSignal, term: AbortSignal): Promise<void> {
    const { gate, random, wake, onMiss } = this.#options;
    const { manner, problem: told } = attempts;
    const { part, urgent } = manner;
    const leave = await gate.enter({ namespace: pool.namespace, pool: pool.name, part, urgent });
    const begunAt = this.now();
    try {
      if (signal.aborted || pool.isOver || this.#inTerm() !== term) return;
      const result = await wish.run(signal).catch(failureOf);
      if (signal.aborted && result.kind !== "done") return;
      if (result.kind === "done") {
        attempts.succeed(this.now());
        attempts.again ||= wish.goesOn === true;
      } else onMiss(pool, part, result, attempts.miss(result, begunAt, this.now(), random));
    } finally {
      leave();
      if (pool.isOver) gate.forget(pool.namespace, pool.name);
      attempts.isRunning = false;
      const { problem, again } = attempts;
      const isNews = told?.reason !== problem?.reason || told?.message !== problem?.message;
      if ((again || isNews) && !signal.aborted) wake(pool);
    }
  }
}
