import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import { digits } from "../balance/check.ts";
import { connectionJob } from "./jobs.ts";
import type { ReadySetSection } from "./section.ts";

/** Pods and their connections, and what only those heed that publish a set. */
export interface BesideCell {
  readonly name: string;
  readonly traffic: Partial<ConnectionScenario>;
  readonly set: Partial<ConnectionScenario>;
  readonly seeds: number;
}

interface Promise {
  readonly title: string;
  /** Of each cell's figure. */
  readonly group: string;
  /** Of the worst one's. */
  readonly worst: string;
  /** Worse than a plain Service by more than this, and by more than chance explains, is a failure. */
  readonly most: number;
}

/** The spread behind a ready set beside that behind a plain Service, for cells in which it must be no worse. */
export function besidePlain(cells: readonly BesideCell[], { title, group, worst, most }: Promise): ReadySetSection {
  const jobs = cells.map(({ name, traffic, set, seeds }) => ({
    name,
    ours: connectionJob("steady", { ...traffic, ...set, policy: "leastBusy" }, seeds),
    plain: connectionJob("steady", { ...traffic, policy: "all" }, seeds),
  }));
  return {
    title,
    jobs: jobs.flatMap(({ ours, plain }) => [ours, plain]),
    report(figuresOf) {
      const compared = jobs
        .map(({ name, ours, plain }) => {
          const [own, all] = [figuresOf(ours), figuresOf(plain)];
          const ratio = own.sdOverMean / all.sdOverMean;
          return { name, ratio, se: ratio * Math.hypot(own.se / own.sdOverMean, all.se / all.sdOverMean) };
        })
        .sort((a, b) => b.ratio - a.ratio);
      const line = ({ name, ratio, se }: (typeof compared)[number]): string =>
        `${name.padEnd(48)}${ratio.toFixed(4).padStart(11)}${`se ${se.toFixed(4)}`.padStart(14)}`;
      const first = compared[0]!;
      return {
        figures: {
          ...Object.fromEntries(compared.map(({ name, ratio }) => [`ready_set.${group}.${name}`, digits(ratio)])),
          [`ready_set.${worst}`]: digits(first.ratio),
          [`ready_set.${worst}_se`]: digits(first.se),
        },
        lines: [
          `${compared.length} cells; the worst, and the best:`,
          ...compared.slice(0, 8).map(line),
          line(compared.at(-1)!),
        ],
        problems: compared
          .filter(({ ratio, se }) => ratio > Math.max(most, 1 + 3 * se))
          .map(({ name, ratio }) => `${group}.${name} is ${digits(ratio)}, at most ${most}`),
      };
    },
  };
}
