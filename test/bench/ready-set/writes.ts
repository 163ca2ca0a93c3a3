import type { Expectation } from "../balance/expectation.ts";
import { connectionJob } from "./jobs.ts";
import { type ReadySetSection, reportReadySet } from "./section.ts";

const fleets = [
  [300, 20],
  [1_000, 20],
  [1_000, 5],
] as const;

/** Pools of several slices: how many of them a change of the set touches, of a hundred pods each. */
export function slicesTouched(quick: boolean): ReadySetSection {
  const cells = fleets.slice(0, quick ? 1 : fleets.length).map(([pods, connections]) => ({
    name: `n${pods}_m${connections}_h300`,
    job: connectionJob("writes", { pods, connections, told: true, policy: "leastBusy" }, 1),
    slices: pods / 100,
  }));
  return {
    title: "Pools of several slices: how many a change of the set touches",
    jobs: cells.map(({ job }) => job),
    report: (figuresOf) =>
      reportReadySet(
        "writes",
        cells.flatMap(({ name, job, slices }): Expectation[] => {
          const { writesPerPeriod, slicesPerWrite } = figuresOf(job);
          return [
            { name: `${name}.per_period`, value: writesPerPeriod, most: 1 },
            { name: `${name}.slices`, value: slicesPerWrite, most: slices },
          ];
        }),
      ),
  };
}
