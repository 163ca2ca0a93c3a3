import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import { type BesideCell, besidePlain } from "./beside-plain.ts";
import type { ReadySetSection } from "./section.ts";

const period = 5;
/** Until a decision is heeded, and how long connections live: in periods. */
const delays = [0, 0.2, 0.6, 1, 2, 4];
const holds = [1, 2, 3, 5, 10, 40];
const fewerDelays = [0.6, 4];
const fewerHolds = [2, 10];
/** How the delay differs, from one decision or one node to the next. */
const ways = ["same", "varying", "nodes"] as const;
/** How connections come, how long they stay, and how often pods are read. */
const traffics = {
  plain: { traffic: {}, set: {} },
  bunches_20: { traffic: { burst: 20 }, set: {} },
  bimodal: { traffic: { lives: "bimodal" }, set: {} },
  alike: { traffic: { lives: "alike" }, set: {} },
  speeds: { traffic: { speeds: [0.5, 0.5, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5, 1.5, 1.5] }, set: {} },
  slow_samples: { traffic: {}, set: { interval: 2 * period } },
} as const satisfies Record<string, Pick<BesideCell, "traffic" | "set">>;
const floors = { half: 1 / 2, twoThirds: 2 / 3 } as const;

const cellOf = (
  hold: number,
  delay: number,
  way: (typeof ways)[number],
  traffic: keyof typeof traffics,
  floor: keyof typeof floors,
): BesideCell => {
  const plain: Partial<ConnectionScenario> = { pods: 10, connections: 22, period, hold: hold * period };
  return {
    name: `h${hold}t_d${delay}t.${way}.${traffic}.${floor}`,
    traffic: { ...plain, ...traffics[traffic].traffic },
    set: { ...traffics[traffic].set, delay: delay * period, delays: way, floor: floors[floor] },
    seeds: hold > 5 ? 1 : 2,
  };
};

/** Sets that are heeded late, once by all and once by one after the other: the rule finds out, and does no harm. */
export function heededLate(quick: boolean): ReadySetSection {
  const cells = (quick ? fewerHolds : holds).flatMap((hold) =>
    (quick ? fewerDelays : delays).flatMap((delay) => [
      ...(quick ? (["same"] as const) : ways).flatMap((way) =>
        (["half", "twoThirds"] as const).map((floor) => cellOf(hold, delay, way, "plain", floor)),
      ),
      ...(Object.keys(traffics) as (keyof typeof traffics)[])
        .filter((traffic) => traffic !== "plain" && (!quick || traffic === "bunches_20"))
        .map((traffic) => cellOf(hold, delay, "same", traffic, "half")),
    ]),
  );
  return besidePlain(cells, {
    title: "sd/mean beside a plain Service where sets are heeded late, by hold time and delay in periods",
    group: "vs_plain",
    worst: "worst_vs_plain",
    most: 1.03,
  });
}
