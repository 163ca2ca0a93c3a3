import { besidePlain } from "./beside-plain.ts";
import type { ReadySetSection } from "./section.ts";

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
        Object.entries(floors).map(([floorName, floor]) => ({
          name: `n${pods}_m${connections}_h${hold}t.${condition}.${floorName}`,
          traffic: { pods, connections, hold: hold * period, period, ...change },
          set: { floor },
          seeds: seedsOf(hold),
        })),
      ),
    ),
  );
  return besidePlain(cells, {
    title: "sd/mean beside a plain Service, by hold time in periods",
    group: "vs_all",
    worst: "worst_vs_all",
    most: 1.02,
  });
}
