import { Tally } from "./tally.ts";
import { type Turn, WeightedTurns } from "./turns.ts";

/**
 * `RoundRobin` takes turns. `LeastConnections` takes who has the fewest connections, this balancer's own included.
 * `Weighted` interleaves by weight: every endpoint is at all times within one request of its share.
 */
export type Strategy = "RoundRobin" | "LeastConnections" | "Weighted";

export interface Endpoint {
  readonly id: string;
  /** Share of the traffic in any unit, for `Weighted`. 1 if absent; 0 gets nothing while another has more. */
  readonly weight?: number;
}

export interface BalancerOptions<E extends Endpoint> {
  readonly strategy: Strategy;
  readonly endpoints?: Iterable<E>;
  /** From 0 up to 1; decides where `Weighted` begins. */
  readonly random?: () => number;
  /** Milliseconds from any origin. */
  readonly now?: () => number;
}

export interface Balancer<E extends Endpoint = Endpoint> {
  /** Adds an endpoint, or puts it in the place of the one with its id, whose counts and turn it takes over. */
  add(endpoint: E): void;
  /** False when there was none. */
  remove(id: string): boolean;
  /** Makes the list these: adds, replaces and removes. */
  set(endpoints: Iterable<E>): void;
  /** The next endpoint, counted as in flight until it is released; undefined when there is none. */
  next(): E | undefined;
  /** The next endpoint and where to turn when it fails, all different, at most `n`. Only the first is counted. */
  next(n: number): E[];
  /** Counts a request that `next` did not: one that went to another endpoint after a failure. */
  begin(endpoint: E | string): void;
  /** Ends a request. With the endpoint that `next` gave, it never counts for a later endpoint of the same id. */
  release(endpoint: E | string): void;
  /**
   * Takes an endpoint's open connections, this balancer's own among them. Without an age the figure holds now, and
   * own requests that begin and end move it. With one (milliseconds), every own request since it was read is added,
   * finished or not, until a younger figure has seen it. Undefined, with an age, stands for a failed reading and
   * counts as the median. False when there is no such endpoint.
   */
  updateConnections(id: string, connections: number): boolean;
  updateConnections(id: string, connections: number | undefined, ageMs: number): boolean;
  list(): BalancedEndpoint<E>[];
  /** Those that left the list with requests in flight, until these are released. */
  leaving(): BalancedEndpoint<E>[];
}

export interface BalancedEndpoint<E extends Endpoint = Endpoint> {
  readonly endpoint: E;
  /** Own requests that began and were not released. */
  readonly inFlight: number;
  /** What `LeastConnections` goes by. */
  readonly connections: number;
}

interface Entry<E extends Endpoint> extends Turn {
  endpoint: E;
  readonly tally: Tally;
  /** When it last had a turn or came; who waits longest is first among equals. */
  since: number;
}

function checkNumber(what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${what} must be a finite number that is not negative, not ${value}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

interface Ranked<E extends Endpoint> {
  readonly entry: Entry<E>;
  readonly key: number;
}

/** Among equals, who waits longest. */
const compare = <E extends Endpoint>(a: Ranked<E>, b: Ranked<E>): number =>
  a.key - b.key || a.entry.since - b.entry.since;

const strategies: readonly Strategy[] = ["RoundRobin", "LeastConnections", "Weighted"];

/** A list of endpoints that says who is next. It dials nobody, holds no timer, and every call returns at once. */
export function createBalancer<E extends Endpoint = Endpoint>(options: BalancerOptions<E>): Balancer<E> {
  const { strategy, endpoints = [], random = Math.random, now = () => performance.now() } = options;
  if (!strategies.includes(strategy)) throw new RangeError(`strategy must be one of ${strategies.join(", ")}`);

  const entries = new Map<string, Entry<E>>();
  /** The entry that an endpoint was given out from, also after it left the list. */
  const origins = new WeakMap<E, Entry<E>>();
  const turns = new WeightedTurns<Entry<E>>(random);
  const left = new Set<Entry<E>>();
  let clock = 0;
  let laid = false;

  /** What the unmeasured count as: never idle, never full. */
  function unmeasured(): number {
    const measured = [...entries.values()].map(({ tally }) => tally.measured);
    const known = measured.filter((count) => count !== undefined);
    return known.length < measured.length ? median(known) : 0;
  }

  /** Smaller is better. */
  function rankKeys(): Ranked<E>[] {
    const standIn = strategy === "LeastConnections" ? unmeasured() : 0;
    return [...entries.values()].map((entry) => ({
      entry,
      key: strategy === "LeastConnections" ? entry.tally.estimate(standIn) : 0,
    }));
  }

  /** Who is next; the others, where asked for, in the order in which they would be turned to. */
  function choose(withOthers: boolean): Entry<E>[] {
    if (strategy === "Weighted") {
      if (!laid) turns.lay([...entries.values()]);
      laid = true;
      const first = turns.take();
      if (!first) return [];
      return withOthers ? [first, ...turns.upcoming().filter((entry) => entry !== first)] : [first];
    }
    const ranked = rankKeys();
    if (withOthers) return ranked.sort(compare).map(({ entry }) => entry);
    const best = ranked.reduce<Ranked<E> | undefined>((a, b) => (a && compare(a, b) <= 0 ? a : b), undefined);
    return best ? [best.entry] : [];
  }

  function add(endpoint: E): void {
    if (endpoint.weight !== undefined) checkNumber(`the weight of ${endpoint.id}`, endpoint.weight);
    const weight = endpoint.weight ?? 1;
    const known = entries.get(endpoint.id);
    if (known) {
      laid &&= known.weight === weight;
      Object.assign(known, { endpoint, weight });
    } else {
      laid = false;
      clock += 1;
      const fresh = { endpoint, weight, since: clock, credit: undefined, share: 0 };
      const before = origins.get(endpoint);
      // The very endpoint that left comes back, and with it the requests that were never released.
      if (before && left.delete(before)) entries.set(endpoint.id, Object.assign(before, fresh));
      else entries.set(endpoint.id, { ...fresh, tally: new Tally() });
    }
    origins.set(endpoint, entries.get(endpoint.id)!);
  }

  function remove(id: string): boolean {
    const entry = entries.get(id);
    if (!entry) return false;
    entries.delete(id);
    if (entry.tally.inFlight > 0) left.add(entry);
    laid = false;
    return true;
  }

  const find = (endpoint: E | string): Entry<E> | undefined =>
    typeof endpoint === "string"
      ? (entries.get(endpoint) ?? [...left].find((entry) => entry.endpoint.id === endpoint))
      : (origins.get(endpoint) ?? entries.get(endpoint.id));

  function begin(endpoint: E | string): void {
    const entry = find(endpoint);
    entry?.tally.begin(now());
    if (entry && entries.get(entry.endpoint.id) !== entry) left.add(entry);
  }

  function release(endpoint: E | string): void {
    const entry = find(endpoint);
    entry?.tally.end();
    if (entry?.tally.inFlight === 0) left.delete(entry);
  }

  function next(): E | undefined;
  function next(n: number): E[];
  function next(n?: number): E | E[] | undefined {
    if (n !== undefined && !(n >= 1)) return [];
    const ranked = choose(n !== undefined);
    const [first] = ranked;
    if (first) {
      clock += 1;
      first.since = clock;
      first.tally.begin(now());
    }
    return n === undefined ? first?.endpoint : ranked.slice(0, n).map(({ endpoint }) => endpoint);
  }

  function describe(described: Iterable<Entry<E>>): BalancedEndpoint<E>[] {
    const standIn = unmeasured();
    return [...described].map(({ endpoint, tally }) => ({
      endpoint,
      inFlight: tally.inFlight,
      connections: tally.estimate(standIn),
    }));
  }

  for (const endpoint of endpoints) add(endpoint);

  return {
    add,
    remove,
    set(wanted) {
      const list = [...wanted];
      const ids = new Set(list.map(({ id }) => id));
      for (const id of [...entries.keys()]) if (!ids.has(id)) remove(id);
      for (const endpoint of list) add(endpoint);
    },
    next,
    begin,
    release,
    updateConnections(id: string, connections: number | undefined, ageMs?: number) {
      if (connections !== undefined || ageMs === undefined)
        checkNumber(`the connections of ${id}`, connections ?? Number.NaN);
      if (ageMs !== undefined) checkNumber(`the age of the connections of ${id}`, ageMs);
      const tally = entries.get(id)?.tally;
      if (ageMs === undefined) tally?.read(connections!);
      else tally?.sample(connections, now() - ageMs);
      return tally !== undefined;
    },
    list: () => describe(entries.values()),
    leaving: () => describe(left),
  };
}
