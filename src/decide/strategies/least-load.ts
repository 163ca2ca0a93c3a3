import { defined } from "../../api/defined.ts";
import { columnOf } from "../basics/by-pod.ts";
import { follow } from "../basics/ewma.ts";
import { FigureTable } from "../basics/figure-table.ts";
import { meanOf } from "../basics/mean.ts";
import type { Candidate } from "../membership/eligible.ts";
import { wasServing } from "../samples/serving.ts";
import { factsOf } from "../sources/sources.ts";
import type { Evidence, Weigh } from "../weights/compute.ts";
import { slowStart } from "../weights/slow-start.ts";
import type { Steps } from "../weights/working.ts";
import type { Pool, Sample } from "../world.ts";
import { delayOf } from "./follow-root.ts";
import { newestSamples } from "./newest-samples.ts";
import { type PoolStrategy, rankByFigure } from "./rank.ts";

/** Bounds of a step's ratio and of a weight (gRFC A80). */
const step = { least: 0.5, most: 2 };
const bounds = { least: 0.1, most: 10 };

/** A load below this, in percent, is taken as this: ratios of next to nothing mean nothing. */
const leastLoadPercent = 1;

/** Standard deviation that noise may put into a weight, as a share of it. */
const acceptedNoise = 0.1;
const acceptedVariance = 2 * acceptedNoise ** 2;
/** Samples after which 37 % of the estimate of the noise is left. */
const noiseMemory = 30;

/** Least time in which an imbalance is evened out, for connections that outlive an interval. */
const leastSettlingMs = 30_000;

/** Largest gain without any overshoot in a loop with so many intervals of dead time: k^k / (k + 1)^(k + 1). */
export const criticalGain = (deadIntervals: number): number =>
  deadIntervals ** deadIntervals / (deadIntervals + 1) ** (deadIntervals + 1);

const loadOf = ({ sample }: Candidate) => sample?.load;

const bounded = (load: number): number => Math.max(leastLoadPercent, load);

/**
 * The share of its weight that a pod had in its slow start while it took on the load of its sample: in the middle of the
 * interval that the sample ends.
 */
const rampedIn = (candidate: Candidate, { takenAt }: Sample, pool: Pool): number =>
  slowStart(candidate, { pool, now: takenAt - pool.spec.metrics!.interval / 2 });

/** How much a pod's load jumps from one sample to the next, as a variance of its logarithm. */
function noiseOf({ candidates, roster, learned, servings }: Evidence): number | undefined {
  const samples = columnOf(learned.samples, roster);
  const jumps: number[] = [];
  for (const [place, { pod, sample }] of candidates.entries()) {
    const before = samples[place];
    if (sample?.load === undefined || before?.load === undefined || sample.takenAt === before.takenAt) continue;
    if (!wasServing(servings, pod.uid, before)) continue;
    jumps.push(Math.log(bounded(sample.load) / bounded(before.load)) ** 2 / 2);
  }
  return jumps.length > 0 ? follow(learned.noise, meanOf(jumps), 1, noiseMemory) : learned.noise;
}

const whole = `max(${leastLoadPercent}, load / ramped)`;
const leastGain = `critical, interval / ${leastSettlingMs / 1_000}`;
const steps: Steps = {
  pool: [
    { figure: "average", formula: `mean(${whole})` },
    { figure: "critical", formula: "deadIntervals ^ deadIntervals / (deadIntervals + 1) ^ (deadIntervals + 1)" },
    {
      figure: "gain",
      formula: `min(${leastGain}, ${Number(acceptedVariance.toFixed(9))} / noise)`,
      otherwise: `min(${leastGain})`,
    },
  ],
  pod: [
    { figure: "ratio", formula: `within(average / ${whole}, ${step.least}, ${step.most})` },
    {
      figure: "weight",
      formula: `within(before * ratio ^ (gain * ramped), ${bounds.least}, ${bounds.most})`,
      otherwise: "before",
    },
  ],
};

/**
 * Utilisation balance: weights are multiplied by (average / load) to the power of a gain, until all pods are equally
 * loaded. A pod in its slow start is compared by the load that it would have with all of its weight, and counts as much
 * as it has of that: else its weight would rise as long as it is held back, and be too large once it is not. The gain is what the loop's dead time allows without overshoot, less where samples are noisy, so that noise
 * puts at most 10 % into a weight, and less where an interval is short against the life of a connection.
 */
const weigh: Weigh = (evidence) => {
  const { candidates, roster, computed: before, pool, servings } = evidence;
  const metrics = pool.spec.metrics!;
  const { interval } = metrics;
  const load = candidates.map(({ pod, sample }) =>
    sample && wasServing(servings, pod.uid, sample) ? sample.load : undefined,
  );
  const ramped = candidates.map((candidate, place) =>
    load[place] === undefined ? undefined : rampedIn(candidate, candidate.sample!, pool),
  );
  /** As it would be with all of the weight. */
  const whole = load.map((own, place) => (own === undefined ? undefined : bounded(own / ramped[place]!)));
  const average = meanOf(whole.filter((own) => own !== undefined));
  const deadMs = delayOf(evidence) + factsOf(metrics).windowMs / 2;
  const deadIntervals = Math.max(1, Math.ceil(deadMs / interval));
  const critical = criticalGain(deadIntervals);
  const noise = noiseOf(evidence);
  const gain = Math.min(
    critical,
    interval / leastSettlingMs,
    acceptedVariance / Math.max(noise ?? 0, Number.MIN_VALUE),
  );
  const ratio = whole.map((own) =>
    own === undefined ? undefined : Math.min(step.most, Math.max(step.least, average / own)),
  );
  const weights = before.map((weight, place) => {
    const own = ratio[place];
    if (own === undefined) return weight;
    return Math.min(bounds.most, Math.max(bounds.least, weight * own ** (gain * ramped[place]!)));
  });
  return {
    weights,
    // They were learned over many intervals; an average of them would but lag behind.
    lasting: weights,
    working: {
      steps,
      pool: {
        average,
        interval: interval / 1_000,
        deadIntervals,
        critical,
        ...defined({ noise }),
        gain,
      },
      pods: new FigureTable(roster, { load, ramped, before, ratio, weight: weights }),
    },
    remember: { samples: newestSamples(evidence), ...defined({ noise }) },
  };
};

/** Lowest load first; weights move until all are equally loaded. */
export const leastLoad: PoolStrategy = {
  order: "lowest load first",
  pickBy: "load",
  rank: (candidates, { seed }) =>
    rankByFigure(candidates, seed, loadOf, (load, mean) => `load ${load.toFixed(1)}%, mean ${mean}%`),
  weigh,
};
