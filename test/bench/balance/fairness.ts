import { type StrategyType, strategyTypes } from "../../../src/api/pool.ts";
import type { Scenario } from "../../../src/lab/sim/scenario.ts";
import type { Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob, type Job, type JobResult } from "./jobs.ts";

const requests = 1_500;
const leastAllowed = 0.5;
const widestAllowed = 0.1;
const ways: readonly (readonly [string, Partial<Scenario>])[] = [
  ["random", {}],
  ["edf1", { pick: "edf" }],
  ["edf10", { pick: "edf", dispatchers: 10 }],
];

/** Filling pods one after the other is what Packing is for. */
const unfair: readonly StrategyType[] = ["Packing"];
const strategies = strategyTypes.filter((strategy) => !unfair.includes(strategy));

/** Longer than the requests last. */
const base: Partial<Scenario> = { load: 0.7, horizon: 100_000 };
const pair = [2, 2, 1, 1, 1, 1, 1, 1];

/** The least share that any of equal pods had under any seed, in even shares. */
const leastShare = ({ sent }: JobResult): number =>
  Math.min(...sent.map((counts) => (Math.min(...counts) * counts.length) / counts.reduce((sum, count) => sum + count)));

/** How far two equal pods ahead of six worse ones are apart, as a share of the larger. */
function pairGap({ sent }: JobResult): number {
  const [first, second] = [0, 1].map((pod) => sent.reduce((sum, counts) => sum + counts[pod]!, 0));
  return Math.abs(first! - second!) / Math.max(first!, second!);
}

/** That nobody among equals is left aside. */
export function fairness(quick: boolean): Section {
  const rows = strategies.map((policy) => ({
    policy,
    equals: ways.flatMap(([, way]) =>
      [1, 10, 60].map((updateInterval) =>
        createJob({ ...base, pods: 5, policy, ...way, updateInterval }, { seeds: quick ? 2 : 10, requests }),
      ),
    ),
    pairs: ways.map(([how, way]) => ({
      how,
      job: createJob({ ...base, pods: 8, speeds: pair, policy, ...way }, { requests: quick ? 8_000 : 50_000 }),
    })),
  }));
  return {
    title: `Fairness: ${requests} requests to 5 equal pods; two equal pods ahead of six worse ones`,
    jobs: rows.flatMap(({ equals, pairs }) => [...equals, ...pairs.map(({ job }) => job)]),
    report(resultOf) {
      const shareOf = (jobs: readonly Job[]): number => Math.min(...jobs.map((job) => leastShare(resultOf(job))));
      const shares = rows.map(({ policy, equals }) => ({ policy, share: shareOf(equals) }));
      const gaps = rows.flatMap(({ policy, pairs }) =>
        pairs.map(({ how, job }) => ({ name: `${policy}.${how}`, gap: pairGap(resultOf(job)) })),
      );
      const share = reportExpectations(
        "fairness",
        shares.map((row): Expectation => ({ name: row.policy, value: row.share, least: leastAllowed })),
      );
      const gap = reportExpectations(
        "fairness_pair",
        gaps.map((row): Expectation => ({ name: row.name, value: row.gap, most: widestAllowed })),
      );
      return {
        figures: {
          ...share.figures,
          ...gap.figures,
          "balance.fairness_min_share": Math.min(...shares.map((row) => row.share)),
          "balance.fairness_pair_gap": Math.max(...gaps.map((row) => row.gap)),
        },
        lines: [...share.lines, ...gap.lines.slice(1)],
        problems: [...share.problems, ...gap.problems],
      };
    },
  };
}
