import { Heap } from "./heap.ts";
import type { ServicePace } from "./pace.ts";
import { Ring } from "./ring.ts";

export interface SimServerOptions {
  readonly speed: number;
  /** Requests served at once at full speed. 1 serves in order of arrival; more share the processor beyond it. */
  readonly concurrency: number;
  readonly pace?: ServicePace | undefined;
  /** Called at each departure, in the server's own order of time. */
  readonly onDeparture: (arrivedAt: number, now: number) => void;
}

/**
 * A queue in front of a processor. Between its arrivals a server needs nobody: it is brought up to a time only when
 * somebody looks, so there is no common list of events.
 *
 * Each request gets, when it comes, the attained service at which it will be done: after all before it (first in,
 * first out) or after its own work (sharing, where all attain service at one rate).
 */
export class Server {
  readonly #speed: number;
  readonly #concurrency: number;
  readonly #pace: ServicePace | undefined;
  readonly #onDeparture: SimServerOptions["onDeparture"];
  readonly #line: Ring | undefined;
  readonly #jobs: Ring | Heap;
  #now = 0;
  #attained = 0;
  #departures = 0;
  #busyTime = 0;
  #queueTime = 0;
  #responseTime = 0;

  constructor({ speed, concurrency, pace, onDeparture }: SimServerOptions) {
    this.#speed = speed;
    this.#concurrency = concurrency;
    this.#pace = pace;
    this.#onDeparture = onDeparture;
    this.#line = concurrency === 1 ? new Ring() : undefined;
    this.#jobs = this.#line ?? new Heap();
  }

  /** Requests here, as of the last `advance`. */
  get queue(): number {
    return this.#jobs.size;
  }

  get departures(): number {
    return this.#departures;
  }

  /** Integral over time of the share of the processor in use. */
  get busyTime(): number {
    return this.#busyTime;
  }

  /** Integral over time of the requests here. */
  get queueTime(): number {
    return this.#queueTime;
  }

  /** Sum of the response times of those that left. */
  get responseTime(): number {
    return this.#responseTime;
  }

  /** Requests per service time that it can serve now. */
  get capacity(): number {
    return this.#speed * this.#concurrency * (this.#pace?.factor ?? 1);
  }

  arrive(now: number, work: number): void {
    this.advance(now);
    const line = this.#line;
    const from = line !== undefined && line.size > 0 ? line.lastKey : this.#attained;
    this.#jobs.push(from + work, now);
  }

  /** Lives through the time up to `to`. */
  advance(to: number): void {
    const pace = this.#pace;
    if (pace !== undefined) {
      while (pace.changesAt < to) {
        this.#serve(pace.changesAt);
        pace.change();
      }
    }
    this.#serve(to);
  }

  /** Serves all that are here; the time of the last departure. */
  drain(): number {
    while (this.#jobs.size > 0) this.advance(this.#now + (this.#jobs.key - this.#attained + 1) / this.#speed);
    return this.#now;
  }

  /** Drops all that are here, and says how many they were. */
  end(now: number): number {
    this.advance(now);
    const left = this.#jobs.size;
    while (this.#jobs.size > 0) this.#jobs.shift();
    return left;
  }

  #serve(until: number): void {
    const jobs = this.#jobs;
    const concurrency = this.#concurrency;
    const fullRate = this.#speed * (this.#pace === undefined ? 1 : this.#pace.factor);
    let now = this.#now;
    let size = jobs.size;
    while (size > 0) {
      const inService = Math.min(size, concurrency);
      const rate = this.#line === undefined ? (fullRate * inService) / size : fullRate;
      const doneAt = now + (jobs.key - this.#attained) / rate;
      const elapsed = Math.min(doneAt, until) - now;
      this.#busyTime += (elapsed * inService) / concurrency;
      this.#queueTime += elapsed * size;
      if (doneAt > until) {
        this.#attained += elapsed * rate;
        break;
      }
      this.#attained = jobs.key;
      now = doneAt;
      this.#departures += 1;
      const arrivedAt = jobs.shift();
      this.#responseTime += now - arrivedAt;
      this.#onDeparture(arrivedAt, now);
      size -= 1;
    }
    this.#now = until;
  }
}
