import type { PolicyName } from "../../../src/lab/sim/scenario.ts";
import {
  anyService,
  bestSplit,
  equalSplit,
  roundRobin,
  sharedQueue,
  singleServer,
  supermarket,
} from "../../lab/sim/theory.ts";
import { type Check, check, createCheckSection, type Section } from "./check.ts";

const half = (low: number, high: number): number[] => Array.from({ length: 20 }, (_, pod) => (pod < 10 ? low : high));

/** Every closed form for loads from 0.5 to 0.95. Horizons grow with the load, as the noise does. */
export function closedForms(quick: boolean): Section {
  const loads = quick ? [0.5, 0.8, 0.95] : [0.5, 0.7, 0.8, 0.9, 0.95];
  const length = (load: number): number => Math.min(30_000, 400 / (1 - load) ** 2) * (quick ? 0.15 : 1) + 1_000;
  const checks = loads.flatMap((load): Check[] => {
    const horizon = length(load);
    const splits = { load, pods: 20, horizon: 5 * horizon, warmUp: 0.3 };
    return [
      check(`mm1.${load}`, { load, horizon }, singleServer(load)),
      ...[0, 0.5, 4].map((cv2) => {
        const change = { load, cv2, horizon: cv2 > 1 ? 1.5 * horizon : horizon };
        return check(`mg1_cv2_${cv2}.${load}`, change, anyService(load, cv2));
      }),
      ...[10, 100].map((pods) =>
        // All pods share the fluctuations of one stream of requests: it takes long until they average out.
        check(
          `round_robin_${pods}.${load}`,
          { load, pods, policy: "roundRobin", horizon: ((quick ? 400 : 150) * horizon) / pods },
          roundRobin(pods, load),
        ),
      ),
      ...[2, 3, 5, 10].map((d) => {
        // Theory is for fleets without end: 1,000 pods are near it.
        const fleet = { pods: 1_000, policy: `choices${d}` as PolicyName, updateInterval: 0 };
        return check(`choices_${d}.${load}`, { ...fleet, load, horizon: quick ? 150 : 800 }, supermarket(d, load));
      }),
      ...[10, 100].map((concurrency) => {
        const fleet = { pods: 100 / concurrency, concurrency };
        return check(
          `mm${concurrency}.${load}`,
          { ...fleet, load, horizon: horizon / 2 },
          sharedQueue(concurrency, load),
        );
      }),
      ...[half(0.75, 1.25), half(0.5, 1.5)].flatMap((speeds) => {
        const name = (kind: string) => `split_${kind}_${speeds[0]}_${speeds[19]}.${load}`;
        const fleet = { ...splits, speeds };
        return [
          // Nearly saturated pods need more time than a benchmark has.
          ...(load <= speeds[0]! - 0.2
            ? [check(name("equal"), { ...fleet, policy: "uniform" }, equalSplit(speeds, load))]
            : []),
          check(name("proportional"), { ...fleet, policy: "oracleProportional" }, singleServer(load)),
          check(name("best"), { ...fleet, policy: "oracleOptimum" }, bestSplit(speeds, load)),
        ];
      }),
    ];
  });
  return createCheckSection("Closed forms", "closed_forms", checks);
}
