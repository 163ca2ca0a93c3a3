import { displace } from "./push-room.ts";

/** What a client says of its own connections to a pool. */
export interface PushReport {
  /** `namespace/name`. */
  readonly pool: string;
  /** Who says it: no two are taken for the same. */
  readonly client: string;
  /** Where it comes from. When room is scarce it is shared out among the pools, and within a pool among these. */
  readonly source?: string;
  /** Open connections by pod name or address, whole and not negative. A pod that is absent has none. */
  readonly connections: ReadonlyMap<string, number>;
  readonly expiryMs: number;
}

/** The reports on a pool that stand, together. */
export interface Heard {
  /** When anything of this last changed, Unix milliseconds: a client reported, withdrew or fell silent. */
  readonly at: number;
  readonly clients: number;
  /** Sums by pod name or address. Whoever is absent has no connection. */
  readonly connections: ReadonlyMap<string, number>;
}

/** The newest report of each client on each pool, until it expires. */
export interface PushBook {
  /**
   * Puts the report in the place of the client's former one. Where there is no room, whoever holds more than the reporter
   * would hold gives up some, so that nobody keeps others out. False, and nothing changed, when nobody does.
   */
  take(report: PushReport): boolean;
  withdraw(pool: string, client: string): void;
  /** Undefined when no report stands. */
  read(pool: string): Heard | undefined;
}

export interface PushBookOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Of one pool. */
  readonly mostClients?: number;
  /** Counts above zero that are kept, over all pools: what bounds the memory. Shared out fairly when it is scarce. */
  readonly mostCounts?: number;
}

interface Standing {
  readonly source: string;
  readonly takenAt: number;
  readonly expiresAt: number;
  readonly connections: ReadonlyMap<string, number>;
}

interface Page {
  at: number;
  counts: number;
  readonly clients: Map<string, Standing>;
  readonly sums: Map<string, number>;
}

const sweepMs = 1_000;

export function createPushBook({ now, mostClients = 512, mostCounts = 250_000 }: PushBookOptions): PushBook {
  const pages = new Map<string, Page>();
  let counts = 0;
  let sweptAt = now();

  /** Changes within one millisecond are still one after the other. */
  function touch(page: Page, at: number): void {
    const isSame = page.at >= at && page.at < at + 1;
    page.at = isSame ? page.at + 0.001 : at;
  }

  function add(page: Page, { connections }: Standing, sign: 1 | -1): void {
    counts += sign * connections.size;
    page.counts += sign * connections.size;
    for (const [pod, count] of connections) {
      const sum = (page.sums.get(pod) ?? 0) + sign * count;
      if (sum > 0) page.sums.set(pod, sum);
      else page.sums.delete(pod);
    }
  }

  function remove(pool: string, page: Page, client: string, at: number): void {
    const standing = page.clients.get(client);
    if (!standing) return;
    page.clients.delete(client);
    add(page, standing, -1);
    touch(page, at);
    if (page.clients.size === 0) pages.delete(pool);
  }

  /** Drops what has expired, and what came in a future from which the clock was set back. */
  function prune(pool: string, time: number): Page | undefined {
    const page = pages.get(pool);
    for (const [client, { takenAt, expiresAt }] of page?.clients ?? [])
      if (expiresAt <= time || takenAt > time) remove(pool, page!, client, Math.min(time, expiresAt));
    return pages.get(pool);
  }

  /** Pools that nobody reads any more are forgotten too. */
  function sweep(time: number): void {
    if (Math.abs(time - sweptAt) < sweepMs) return;
    sweptAt = time;
    for (const pool of [...pages.keys()]) prune(pool, time);
  }

  return {
    take({ pool, client, source = "", connections, expiryMs }) {
      const time = now();
      sweep(time);
      const page = prune(pool, time) ?? {
        at: Number.NEGATIVE_INFINITY,
        counts: 0,
        clients: new Map(),
        sums: new Map(),
      };
      const known = page.clients.get(client);
      const open = new Map([...connections].filter(([, count]) => count > 0));
      const standing = { source, takenAt: time, expiresAt: time + expiryMs, connections: open };
      const displaced = displace(pages, { pool, page, client, standing }, { mostClients, spare: mostCounts - counts });
      if (!displaced) return false;
      for (const victim of displaced) remove(victim.pool, pages.get(victim.pool)!, victim.client, time);
      if (known) add(page, known, -1);
      add(page, standing, 1);
      page.clients.set(client, standing);
      pages.set(pool, page);
      touch(page, time);
      return true;
    },
    withdraw(pool, client) {
      const page = pages.get(pool);
      if (page) remove(pool, page, client, now());
    },
    read(pool) {
      const page = prune(pool, now());
      return page && { at: page.at, clients: page.clients.size, connections: page.sums };
    },
  };
}
