import { meanOf, sum } from "../../basics/mean.ts";
import type { KnownPod, PoolInterval } from "./interval.ts";
import { negligible, withinCount, withinTime } from "./limits.ts";

/** Memory of arrival rates, in service times. */
const memory = 30;

/** Where queues have to tell the service time, they are taken as at least this: an idle fleet tells nothing. */
const leastQueue = 0.05;

/** Requests per second, and the unit of time. */
export interface Arrivals {
  readonly lambda: number;
  /** By pod, those that were counted now or before; by these the next interval goes on. */
  readonly rates: readonly (number | undefined)[];
  readonly serviceTimeS: number;
  /** Whether anybody counted. What queues alone suggest is not worth remembering. */
  readonly counted: boolean;
}

/**
 * Completions per second of each pod. One that was not counted goes on at its own mean rate; one that never was gets
 * its share of `lambda`, or of as many as the counted pods have.
 */
export function ratesOf(pods: readonly KnownPod[], lambda: number | undefined): number[] {
  const own = pods.map(({ completions, intervalS, memory: { rate } }) =>
    completions === undefined ? rate : completions / intervalS,
  );
  const total = lambda ?? pods.length * meanOf(own.filter((rate) => rate !== undefined));
  return pods.map(({ share }, index) => own[index] ?? share * total);
}

/** Mean queue of the pods whose queue is known, now or from before. */
export function meanQueue(pods: readonly KnownPod[]): number {
  const now = pods.map(({ queue }) => queue).filter((queue) => queue !== undefined);
  return meanOf(now.length > 0 ? now : pods.map((pod) => pod.memory.queue).filter((queue) => queue !== undefined));
}

/**
 * The service time with which single servers at this rate have this mean queue: rho = q / (1 + q). Where the rate is
 * not known either, a request is taken to stay for an interval.
 */
function guessServiceTime(rate: number, queue: number, pods: number, intervalS: number): number {
  if (rate * intervalS < negligible) return intervalS / (1 + queue);
  return (pods * Math.max(leastQueue, queue)) / (rate * (1 + queue));
}

/** The arrival rate of single servers with this mean queue. */
const byQueues = (queue: number, pods: number, serviceTimeS: number): number =>
  (pods * queue) / (serviceTimeS * (1 + queue));

function follow(before: number | undefined, now: number, seconds: number, serviceTimeS: number): number {
  if (before === undefined) return now;
  const left = Math.exp(-seconds / (memory * serviceTimeS));
  return left * before + (1 - left) * now;
}

/**
 * The arrival rate: as given; else the mean of what is completed, for that arrives in the long run; else what servers
 * with such queues get.
 */
export function estimateArrivals(
  pods: readonly KnownPod[],
  rates: readonly number[],
  before: number | undefined,
  interval: PoolInterval,
  fleetCapacity: number | undefined,
): Arrivals {
  const intervalS = withinTime(interval.intervalS);
  const queue = meanQueue(pods);
  const rate = sum(rates);
  const measured =
    fleetCapacity === undefined ? guessServiceTime(rate, queue, pods.length, intervalS) : 1 / fleetCapacity;
  const serviceTimeS = interval.serviceTimeS === undefined ? measured : withinTime(interval.serviceTimeS);
  const followed = pods.map((pod, index) =>
    pod.completions === undefined
      ? pod.memory.rate
      : follow(pod.memory.rate, rates[index]!, pod.intervalS, serviceTimeS),
  );
  const counted = before !== undefined || followed.some((own) => own !== undefined);
  const told = interval.lambda === undefined ? undefined : withinCount(interval.lambda);
  const lambda =
    told ?? (counted ? follow(before, rate, intervalS, serviceTimeS) : byQueues(queue, pods.length, serviceTimeS));
  return {
    lambda: lambda * intervalS < negligible ? 0 : lambda,
    rates: followed,
    serviceTimeS,
    counted: counted || told !== undefined,
  };
}
