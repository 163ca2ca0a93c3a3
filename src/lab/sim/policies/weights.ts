import type { Picker, Policy, Setting, WeightRule } from "../policy.ts";
import { waterLevel } from "../water-level.ts";

/** A rule's weights, published and followed by a picker. */
export function followWeights(rule: WeightRule, picker: Picker, pods: number): Policy {
  const shares = new Float64Array(pods).fill(1 / pods);
  return {
    publish: (reading) => rule(reading, shares),
    install(weights) {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (let pod = 0; pod < pods; pod += 1) shares[pod] = weights[pod]! / sum;
      picker.install(weights);
    },
    pick: () => picker.pick(),
  };
}

export function uniform({ pods }: Setting): WeightRule {
  const weights = new Float64Array(pods).fill(1);
  return () => weights;
}

/** 1 / (queue + 1): what many write first. */
export const inverse =
  (_: Setting): WeightRule =>
  ({ queues }) =>
    queues.map((queue) => 1 / (queue + 1));

/** Basic LI (Dahlin): what is expected in the interval is poured onto the queues. */
export const basicLI =
  ({ arrivalRate, interval }: Setting): WeightRule =>
  ({ queues }) => {
    const level = waterLevel(arrivalRate * interval, queues);
    return queues.map((queue) => Math.max(0, level - queue));
  };

/** Shares in proportion to the speeds of this moment. */
export const oracleProportional = ({ pods, capacityNow }: Setting): WeightRule => {
  const weights = new Float64Array(pods);
  return () => weights.map((_, pod) => capacityNow(pod));
};

/** The best that fixed shares can do for M/M/1 queues of known speeds: capacity less a spare part in sqrt(capacity). */
export const oracleOptimum = ({ pods, capacityNow, arrivalRate }: Setting): WeightRule => {
  const weights = new Float64Array(pods);
  return () => {
    const capacities = weights.map((_, pod) => capacityNow(pod));
    const roots = capacities.map(Math.sqrt);
    const total = capacities.reduce((sum, capacity) => sum + capacity, 0);
    const level = waterLevel(
      Math.min(arrivalRate, total),
      roots.map((root) => -root),
      roots,
    );
    return roots.map((root) => Math.max(0, root * (level + root)));
  };
};
