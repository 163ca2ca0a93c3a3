import type { PoolStatus } from "../api/status.ts";
import { hash } from "../decide/basics/hash.ts";
import { type Generation, generationOf, spread } from "../decide/choose/order.ts";
import { type Picks, pick, startPicks } from "../decide/choose/pick.ts";
import type { Plan, PlannedEndpoint } from "../decide/planned.ts";
import { factsOf } from "../decide/sources/sources.ts";
import { strategies } from "../decide/strategies/strategy.ts";
import type { Observation } from "../decide/world.ts";
import type { ReplicaDocument } from "./documents.ts";

/** What is known of a pool. */
export interface Known {
  /** `namespace/name`. */
  readonly key: string;
  /** What the plan was made of; ages count back from its `now`. */
  readonly observation: Observation;
  readonly plan: Plan;
  readonly status: PoolStatus;
}

export interface FeedEntry extends Known {
  /** Changes with every `set` and is never used twice, not even by another replica. */
  readonly version: string;
}

/**
 * Told of a pool as it is now; `entry` is undefined when the pool is gone. One that returns a promise is told no more
 * until it settles, and then of each pool only the latest, so that it may be as slow as it likes.
 */
export type Subscriber = (key: string, entry: FeedEntry | undefined) => void | Promise<void>;

type Unsubscribe = () => void;

/** The pools by key, as this replica last planned them. */
export interface Feed {
  /** Who tells of them. */
  readonly replica: ReplicaDocument;
  /** False while there may be pools that this replica, which has just started, has not planned yet. */
  readonly isComplete: boolean;
  /** Milliseconds since this replica last heard of the cluster that the pools are in; 0 while it follows it. */
  readonly staleMs: number;
  set(known: Known): void;
  remove(key: string): void;
  get(key: string): FeedEntry | undefined;
  /** All pools, ordered by key. */
  list(): readonly FeedEntry[];
  /** Tells of every pool known, at once, and then of each `set` and `remove`. What a subscriber throws is its own trouble. */
  subscribeAll(subscriber: Subscriber): Unsubscribe;
  /** Calls `listener` after each `set` and `remove` of the key. */
  subscribe(key: string, listener: () => void): Unsubscribe;
  /**
   * Whom to ask next: at most `n` endpoints, best first, of those that `among` lets through. Counts as a dispatch to the
   * first. Undefined for an unknown pool.
   */
  next(key: string, n: number, among?: (endpoint: PlannedEndpoint) => boolean): readonly PlannedEndpoint[] | undefined;
  /** The endpoints in the order in which this client is to turn to them. Undefined for an unknown pool. */
  listFor(key: string, client: string): readonly PlannedEndpoint[] | undefined;
}

interface Slot {
  readonly entry: FeedEntry;
  readonly generation: Generation;
  picks: Picks;
}

interface FeedOptions {
  readonly replica?: () => ReplicaDocument;
  readonly isComplete?: () => boolean;
  readonly staleMs?: () => number;
  /** Told of what a subscriber threw. Absent: it is nobody's to catch. */
  readonly onError?: (error: unknown) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Tells a subscriber of one change after the other. */
class Subscription {
  readonly #subscriber: Subscriber;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<string, FeedEntry | undefined>();
  #isBusy = false;
  #hasEnded = false;

  constructor(subscriber: Subscriber, onError: (error: unknown) => void) {
    this.#subscriber = subscriber;
    this.#onError = onError;
  }

  tell(key: string, entry: FeedEntry | undefined): void {
    this.#waiting.set(key, entry);
    this.#pump();
  }

  end(): void {
    this.#hasEnded = true;
  }

  #pump(): void {
    for (const [key, entry] of this.#waiting) {
      if (this.#isBusy || this.#hasEnded) return;
      this.#waiting.delete(key);
      try {
        const done = this.#subscriber(key, entry);
        if (done) void this.#await(done);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  async #await(done: Promise<void>): Promise<void> {
    this.#isBusy = true;
    await done.catch(this.#onError);
    this.#isBusy = false;
    this.#pump();
  }
}

/** In the place of a key: all pools. */
const all = "*";

const unheard = (error: unknown): void => void Promise.reject(error);

/** One that nobody elects. */
const alone = (): ReplicaDocument => ({ identity: "alone", version: "0", leads: true });

export function createFeed(options: FeedOptions = {}): Feed {
  const {
    replica: describeReplica = alone,
    now = Date.now,
    random = Math.random,
    isComplete = () => true,
    staleMs = () => 0,
    onError = unheard,
  } = options;
  const seed = Math.floor(random() * 2 ** 32);
  const replica = seed.toString(36);
  const slots = new Map<string, Slot>();
  const subscriptions = new Map<string, Set<Subscription>>();
  let versions = 0;

  function tell(key: string, entry: FeedEntry | undefined): void {
    for (const followed of [all, key])
      for (const subscription of [...(subscriptions.get(followed) ?? [])]) subscription.tell(key, entry);
  }

  function follow(followed: string, subscriber: Subscriber, known: readonly FeedEntry[] = []): Unsubscribe {
    const subscription = new Subscription(subscriber, onError);
    const others = subscriptions.get(followed) ?? new Set();
    subscriptions.set(followed, others.add(subscription));
    for (const entry of known) subscription.tell(entry.key, entry);
    return () => {
      subscription.end();
      others.delete(subscription);
      if (others.size === 0 && subscriptions.get(followed) === others) subscriptions.delete(followed);
    };
  }

  const list = (): readonly FeedEntry[] =>
    [...slots.values()].map(({ entry }) => entry).sort((a, b) => (a.key < b.key ? -1 : 1));

  return {
    get replica() {
      return describeReplica();
    },
    get isComplete() {
      return isComplete();
    },
    get staleMs() {
      return staleMs();
    },
    set(known) {
      const { key, observation, plan } = known;
      versions += 1;
      const before = slots.get(key);
      const same = before?.entry.observation.pool.uid === observation.pool.uid;
      const entry = { ...known, version: `${replica}-${versions.toString(36)}` };
      slots.set(key, {
        entry,
        generation: generationOf(same ? before.generation : undefined, plan.endpoints, observation.now),
        picks: same ? before.picks : startPicks(hash(key, seed)),
      });
      tell(key, entry);
    },
    remove(key) {
      if (slots.delete(key)) tell(key, undefined);
    },
    get: (key) => slots.get(key)?.entry,
    list,
    subscribeAll: (subscriber) => follow(all, subscriber, list()),
    subscribe: (key, listener) => follow(key, () => listener()),
    next(key, n, among) {
      const slot = slots.get(key);
      if (!slot) return undefined;
      const { observation, plan } = slot.entry;
      const { spec } = observation.pool;
      const choice = pick({
        endpoints: plan.endpoints,
        pickBy: factsOf(spec.metrics).steersPicks ? strategies[spec.strategy.type].pickBy : "turn",
        plannedAt: observation.now,
        now: now(),
        picks: slot.picks,
        n,
        among,
      });
      slot.picks = choice.picks;
      return choice.endpoints;
    },
    listFor(key, client) {
      const slot = slots.get(key);
      if (!slot) return undefined;
      const { observation, plan } = slot.entry;
      return observation.pool.spec.publish.order === "Strict"
        ? plan.endpoints
        : spread(plan.endpoints, slot.generation, client);
    },
  };
}
