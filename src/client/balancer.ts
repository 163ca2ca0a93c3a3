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
  /**
   * Over how long an endpoint that comes after the first request, or comes back after it failed, gets to its full share,
   * from a tenth of it, milliseconds: 0 if absent, which is at once.
   */
  readonly slowStartMs?: number;
  /** From 0 up to 1; decides with whom a balancer begins, so that many with one list do not all begin alike. */
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
