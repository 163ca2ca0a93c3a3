import type { Random } from "./random.ts";

/** Draws the work of one request; the mean is 1. */
export type ServiceTimes = (random: Random) => number;

/** Erlang of `stages` or one less, whichever the squared coefficient of variation wants (Tijms). */
function mixedErlang(cv2: number): ServiceTimes {
  const stages = Math.ceil(1 / cv2);
  const fewer = (stages * cv2 - Math.sqrt(stages * (1 + cv2) - stages * stages * cv2)) / (1 + cv2);
  return (random) => {
    const count = random.next() < fewer ? stages - 1 : stages;
    let sum = 0;
    for (let stage = 0; stage < count; stage += 1) sum += random.exponential();
    return sum / (stages - fewer);
  };
}

/** Two exponentials that bring half of the work each. */
function balancedHyperexponential(cv2: number): ServiceTimes {
  const short = (1 + Math.sqrt((cv2 - 1) / (cv2 + 1))) / 2;
  return (random) => {
    const share = random.next() < short ? short : 1 - short;
    return random.exponential() / (2 * share);
  };
}

/** Service times with mean 1 by their squared coefficient of variation: 0 constant, 1 exponential, above 1 H2. */
export function createServiceTimes(cv2: number): ServiceTimes {
  if (cv2 === 0) return () => 1;
  if (cv2 < 1) return mixedErlang(cv2);
  return cv2 === 1 ? (random) => random.exponential() : balancedHyperexponential(cv2);
}
