import { isDeepStrictEqual } from "node:util";

interface Worker {
  stop(): Promise<void>;
}

/** A worker with what it was made from. */
interface Settled<Settings, W> {
  readonly settings: Settings;
  readonly worker: W;
}

/** Makes the worker of a pool; `before` is the one whose place it takes, whose settings were others. */
export type StartWorker<Settings, W> = (pool: string, settings: Settings, before?: Settled<Settings, W>) => W;

/** One worker for each pool, made anew when what it is made from changes. */
export class PerPool<Settings extends object, W extends Worker> {
  readonly #start: StartWorker<Settings, W>;
  readonly #pools = new Map<string, Settled<Settings, W>>();
  readonly #stopping = new Set<Promise<void>>();

  constructor(start: StartWorker<Settings, W>) {
    this.#start = start;
  }

  get(pool: string): W | undefined {
    return this.#pools.get(pool)?.worker;
  }

  /** The pool's worker with these settings. */
  settle(pool: string, settings: Settings): W {
    const before = this.#pools.get(pool);
    if (before && isDeepStrictEqual(before.settings, settings)) return before.worker;
    const worker = this.#start(pool, settings, before);
    if (before) this.#stop(before.worker);
    this.#pools.set(pool, { settings, worker });
    return worker;
  }

  drop(pool: string): void {
    const known = this.#pools.get(pool);
    if (known) this.#stop(known.worker);
    this.#pools.delete(pool);
  }

  /** Stops all workers and waits for their end. */
  async close(): Promise<void> {
    for (const pool of [...this.#pools.keys()]) this.drop(pool);
    await Promise.all(this.#stopping);
  }

  #stop(worker: W): void {
    const stopped = worker.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}
