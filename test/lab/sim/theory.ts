/** Mean response times in service times, known in closed form; loads are per server. */

/** M/M/1. */
export const singleServer = (load: number): number => 1 / (1 - load);

/** M/G/1, first in first out (Pollaczek and Khinchine). */
export const anyService = (load: number, cv2: number): number => 1 + (load * (1 + cv2)) / (2 * (1 - load));

/** M/M/n with one queue; by insensitivity also M/G/n when all share the processor beyond n. */
export function sharedQueue(servers: number, load: number): number {
  const offered = servers * load;
  let blocking = 1;
  for (let n = 1; n <= servers; n += 1) blocking = (offered * blocking) / (n + offered * blocking);
  const waiting = blocking / (1 - load * (1 - blocking));
  return 1 + waiting / (servers * (1 - load));
}

/** E_n/M/1: one dispatcher goes round n servers. */
export function roundRobin(servers: number, load: number): number {
  let sigma = load;
  for (let step = 0; step < 10_000; step += 1) sigma = (1 + (1 - sigma) / (servers * load)) ** -servers;
  return 1 / (1 - sigma);
}

/** The least of d queues, in a fleet without end (Vvedenskaya, Dobrushin and Karpelevich; Mitzenmacher). */
export function supermarket(d: number, load: number): number {
  let sum = 0;
  for (let level = 1; level < 100; level += 1) sum += load ** ((d ** level - d) / (d - 1));
  return sum;
}

/** Equal shares to servers of these speeds, of mean 1. */
export const equalSplit = (speeds: readonly number[], load: number): number =>
  speeds.reduce((sum, speed) => sum + 1 / (speed - load), 0) / speeds.length;

/** The best fixed shares: each keeps a spare rate in proportion to the root of its speed. */
export function bestSplit(speeds: readonly number[], load: number): number {
  const arrivals = load * speeds.length;
  const spare = speeds.reduce((sum, speed) => sum + speed, 0) - arrivals;
  const roots = speeds.reduce((sum, speed) => sum + Math.sqrt(speed), 0);
  return roots ** 2 / (arrivals * spare) - speeds.length / arrivals;
}
