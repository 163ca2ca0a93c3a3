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

/** Mean of a normal of mean and deviation 1 without what is below 0: 1 + phi(1) / Phi(1). */
const truncatedMean = 1.287_599_970_939_178;

/** A normal whose deviation is its mean, without what is below 0. */
const truncatedNormal: ServiceTimes = (random) => {
  for (;;) {
    const value = 1 + Math.sqrt(2 * random.exponential()) * Math.cos(2 * Math.PI * random.next());
    if (value > 0) return value / truncatedMean;
  }
};

/**
 * How the work of requests varies, by its squared coefficient of variation: 0 constant, 1 exponential, above 1 H2; or as
 * a normal whose deviation is its mean, cut off at 0.
 */
export type ServiceVariability = number | "normal";

/** Service times of mean 1. */
export function createServiceTimes(cv2: ServiceVariability): ServiceTimes {
  if (cv2 === "normal") return truncatedNormal;
  if (cv2 === 0) return () => 1;
  if (cv2 < 1) return mixedErlang(cv2);
  return cv2 === 1 ? (random) => random.exponential() : balancedHyperexponential(cv2);
}
