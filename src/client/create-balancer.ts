import type { BalancedEndpoint, Balancer, BalancerOptions, Endpoint, Strategy } from "./balancer.ts";
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
import { SlowStart } from "./slow-start.ts";
import { Tally } from "./tally.ts";
import { type Turn, WeightedTurns } from "./turns.ts";

interface Entry<E extends Endpoint> extends Turn, Measured {
  endpoint: E;
  readonly outage: Outage;
  readonly slowStart: SlowStart;
  /** As it was given; `weight` is less during a slow start. */
  full: number;
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
  const { strategy, endpoints = [], recheckMs = 10_000, slowStartMs = 0, random = Math.random } = options;
  const { now = () => performance.now() } = options;
  checkNumber("recheckMs", recheckMs);
  checkNumber("slowStartMs", slowStartMs);
  if (!strategies.includes(strategy)) throw new RangeError(`strategy must be one of ${strategies.join(", ")}`);

  const entries = new Map<string, Entry<E>>();
  /** The entry that an endpoint was given out from, also after it left the list. */
  const origins = new WeakMap<E, Entry<E>>();
  const turns = new WeightedTurns<Entry<E>>(random);
  const left = new Set<Entry<E>>();
  let clock = 0;
  /** Who has turns by weight; undefined when the turns are to be laid anew. */
  let laid: readonly Entry<E>[] | undefined;
  let hasBegun = false;

  function tick(): number {
    clock += 1;
    return clock;
  }

  /** Without those that failed. */
  function taking(): Entry<E>[] {
    const at = now();
    return [...entries.values()].filter(({ outage }) => outage.takes(at, recheckMs));
  }

  const shareOf = ({ slowStart }: Entry<E>): number => slowStart.share(now(), slowStartMs);

  function keyOf(): Key<Entry<E>> {
    if (strategy === "RoundRobin") return () => 0;
    const key: Key = strategy === "LeastConnections" ? byConnections([...entries.values()]) : byResponseTime(now());
    return (entry) => key(entry) / shareOf(entry);
  }

  /** Begins somewhere in the line, and keeps its order. */
  function beginAnywhere(): void {
    const line = [...entries.values()].sort((a, b) => a.since - b.since);
    if (hasBegun || line.length === 0) return;
    hasBegun = true;
    const first = Math.floor(random() * line.length);
    for (const entry of [...line.slice(first), ...line.slice(0, first)]) entry.since = tick();
  }

  /** Who comes slowly lets most of its first turns pass. */
  function passTurns(among: readonly Entry<E>[]): void {
    if (among.every((entry) => shareOf(entry) === 1)) return;
    for (const entry of rank(among, keyOf(), "all")) {
      if (random() < shareOf(entry)) return;
      entry.since = tick();
    }
  }

  function takeTurn(among: readonly Entry<E>[], withOthers: boolean): Entry<E>[] {
    for (const entry of among) {
      const weight = entry.full * shareOf(entry);
      if (entry.weight !== weight) laid = undefined;
      entry.weight = weight;
    }
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
    beginAnywhere();
    if (strategy === "RoundRobin") passTurns(among);
    return rank(among, keyOf(), withOthers ? "all" : "first");
  }

  function add(endpoint: E): void {
    if (endpoint.weight !== undefined) checkNumber(`the weight of ${endpoint.id}`, endpoint.weight);
    const full = endpoint.weight ?? 1;
    const known = entries.get(endpoint.id);
    if (known) {
      Object.assign(known, { endpoint, full });
    } else {
      laid = undefined;
      const slowStart = new SlowStart();
      if (hasBegun) slowStart.begin(now());
      const fresh = { endpoint, full, weight: full, slowStart, since: tick(), credit: undefined, share: 0 };
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
    const wasOut = entry?.outage.isOut;
    entry?.tally.end();
    entry?.outage.end();
    if (wasOut && !entry?.outage.isOut) entry?.slowStart.begin(now());
    if (entry?.tally.inFlight === 0) left.delete(entry);
  }

  function next(): E | undefined;
  function next(n: number): E[];
  function next(n?: number): E | E[] | undefined {
    if (n !== undefined && !(n >= 1)) return [];
    const ranked = choose(n !== undefined);
    const [first] = ranked;
    if (first) {
      hasBegun = true;
      first.since = tick();
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
