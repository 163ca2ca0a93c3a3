import { createFleet } from "./fleet.ts";
import { createPolicy } from "./policies/policies.ts";
import type { FleetReading, Policy } from "./policy.ts";
import { Random } from "./random.ts";
import { Recorder } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import type { Server } from "./server.ts";
import { createServiceTimes, type ServiceTimes } from "./service-times.ts";

/** A power of 2: neighbours are merged to see whether they depend on each other. */
const batches = 32;

/** Streams of random numbers: one for each use, from `pods` on one for each pod. */
const streams = { arrivals: 0, work: 1, dispatch: 2, missing: 3, pods: 16 } as const;

interface Publication {
  readonly at: number;
  readonly readAt: number;
  readonly values: Float64Array;
}

/** Sees each reading, and what is published after it; both arrays are used again. */
export type Watch = (reading: FleetReading, published: Float64Array) => void;

/** One run of one scenario under one seed. */
export class Simulation {
  readonly scenario: Scenario;
  readonly recorder: Recorder;
  readonly servers: readonly Server[];
  /** Requests sent to each pod. */
  readonly sent: Float64Array;
  /** Requests that a pod left unserved when it ended, or that came to it later. */
  failed = 0;
  readonly #watch: Watch | undefined;
  readonly #policy: Policy;
  readonly #arrivals: Random;
  readonly #work: Random;
  readonly #missing: Random;
  readonly #serviceTimes: ServiceTimes;
  readonly #gap: number;
  readonly #reading: { -readonly [Field in keyof FleetReading]: FleetReading[Field] };
  readonly #departuresBefore: Float64Array;
  readonly #busyBefore: Float64Array;
  readonly #responseBefore: Float64Array;
  readonly #pending: Publication[] = [];
  /** What happens to pods, in order of time. */
  readonly #events: { readonly at: number; happen(): void }[] = [];
  /** Whether the pod that leaves is gone. */
  #hasEnded = false;
  #now = 0;
  #nextArrival: number;
  #readings = 0;
  /** Not later than the next reading or publication. */
  #nextUpdate = 0;

  constructor(scenario: Scenario, watch?: Watch) {
    const { seed, pods, cv2, horizon, warmUp, updateInterval, delay, dispatchers, gain, slowStart, load } = scenario;
    const { serviceTimeMs, newcomer, leaver } = scenario;
    this.scenario = scenario;
    this.#watch = watch;
    this.recorder = new Recorder({ from: warmUp * horizon, to: horizon, batches });
    const recorder = this.recorder;
    const { servers, capacity } = createFleet(
      scenario,
      (pod) => streams.pods + pod,
      (arrivedAt, now) => recorder.record(arrivedAt, now),
    );
    this.servers = servers;
    this.sent = new Float64Array(pods);
    this.#arrivals = new Random(seed, streams.arrivals);
    this.#work = new Random(seed, streams.work);
    this.#missing = new Random(seed, streams.missing);
    this.#serviceTimes = createServiceTimes(cv2);
    this.#gap = 1 / (load * capacity);
    this.#nextArrival = this.#arrivals.exponential() * this.#gap;
    const zeros = () => new Float64Array(pods);
    this.#departuresBefore = zeros();
    this.#busyBefore = zeros();
    this.#responseBefore = zeros();
    this.#reading = {
      time: 0,
      queues: zeros(),
      requests: zeros(),
      completions: zeros(),
      busy: zeros(),
      responses: zeros(),
      missing: new Uint8Array(pods),
    };
    this.#policy = createPolicy(scenario, {
      pods,
      arrivalRate: load * capacity,
      interval: updateInterval,
      delay,
      dispatchers,
      gain,
      serviceTimeMs,
      slowStart,
      lifeOf: (pod) => ({
        readyAt: newcomer && pod === pods - 1 ? newcomer.at : 0,
        leavesAt: leaver && pod === 0 ? leaver.at : Number.POSITIVE_INFINITY,
      }),
      random: new Random(seed, streams.dispatch),
      queueNow: (pod) => {
        servers[pod]!.advance(this.#now);
        return servers[pod]!.queue;
      },
      capacityNow: (pod) => servers[pod]!.capacity,
    });
    this.#schedule(scenario);
  }

  /** Time that has passed, as a share of the horizon. */
  get progress(): number {
    return Math.min(1, this.#now / this.scenario.horizon);
  }

  /** Goes on by about this many arrivals; true when the horizon is reached and all requests are served. */
  run(arrivals: number): boolean {
    const { horizon } = this.scenario;
    const { servers, sent } = this;
    for (let left = arrivals; left > 0; left -= 1) {
      const now = this.#nextArrival;
      if (now > horizon) break;
      if (now >= this.#nextUpdate) this.#live(now);
      this.#now = now;
      const pod = this.#policy.pick(now);
      const work = this.#serviceTimes(this.#work);
      sent[pod]! += 1;
      if (this.#hasEnded && pod === 0) this.failed += 1;
      else servers[pod]!.arrive(now, work);
      this.#nextArrival = now + this.#arrivals.exponential() * this.#gap;
    }
    if (this.#nextArrival <= horizon) return false;
    this.#live(horizon);
    this.#now = horizon;
    for (const server of servers) server.drain();
    return true;
  }

  /** Lives through readings, publications and changes of pods up to a time; at equal times what is due comes first. */
  #live(until: number): void {
    const { updateInterval } = this.scenario;
    for (;;) {
      const readAt = updateInterval > 0 ? this.#readings * updateInterval : Number.POSITIVE_INFINITY;
      const due = this.#pending[0];
      const dueAt = due?.at ?? Number.POSITIVE_INFINITY;
      const event = this.#events[0];
      const eventAt = event?.at ?? Number.POSITIVE_INFINITY;
      // The tolerance makes a delay of exactly one interval come before the next reading, whatever the rounding.
      if (due && dueAt <= Math.min(until, eventAt, readAt + 1e-9 * updateInterval)) {
        this.#pending.shift();
        this.#policy.install(due.values, due.readAt);
      } else if (event && eventAt <= Math.min(until, readAt)) {
        this.#events.shift();
        event.happen();
      } else if (readAt <= until) {
        this.#readings += 1;
        const reading = this.#read(readAt);
        const values = this.#policy.publish(reading);
        this.#watch?.(reading, values);
        this.#publish(values, readAt);
      } else {
        this.#nextUpdate = Math.min(readAt, dueAt, eventAt);
        return;
      }
    }
  }

  #publish(values: Float64Array, readAt: number): void {
    const { delay } = this.scenario;
    if (delay === 0) this.#policy.install(values, readAt);
    else this.#pending.push({ at: readAt + delay, readAt, values: values.slice() });
  }

  /** When a pod comes, when it is to go, and when it ends. */
  #schedule({ newcomer, leaver }: Scenario): void {
    const replanAt = (at: number): void => {
      const happen = (): void => {
        const values = this.#policy.replan?.(at);
        if (values) this.#publish(values, at);
      };
      this.#events.push({ at, happen });
    };
    if (newcomer) replanAt(newcomer.at);
    if (leaver) {
      const endsAt = leaver.at + leaver.grace;
      const happen = (): void => {
        this.#hasEnded = true;
        this.failed += this.servers[0]!.end(endsAt);
      };
      replanAt(leaver.at);
      this.#events.push({ at: endsAt, happen });
    }
    this.#events.sort((a, b) => a.at - b.at);
  }

  #read(time: number): FleetReading {
    const { updateInterval, missing, missingFrom } = this.scenario;
    const reading = this.#reading;
    reading.time = time;
    for (let pod = 0; pod < this.servers.length; pod += 1) {
      const server = this.servers[pod]!;
      server.advance(time);
      const lost = missing > 0 && time > missingFrom && this.#missing.next() < missing;
      reading.missing[pod] = lost ? 1 : 0;
      const completions = server.departures - this.#departuresBefore[pod]!;
      reading.requests[pod] = server.departures;
      reading.completions[pod] = completions;
      reading.responses[pod] = (server.responseTime - this.#responseBefore[pod]!) / completions;
      reading.busy[pod] = (server.busyTime - this.#busyBefore[pod]!) / updateInterval;
      this.#departuresBefore[pod] = server.departures;
      this.#busyBefore[pod] = server.busyTime;
      this.#responseBefore[pod] = server.responseTime;
      if (!lost) reading.queues[pod] = server.queue;
    }
    return reading;
  }
}
