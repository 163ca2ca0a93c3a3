/** Somebody who follows a pool on this replica, now. */
export interface Follower {
  /** The protocol: `sse`, `page`, `xds`, `extproc`, `haproxy`. */
  readonly consumer: string;
  /** What it calls itself, such as a node's id; else its address. */
  readonly client: string;
  /** Of the pool's feed: the last that it took. Absent: none yet. */
  readonly version?: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** Why it refused a version after that. */
  readonly rejected?: string;
}

/** One follower, as told by the consumer that serves it. */
export interface FollowerRecord {
  /** It has taken this version. */
  took(version: string): void;
  /** It refused what it was sent, and goes on with what it has. */
  refused(reason: string): void;
  /** Its stream, or its interest in the pool, is over. */
  end(): void;
}

/** Who follows which pool: consumers tell, and the page, the command line and the metrics ask. */
export interface Followers {
  /** Somebody begins to follow a pool (`namespace/name`). Consumers bound how many pools one client may follow. */
  follow(consumer: string, client: string, key: string): FollowerRecord;
  /** Of one pool, how many there are, by consumer. */
  counts(key: string): ReadonlyMap<string, number>;
  /** Of one pool, at most so many: first those who refused something, then by consumer and client. */
  list(key: string, most: number): readonly Follower[];
}

export interface FollowersOptions {
  readonly now?: () => number;
  readonly limits?: Partial<FollowerLimits>;
}

const followerLimits = {
  /** Kept one by one, over all pools; those beyond are counted. */
  perConsumer: 10_000,
  all: 20_000,
  /** Of what clients say of themselves. */
  textLength: 128,
};

export type FollowerLimits = typeof followerLimits;

type Entry = { -readonly [Field in keyof Follower]: Follower[Field] };

interface Group {
  count: number;
  readonly entries: Set<Entry>;
}

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

const inOrder = (a: Follower, b: Follower): number =>
  compare(a.rejected === undefined, b.rejected === undefined) ||
  compare(a.consumer, b.consumer) ||
  compare(a.client, b.client) ||
  a.since - b.since;

/** A follower costs one small object, and a version that it took one assignment: what is told of a pool is gathered when asked. */
export function createFollowers({ now = Date.now, ...options }: FollowersOptions = {}): Followers {
  const limits = { ...followerLimits, ...options.limits };
  const pools = new Map<string, Map<string, Group>>();
  /** Entries by consumer. */
  const kept = new Map<string, number>();
  let all = 0;

  const shorten = (text: string): string =>
    text.length <= limits.textLength ? text : `${text.slice(0, limits.textLength - 1)}…`;

  function keep(consumer: string, client: string): Entry | undefined {
    const own = kept.get(consumer) ?? 0;
    if (own >= limits.perConsumer || all >= limits.all) return undefined;
    kept.set(consumer, own + 1);
    all += 1;
    return { consumer, client: shorten(client), since: now() };
  }

  function leave(key: string, consumer: string, entry: Entry | undefined): void {
    const groups = pools.get(key)!;
    const group = groups.get(consumer)!;
    group.count -= 1;
    if (entry) {
      group.entries.delete(entry);
      kept.set(consumer, kept.get(consumer)! - 1);
      all -= 1;
    }
    if (group.count === 0) groups.delete(consumer);
    if (groups.size === 0) pools.delete(key);
  }

  return {
    follow(consumer, client, key) {
      const groups = pools.get(key) ?? new Map<string, Group>();
      pools.set(key, groups);
      const group = groups.get(consumer) ?? { count: 0, entries: new Set() };
      groups.set(consumer, group);
      const entry = keep(consumer, client);
      group.count += 1;
      if (entry) group.entries.add(entry);
      let hasEnded = false;
      return {
        took(version) {
          if (!entry) return;
          entry.version = version;
          delete entry.rejected;
        },
        refused(reason) {
          if (entry) entry.rejected = shorten(reason);
        },
        end() {
          if (hasEnded) return;
          hasEnded = true;
          leave(key, consumer, entry);
        },
      };
    },
    counts: (key) => new Map([...(pools.get(key) ?? [])].map(([consumer, { count }]) => [consumer, count])),
    list: (key, most) =>
      [...(pools.get(key)?.values() ?? [])]
        .flatMap(({ entries }) => [...entries])
        .sort(inOrder)
        .slice(0, most)
        .map((entry) => ({ ...entry })),
  };
}
