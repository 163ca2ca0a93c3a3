import { Outage } from "./outage.ts";
import {
  byConnections,
  byResponseTime,
  type Key,
  type Measured,
  rank,
  slowestResponse,
  usualConnections,
} from "./rank.ts";
import { ResponseTime } from "./response-time.ts";
import { Tally } from "./tally.ts";
import { type Turn, WeightedTurns } from "./turns.ts";

/**
 * `RoundRobin` takes turns. `LeastConnections` takes who has the fewest connections, this balancer's own included.
 * `FastestResponse` takes who has the shortest response time, as it was told, times the requests that it would then have
 * in flight. `Weighted` interleaves by weight: every endpoint is at all times within one request of its share.
 */
export type Strategy = "RoundRobin" | "LeastConnections" | "FastestResponse" | "Weighted";

export interface Endpoint {
  readonly id: string;
  /** Share of the traffic in any unit, for `Weighted`. 1 if absent; 0 gets nothing while another has more. */
  readonly weight?: number;
}

export interface BalancerOptions<E extends Endpoint> {
  readonly strategy: Strategy;
  readonly endpoints?: Iterable<E>;
  /** How long an endpoint that failed is left alone before a request tries it again, milliseconds: 10,000 if absent. */
  readonly recheckMs?: number;
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
  /**
   * The next endpoint, counted as in flight until it is released; undefined when there is none. Endpoints that failed are
   * left out; where all did, it is who was left alone the longest.
   */
  next(): E | undefined;
  /** The next endpoint and where to turn when it fails, all different, at most `n`. Only the first is counted. */
  next(n: number): E[];
  /**
   * All endpoints that did not fail, each counted as in flight until it is released: for what must reach every one, such
   * as a write. In the order in which they came, so that clients with the same list write in the same order. Who failed
   * misses it; where all did, all are tried.
   */
  all(): E[];
  /** Counts a request that `next` did not: one that went to another endpoint after a failure. */
  begin(endpoint: E | string): void;
  /** Ends a request. With the endpoint that `next` gave, it never counts for a later endpoint of the same id. */
  release(endpoint: E | string): void;
  /**
   * Takes an endpoint out that did not answer. After `recheckMs` one request tries it: when that is released and did not
   * fail, the endpoint is back. A request that failed is to be released, too.
   */
  fail(endpoint: E | string): void;
  /**
   * Takes a response time, milliseconds, of a request or a probe. Who was not measured is tried by one request, then counts
   * as the slowest; figures wear off, so that who was slow is tried again. False when there is no such endpoint.
   */
  updateResponseTime(id: string, milliseconds: number): boolean;
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
  /** What `FastestResponse` goes by, milliseconds; undefined when nobody measured it. */
  readonly responseMs: number | undefined;
  /** Out, as it failed and was not answered since. */
  readonly failed: boolean;
}

interface Entry<E extends Endpoint> extends Turn, Measured {
  endpoint: E;
  readonly outage: Outage;
  since: number;
}

function checkNumber(what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${what} must be a finite number that is not negative, not ${value}`);
  }
}

const strategies: readonly Strategy[] = ["RoundRobin", "LeastConnections", "FastestResponse", "Weighted"];

/** A list of endpoints that says who is next. It dials nobody, holds no timer, and every call returns at once. */
export function createBalancer<E extends Endpoint = Endpoint>(options: BalancerOptions<E>): Balancer<E> {
  const { strategy, endpoints = [], recheckMs = 10_000, random = Math.random } = options;
  const { now = () => performance.now() } = options;
  checkNumber("recheckMs", recheckMs);
  if (!strategies.includes(strategy)) throw new RangeError(`strategy must be one of ${strategies.join(", ")}`);

  const entries = new Map<string, Entry<E>>();
  /** The entry that an endpoint was given out from, also after it left the list. */
  const origins = new WeakMap<E, Entry<E>>();
  const turns = new WeightedTurns<Entry<E>>(random);
  const left = new Set<Entry<E>>();
  let clock = 0;
  /** Who has turns by weight; undefined when the turns are to be laid anew. */
  let laid: readonly Entry<E>[] | undefined;

  /** Without those that failed. */
  function taking(): Entry<E>[] {
    const at = now();
    return [...entries.values()].filter(({ outage }) => outage.takes(at, recheckMs));
  }

  function keyOf(): Key {
    if (strategy === "LeastConnections") return byConnections([...entries.values()]);
    if (strategy === "FastestResponse") return byResponseTime(now());
    return () => 0;
  }

  function takeTurn(among: readonly Entry<E>[], withOthers: boolean): Entry<E>[] {
    const before = laid;
    if (before?.length !== among.length || among.some((entry, index) => entry !== before[index])) turns.lay(among);
    laid = among;
    const first = turns.take();
    if (!first) return [];
    return withOthers ? [first, ...turns.upcoming().filter((entry) => entry !== first)] : [first];
  }

  /** Who is next; the others, where asked for, in the order in which they would be turned to. */
  function choose(withOthers: boolean): Entry<E>[] {
    const among = taking();
    if (among.length === 0) return [...entries.values()].sort((a, b) => a.outage.since - b.outage.since);
    if (strategy === "Weighted") return takeTurn(among, withOthers);
    return rank(among, keyOf(), withOthers ? "all" : "first");
  }

  function add(endpoint: E): void {
    if (endpoint.weight !== undefined) checkNumber(`the weight of ${endpoint.id}`, endpoint.weight);
    const weight = endpoint.weight ?? 1;
    const known = entries.get(endpoint.id);
    if (known) {
      if (known.weight !== weight) laid = undefined;
      Object.assign(known, { endpoint, weight });
    } else {
      laid = undefined;
      clock += 1;
      const fresh = { endpoint, weight, since: clock, credit: undefined, share: 0 };
      const before = origins.get(endpoint);
      // The very endpoint that left comes back, and with it the requests that were never released.
      if (before && left.delete(before)) entries.set(endpoint.id, Object.assign(before, fresh));
      else
        entries.set(endpoint.id, { ...fresh, tally: new Tally(), response: new ResponseTime(), outage: new Outage() });
    }
    origins.set(endpoint, entries.get(endpoint.id)!);
  }

  function remove(id: string): boolean {
    const entry = entries.get(id);
    if (!entry) return false;
    entries.delete(id);
    if (entry.tally.inFlight > 0) left.add(entry);
    laid = undefined;
    return true;
  }

  const find = (endpoint: E | string): Entry<E> | undefined =>
    typeof endpoint === "string"
      ? (entries.get(endpoint) ?? [...left].find((entry) => entry.endpoint.id === endpoint))
      : (origins.get(endpoint) ?? entries.get(endpoint.id));

  function count({ tally, response, outage }: Entry<E>): void {
    const at = now();
    tally.begin(at);
    outage.begin(at);
    // Until it is measured, the request that is to measure it stays the only one, but is not the last if nobody does.
    if (strategy === "FastestResponse") response.assume(() => slowestResponse([...entries.values()], at), at);
  }

  function begin(endpoint: E | string): void {
    const entry = find(endpoint);
    if (entry) count(entry);
    if (entry && entries.get(entry.endpoint.id) !== entry) left.add(entry);
  }

  function release(endpoint: E | string): void {
    const entry = find(endpoint);
    entry?.tally.end();
    entry?.outage.end();
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
      count(first);
    }
    return n === undefined ? first?.endpoint : ranked.slice(0, n).map(({ endpoint }) => endpoint);
  }

  function describe(described: Iterable<Entry<E>>): BalancedEndpoint<E>[] {
    const usual = usualConnections([...entries.values()]);
    const at = now();
    return [...described].map(({ endpoint, tally, response, outage }) => ({
      endpoint,
      inFlight: tally.inFlight,
      connections: tally.estimate(usual),
      responseMs: response.isMeasured ? response.estimate(at) : undefined,
      failed: outage.isOut,
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
    all() {
      const open = taking();
      const chosen = open.length > 0 ? open : [...entries.values()];
      for (const entry of chosen) count(entry);
      return chosen.map(({ endpoint }) => endpoint);
    },
    begin,
    release,
    fail: (endpoint) => find(endpoint)?.outage.fail(now()),
    updateResponseTime(id, milliseconds) {
      checkNumber(`the response time of ${id}`, milliseconds);
      const response = entries.get(id)?.response;
      response?.update(milliseconds, now());
      return response !== undefined;
    },
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
