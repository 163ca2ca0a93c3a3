import { defined } from "../../api/defined.ts";
import { Roster } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import { levelOf, nearness, type Share } from "../ready-set/share.ts";
import type { Steps, Working } from "../weights/working.ts";

const steps: Steps = {
  pool: [
    { figure: "level", formula: "sum(connections) / sum(capacity)" },
    { figure: "asked", formula: "sum(surplus)" },
  ],
  pod: [
    { figure: "even", formula: "capacity * level" },
    { figure: "above", formula: "connections - even" },
    {
      figure: "surplus",
      formula: `above > ${nearness} * even ? floor(min(above, connections * maxPercent / 100)) : 0`,
    },
  ],
};

interface Measured {
  readonly uid: string;
  readonly connections?: number;
  readonly capacity: number;
}

interface Decided {
  readonly maxPercent: number;
  /** In the order of the pods. */
  readonly shares: readonly Share[];
  readonly surplus: readonly number[];
}

/** How it came about whom to ask for how many, in the numbers that were used: the arithmetic that `explain` shows. */
export function rebalanceWorking(pods: readonly Measured[], { maxPercent, shares, surplus }: Decided): Working {
  const level = levelOf(pods);
  return {
    steps,
    pool: {
      maxPercent,
      ...defined({ level }),
      asked: surplus.reduce((total, connections) => total + connections, 0),
    },
    pods: new FigureTable(new Roster(pods.map(({ uid }) => uid)), {
      connections: shares.map(({ connections }) => connections),
      capacity: pods.map(({ capacity }) => capacity),
      even: shares.map(({ even }) => even),
      above: shares.map(({ connections, even }) => connections - even),
      surplus,
    }),
  };
}
