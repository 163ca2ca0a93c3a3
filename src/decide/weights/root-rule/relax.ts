/** Steps of the integration, where shorter ones are not needed. */
const fewestSteps = 8;

/** Service times after which a queue is where it is going, as far as a weight can tell. */
const horizon = 256;

/**
 * The queue after `seconds` of `arrivals` per second at a pod that serves `capacity * q / (1 + q)` per second: the
 * throughput of a single server whose mean queue is q. A drain that does not saturate so is harmful from three service
 * times on.
 *
 * By Euler's method. A step is never longer than a service time: beyond that it overshoots, and of two queues the
 * longer one may come out shorter.
 */
export function relax(queue: number, arrivals: number, capacity: number, seconds: number): number {
  if (seconds === 0) return queue;
  const time = Math.min(seconds, horizon / capacity);
  const steps = Math.max(fewestSteps, Math.ceil(time * capacity));
  const step = time / steps;
  let length = queue;
  for (let index = 0; index < steps; index += 1) {
    length = Math.max(0, length + (arrivals - (capacity * length) / (1 + length)) * step);
  }
  return length;
}
