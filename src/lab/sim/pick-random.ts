import type { Picker } from "./policy.ts";
import type { Random } from "./random.ts";

/** Each request goes to a random pod, with probabilities that are proportional to the weights. */
export function createRandomPicker(pods: number, random: Random): Picker {
  const sums = Float64Array.from({ length: pods }, (_, pod) => pod + 1);
  return {
    install(weights) {
      let sum = 0;
      for (let pod = 0; pod < pods; pod += 1) {
        sum += weights[pod]!;
        sums[pod] = sum;
      }
    },
    pick() {
      const at = random.next() * sums[pods - 1]!;
      let low = 0;
      let high = pods - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sums[middle]! > at) high = middle;
        else low = middle + 1;
      }
      return low;
    },
  };
}
