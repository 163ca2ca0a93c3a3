import type { PoolCondition, PoolStatus } from "../api/status.ts";
import { hash } from "../decide/basics/hash.ts";
import { type Generation, generationOf, spread } from "../decide/choose/order.ts";
import { type Picks, pick, startPicks } from "../decide/choose/pick.ts";
import type { Memories } from "../decide/memory.ts";
import type { Plan, PlannedEndpoint } from "../decide/planned.ts";
import { factsOf } from "../decide/sources/sources.ts";
import type { Observation, Pool } from "../decide/world.ts";

/** What is known of a pool. */
export interface Known {
  readonly pool: Pool;
  /** What the plan was made of. */
  readonly observation: Observation;
  readonly plan: Plan;
  readonly memories: Memories;
  readonly conditions: readonly PoolCondition[];
  readonly status: PoolStatus;
  /** The `now` of the observation that the plan was made from: ages count back from it. */
  readonly at: number;
}

export interface FeedEntry extends Known {
  readonly key: string;
  /** Changes with every `set` and is never used twice, not even by another replica. */
  readonly version: string;
}

/** The pools by key (`namespace/name`), as this replica last planned them. */
export interface Feed {
  /** False while there may be pools that this replica, which has just started, has not planned yet. */
  readonly isComplete: boolean;
  set(key: string, known: Known): void;
  remove(key: string): void;
  get(key: string): FeedEntry | undefined;
  /** All pools, ordered by key. */
  list(): readonly FeedEntry[];
  /** Calls `listener` after each `set` and `remove` of the key, until the function that this returns is called. */
  subscribe(key: string, listener: () => void): () => void;
  /** Whom to ask next: at most `n` endpoints, best first. Counts as a dispatch to the first. Undefined for an unknown pool. */
  next(key: string, n: number): readonly PlannedEndpoint[] | undefined;
  /** The endpoints in the order in which this client is to turn to them. Undefined for an unknown pool. */
  listFor(key: string, client: string): readonly PlannedEndpoint[] | undefined;
}

interface Slot {
  readonly entry: FeedEntry;
  readonly generation: Generation;
  picks: Picks;
}

interface FeedOptions {
  readonly isComplete?: () => boolean;
  readonly now?: () => number;
  readonly random?: () => number;
}

export function createFeed({ now = Date.now, random = Math.random, isComplete = () => true }: FeedOptions = {}): Feed {
  const seed = Math.floor(random() * 2 ** 32);
  const replica = seed.toString(36);
  const slots = new Map<string, Slot>();
  const listeners = new Map<string, Set<() => void>>();
  let versions = 0;
  const call = (key: string): void => {
    for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };
  return {
    get isComplete() {
      return isComplete();
    },
    set(key, known) {
      versions += 1;
      const before = slots.get(key);
      const same = before?.entry.pool.uid === known.pool.uid;
      slots.set(key, {
        entry: { ...known, key, version: `${replica}-${versions.toString(36)}` },
        generation: generationOf(same ? before.generation : undefined, known.plan.endpoints, known.at),
        picks: same ? before.picks : startPicks(hash(key, seed)),
      });
      call(key);
    },
    remove(key) {
      if (slots.delete(key)) call(key);
    },
    get: (key) => slots.get(key)?.entry,
    list: () => [...slots.values()].map(({ entry }) => entry).sort((a, b) => (a.key < b.key ? -1 : 1)),
    subscribe(key, listener) {
      const own = (): void => listener();
      const known = listeners.get(key) ?? new Set();
      listeners.set(key, known.add(own));
      return () => {
        known.delete(own);
        if (known.size === 0 && listeners.get(key) === known) listeners.delete(key);
      };
    },
    next(key, n) {
      const slot = slots.get(key);
      if (!slot) return undefined;
      const { pool, plan, at } = slot.entry;
      const choice = pick({
        endpoints: plan.endpoints,
        strategy: factsOf(pool.spec.metrics).steersPicks ? pool.spec.strategy.type : "RoundRobin",
        plannedAt: at,
        now: now(),
        picks: slot.picks,
        n,
      });
      slot.picks = choice.picks;
      return choice.endpoints;
    },
    listFor(key, client) {
      const slot = slots.get(key);
      if (!slot) return undefined;
      const { pool, plan } = slot.entry;
      return pool.spec.publish.order === "Strict" ? plan.endpoints : spread(plan.endpoints, slot.generation, client);
    },
  };
}
