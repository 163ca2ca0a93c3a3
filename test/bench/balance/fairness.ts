import { type PolicyName, plainScenario, type Scenario } from "../../../src/sim/scenario.ts";
import { Simulation } from "../../../src/sim/simulation.ts";
import { digits, type Report, type Section } from "./check.ts";

const requests = 1_500;
const seeds = 20;
const ways: readonly (readonly [string, Partial<Scenario>])[] = [
  ["random", {}],
  ["edf1", { pick: "edf" }],
  ["edf10", { pick: "edf", dispatchers: 10 }],
];
const strategies: readonly PolicyName[] = ["LeastConnections", "roundRobin", "random"];

/** Requests that each pod got of the first `count`. */
function countSent(change: Partial<Scenario>, count: number, seed: number): number[] {
  const simulation = new Simulation({ ...plainScenario, load: 0.7, horizon: 100_000, ...change, seed });
  simulation.run(count);
  return [...simulation.sent];
}

/** The least share of 5 equal pods, in even shares, over all ways, intervals and seeds. */
function leastShare(policy: PolicyName): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [, way] of ways)
    for (const updateInterval of [1, 10, 60])
      for (let seed = 1; seed <= seeds; seed += 1) {
        const sent = countSent({ pods: 5, policy, ...way, updateInterval }, requests, seed);
        least = Math.min(least, (Math.min(...sent) * sent.length) / requests);
      }
  return least;
}

/** How far two equal pods ahead of six worse ones are apart, as a share of the larger. */
function pairGap(way: Partial<Scenario>): number {
  const speeds = [2, 2, ...Array<number>(6).fill(1)];
  const [first, second] = countSent({ pods: 8, speeds, policy: "LeastConnections", ...way }, 100_000, 1);
  return Math.abs(first! - second!) / Math.max(first!, second!);
}

/** That nobody among equals is left aside. Short enough to run at once. */
export const fairness: Section = {
  title: `Fairness, ${requests} requests to 5 equal pods`,
  jobs: [],
  report(): Report {
    const shares = strategies.map((policy) => ({ policy, share: leastShare(policy) }));
    const gaps = ways.map(([how, way]) => ({ how, gap: pairGap(way) }));
    const least = Math.min(...shares.map(({ share }) => share));
    const widest = Math.max(...gaps.map(({ gap }) => gap));
    return {
      figures: {
        ...Object.fromEntries(shares.map(({ policy, share }) => [`balance.fairness.${policy}`, digits(share)])),
        ...Object.fromEntries(gaps.map(({ how, gap }) => [`balance.fairness_pair.${how}`, digits(gap)])),
        "balance.fairness_min_share": digits(least),
        "balance.fairness_pair_gap": digits(widest),
      },
      lines: [
        ...shares.map(({ policy, share }) => `${policy.padEnd(44)}least share ${share.toFixed(3)} of an even one`),
        ...gaps.map(
          ({ how, gap }) => `${`two equal pods ahead of six, ${how}`.padEnd(44)}${(100 * gap).toFixed(1)}% apart`,
        ),
      ],
      problems: [
        ...(least < 0.5 ? [`fairness: least share ${digits(least)}, at least 0.5`] : []),
        ...(widest > 0.1 ? [`fairness: two equal pods are ${digits(widest)} apart, at most 0.1`] : []),
      ],
    };
  },
};
