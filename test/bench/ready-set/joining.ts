import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import type { Expectation } from "../balance/expectation.ts";
import { connectionJob } from "./jobs.ts";
import { type ReadySetSection, reportReadySet } from "./section.ts";

const columns = {
  plain: { policy: "all" },
  half: { policy: "leastBusy", floor: 1 / 2 },
  twoThirds: { policy: "leastBusy" },
  rebalanced: { policy: "leastBusy", rebalance: 0.05 },
} as const satisfies Record<string, Partial<ConnectionScenario>>;
type Column = keyof typeof columns;

// Pods, connections, pods that join, hold time; the median of 7 seeds of an independent simulation, in hold times. Behind a
// plain Service the last one takes longer than anybody waits.
const rows: readonly (readonly [number, number, number, number, readonly (number | undefined)[]])[] = [
  [10, 100, 5, 600, [1.6, 0.42, 0.5, 0.13]],
  [10, 100, 5, 300, [1.33, 0.44, 0.55, 0.24]],
  [4, 200, 4, 1_800, [1.66, 0.54, 0.84, 0.08]],
  [20, 20, 10, 600, [undefined, 0.73, 1.05, 0.75]],
];
const referenceSeeds = 7;
/** It is not told whether pods join when a period begins or ends: one more or less is accepted, in seconds. */
const period = 10;

/** Seeds of a median whose error is known, and those of the promise. */
const seeds = 21;
const fewSeeds = 5;

/** What is promised when 5 empty pods join 10 with 100 connections each, in hold times. */
const promise = { half: 0.5, twoThirds: 0.7 } as const;
const promised = { pods: 10, connections: 100, join: 5 } as const;

/** Pods that join: hold times until none has more than 1.25 of the mean. */
export function joining(quick: boolean): ReadySetSection {
  const compared = rows
    .filter(([, , , hold]) => !quick || hold < 1_000)
    .flatMap(([pods, connections, join, hold, references]) =>
      (Object.keys(columns) as Column[]).map((column, index) => ({
        hold,
        name: `n${pods}_m${connections}_k${join}_h${hold}.${column}`,
        reference: references[index],
        job: connectionJob("join", { pods, connections, join, hold, told: true, ...columns[column] }, seeds),
      })),
    );
  const kept = [300, 600].map((hold) => {
    const at = (column: Column) => connectionJob("join", { ...promised, hold, ...columns[column] }, fewSeeds);
    return { hold, half: at("half"), twoThirds: at("twoThirds"), rebalanced: at("rebalanced") };
  });
  return {
    title: "Pods that join: hold times until none has more than 1.25 of the mean",
    jobs: [
      ...compared.map(({ job }) => job),
      ...kept.flatMap(({ half, twoThirds, rebalanced }) => [half, twoThirds, rebalanced]),
    ],
    report(figuresOf) {
      const wait = (holds: number | null): number => holds ?? Number.POSITIVE_INFINITY;
      const inTable = compared.map(({ name, hold, reference, job }): Expectation => {
        const { holds, se } = figuresOf(job);
        if (reference === undefined) return { name, value: wait(holds), least: 5 };
        const accepted = period / hold + 3 * Math.hypot(se, se * Math.sqrt(seeds / referenceSeeds));
        return { name, value: wait(holds), reference, least: reference - accepted, most: reference + accepted };
      });
      const closed = compared
        .filter(({ name }) => name.endsWith(".rebalanced"))
        .map(({ name, job }): Expectation => ({ name: `${name}.closed`, value: figuresOf(job).closed }));
      const learned = kept.flatMap(({ hold, half, twoThirds, rebalanced }): Expectation[] => {
        const name = `n10_m100_k5_h${hold}.learned`;
        const without = wait(figuresOf(twoThirds).holds);
        return [
          { name: `${name}.half`, value: wait(figuresOf(half).holds), most: promise.half },
          { name: `${name}.twoThirds`, value: without, most: promise.twoThirds },
          { name: `${name}.rebalanced`, value: wait(figuresOf(rebalanced).holds), most: without / 2 },
        ];
      });
      return reportReadySet("joining", [...inTable, ...closed, ...learned]);
    },
  };
}
