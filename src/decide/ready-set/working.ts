import { type Column, Roster } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import type { Steps, Working } from "../weights/working.ts";
import { type ChosenSet, type Contender, deadBand, type Expected } from "./choose.ts";
import type { KeepMemory } from "./keep.ts";
import type { DescribedLag } from "./lag.ts";
import { levelOf } from "./share.ts";

/** A pod that chance alone has filled is so many standard deviations above the others. */
const deviations = 2;

/**
 * The share of connections that must outlast a period for a set to help: below it, a pod that chance has filled is better
 * left in, as the others would get more for it than they have less. `level` is what pods carry in the mean.
 */
const helpsFrom = (level: number): number => Math.sqrt(level) / (2 * deviations + Math.sqrt(level));

/**
 * A set of which it is not sure when it is heeded may be in force for longer than a period, and against what is there by
 * then: so much longer for each period that the lag deviates by, and for its square.
 */
const [unsureFor, unsureSquared] = [0.3, 0.1];

/** Periods in which a set is in force, where the lag deviates by so many. */
export const inForceFor = (unsure: number): number => 1 + unsureFor * unsure + unsureSquared * unsure ** 2;

/** From here on it is likelier that sets show no effect than that they do, and less is left of now than has come since. */
export const evenOdds = 0.5;

const steps: Steps = {
  pool: [
    { figure: "totalConnections", formula: "mean(connections) * pods" },
    { figure: "measuredKeep", formula: "products / squares" },
    {
      figure: "keep",
      formula: "squares + totalConnections > 0 ? within(products / (squares + totalConnections), 0, 1) : 0",
    },
    { figure: "inForceFor", formula: `1 + ${unsureFor} * unsure + ${unsureSquared} * unsure ^ 2` },
    { figure: "arrivals", formula: "max(totalConnections * (1 - keep ^ inForceFor) + company, crowd)" },
    { figure: "level", formula: "sum(connections) / sum(capacity)" },
    { figure: "levelAhead", formula: "sum(ahead) / sum(capacity)" },
    { figure: "helpsFrom", formula: `sqrt(level) / (${2 * deviations} + sqrt(level))` },
    { figure: "atLeast", formula: `unseen >= ${evenOdds} or kept < ${evenOdds} ? pods : floor` },
    { figure: "costOfAll", formula: "mean(held + arrivals / pods / capacity)" },
    { figure: "inForceSize", formula: "sum(inForce)" },
    { figure: "costInForce", formula: "sum(inForce * (held + arrivals / inForceSize / capacity)) / inForceSize" },
    { figure: "bestSize", formula: "sum(best)" },
    { figure: "costOfBest", formula: "sum(best * (held + arrivals / bestSize / capacity)) / bestSize" },
    { figure: "gain", formula: "costInForce - costOfBest" },
    { figure: "adopt", formula: `gain >= ${deadBand} or bestSize >= pods or sound < 1 ? 1 : 0` },
    { figure: "size", formula: "sum(in)" },
    { figure: "costOfSet", formula: "sum(in * cost) / size" },
  ],
  pod: [
    { figure: "even", formula: "capacity * level" },
    { figure: "ahead", formula: "kept * connections + onTheWay" },
    { figure: "held", formula: "2 * keep * ahead / capacity", otherwise: "2 * keep * levelAhead" },
    { figure: "cost", formula: "held + arrivals / size / capacity" },
  ],
};

interface Decided extends Expected {
  readonly floor: number;
  /** Connections of all pods. */
  readonly connections: number;
  /** Those that are expected in a crowd; 0: there is none. */
  readonly crowd: number;
  readonly learned: KeepMemory;
  readonly choice: ChosenSet;
  readonly expected: ExpectedTraffic;
}

/** What is expected until a set is heeded, and of those that come then. */
interface ExpectedTraffic {
  readonly lag: DescribedLag;
  /** Share of the connections of now that are there then. */
  readonly kept: number;
  /** New ones that each pod gets until then. */
  readonly onTheWay: Column;
  /** The pods as they are then. */
  readonly ahead: readonly Contender[];
  /** How many more come together than by chance. */
  readonly company: number;
}

const asFigures = (flags: readonly boolean[]): Column => flags.map(Number);
const sumWhere = (flags: readonly boolean[], figures: Column): number =>
  figures.reduce((total, figure, place) => (flags[place] ? total + figure : total), 0);

/** How a set came to be chosen, in the numbers that were used: the arithmetic that `explain` shows. */
export function setWorking(pods: readonly Contender[], decided: Decided): Working {
  const { keep, arrivals, crowd, floor, connections, learned, choice, expected } = decided;
  const { lag, kept, onTheWay, ahead, company } = expected;
  const { isIn, size, cost: costOfBest, costInForce, costOfAll, best, held, isSound } = choice;
  const inForce = pods.map((pod) => pod.isIn);
  const [level, levelAhead] = [levelOf(pods), levelOf(ahead)];
  const costs = held.map((one, place) => one + arrivals / size / pods[place]!.capacity);
  const bestSize = best.filter(Boolean).length;
  const gain = costInForce - costOfBest;
  return {
    steps,
    pool: {
      pods: pods.length,
      floor,
      squares: learned.xx,
      products: learned.xy,
      sound: Number(isSound),
      totalConnections: connections,
      ...(learned.xx > 0 && { measuredKeep: learned.xy / learned.xx }),
      keep,
      lag: lag.mean,
      unsure: lag.deviation,
      unseen: lag.unseen,
      kept,
      inForceFor: inForceFor(lag.deviation),
      company,
      crowd,
      arrivals,
      ...(level !== undefined && { level, levelAhead: levelAhead!, helpsFrom: helpsFrom(level) }),
      atLeast: lag.unseen >= evenOdds || kept < evenOdds ? pods.length : floor,
      costOfAll,
      inForceSize: inForce.filter(Boolean).length,
      costInForce,
      bestSize,
      costOfBest,
      gain,
      adopt: Number(gain >= deadBand || bestSize >= pods.length || !isSound),
      size,
      costOfSet: sumWhere(isIn, costs) / size,
    },
    pods: new FigureTable(new Roster(pods.map(({ uid }) => uid)), {
      connections: pods.map((pod) => pod.connections),
      capacity: pods.map(({ capacity }) => capacity),
      inForce: asFigures(inForce),
      best: asFigures(best),
      in: asFigures(isIn),
      onTheWay,
      ahead: ahead.map((pod) => pod.connections),
      even: level === undefined ? pods.map(() => undefined) : pods.map(({ capacity }) => capacity * level),
      held,
      cost: costs,
    }),
  };
}
