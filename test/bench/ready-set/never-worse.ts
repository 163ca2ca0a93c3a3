import { digits } from "../balance/check.ts";
import { connectionJob } from "./jobs.ts";
import type { ReadySetSection } from "./section.ts";

/** Worse than a plain Service by more than this, and by more than chance explains, is a failure. */
const worstAllowed = 1.02;

const period = 10;
const holds = [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 100, 1_000];
const fewerHolds = [0.05, 0.5, 1, 2, 5, 30];
/** Pods, and connections of each in the mean. */
const fleets = [
  [20, 20],
  [10, 100],
  [5, 40],
  [3, 10],
] as const;
const conditions = { plain: {}, missing_10: { missing: 0.1 }, alternate: { alternate: true } } as const;
const floors = { half: 1 / 2, twoThirds: 2 / 3 } as const;
/** At these one seed has enough periods, and takes long enough. */
const seedsOf = (hold: number): number => (hold < 1 || hold > 50 ? 1 : 3);

/** The ready set beside a plain Service at any hold time: it finds out by itself when it helps. */
export function neverWorse(quick: boolean): ReadySetSection {
  const cells = (quick ? fewerHolds : holds).flatMap((hold) =>
    (quick ? fleets.slice(0, 1) : fleets).flatMap(([pods, connections]) =>
      Object.entries(conditions).flatMap(([condition, change]) =>
        Object.entries(floors).flatMap(([floorName, floor]) => {
          const scenario = { pods, connections, hold: hold * period, period, ...change };
          return {
            name: `n${pods}_m${connections}_h${hold}t.${condition}.${floorName}`,
            ours: connectionJob("steady", { ...scenario, floor, policy: "leastBusy" }, seedsOf(hold)),
            plain: connectionJob("steady", { ...scenario, policy: "all" }, seedsOf(hold)),
          };
        }),
      ),
    ),
  );
  return {
    title: "sd/mean beside a plain Service, by hold time in periods",
    jobs: cells.flatMap(({ ours, plain }) => [ours, plain]),
    report(figuresOf) {
      const compared = cells
        .map(({ name, ours, plain }) => {
          const [own, all] = [figuresOf(ours), figuresOf(plain)];
          const ratio = own.sdOverMean / all.sdOverMean;
          return { name, ratio, se: ratio * Math.hypot(own.se / own.sdOverMean, all.se / all.sdOverMean) };
        })
        .sort((a, b) => b.ratio - a.ratio);
      const line = ({ name, ratio, se }: (typeof compared)[number]): string =>
        `${name.padEnd(48)}${ratio.toFixed(4).padStart(11)}${`se ${se.toFixed(4)}`.padStart(14)}`;
      const worst = compared[0]!;
      return {
        figures: {
          ...Object.fromEntries(compared.map(({ name, ratio }) => [`ready_set.vs_all.${name}`, digits(ratio)])),
          "ready_set.worst_vs_all": digits(worst.ratio),
          "ready_set.worst_vs_all_se": digits(worst.se),
        },
        lines: [
          `${compared.length} cells; the worst, and the best:`,
          ...compared.slice(0, 8).map(line),
          line(compared.at(-1)!),
        ],
        problems: compared
          .filter(({ ratio, se }) => ratio > Math.max(worstAllowed, 1 + 3 * se))
          .map(({ name, ratio }) => `vs_all.${name} is ${digits(ratio)}, at most ${worstAllowed}`),
      };
    },
  };
}
