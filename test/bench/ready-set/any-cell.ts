import { Random } from "../../../src/lab/sim/random.ts";
import { type BesideCell, besidePlain } from "./beside-plain.ts";
import type { ReadySetSection } from "./section.ts";

/** Small pools more often than large ones: of a few pods a wrong set takes many out. */
const pods = [2, 3, 3, 3, 4, 4, 5, 6, 8, 10, 12, 15, 20];
const periods = [1, 5, 10, 10];
/** In periods; long ones as well as short ones. */
const delays = [0, 0.1, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 3, 5, 8, 15, 30, 45, 90];
const floors = [1 / 2, 1 / 2, 2 / 3, 3 / 4, 9 / 10];
/** From pod to pod, over and over. */
const speeds = [undefined, undefined, [0.5, 1.5], [0.75, 1.25], [1, 3], [1, 1, 1, 5]];
/** Connections of a pod in the mean, and for how many periods they are held: least and most. */
const [fewest, most] = [1, 200];
const [shortest, longest] = [0.3, 40];

/** A cell that nobody chose: the same for the same number. */
export function anyCell(number: number): BesideCell {
  const random = new Random(number, 0);
  const one = <T>(values: readonly T[]): T => values[random.below(values.length)]!;
  const between = (least: number, greatest: number): number => least * (greatest / least) ** random.next();
  const [count, period] = [one(pods), one(periods)];
  const connections = Math.round(between(fewest, most));
  const [hold, delay] = [between(shortest, longest), one(delays)];
  const relative = one(speeds);
  return {
    name: `any_${number}.n${count}_m${connections}_h${hold.toFixed(2)}t_d${delay}t`,
    traffic: {
      pods: count,
      connections,
      period,
      hold: hold * period,
      alternate: random.next() < 0.25,
      ...(relative && { speeds: Array.from({ length: count }, (_, pod) => relative[pod % relative.length]!) }),
    },
    set: { delay: delay * period, floor: one(floors), missing: one([0, 0, 0, 0.1]) },
    seeds: 3,
  };
}

const cells = (count: number): BesideCell[] => Array.from({ length: count }, (_, number) => anyCell(number));

/** Cells that nobody chose, beside a plain Service. */
export function anyCells(quick: boolean): ReadySetSection {
  return besidePlain(cells(quick ? 12 : 120), {
    title: "sd/mean beside a plain Service, of pools, traffic and delays that are drawn at random",
    group: "any_vs_all",
    worst: "worst_any_vs_all",
    most: 1.02,
  });
}
