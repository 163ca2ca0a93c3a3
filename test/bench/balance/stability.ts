import type { Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob } from "./jobs.ts";

const pods = 10;
const load = 0.5;
const interval = 500;
/** Gains in shares of the one at which the loop begins to swing. */
const fractions = [0.5, 0.8, 0.9, 1, 1.1, 1.25];
/** Of these the linear theory tells how far weights stray; nearer to the limit they leave its range. */
const linear = 0.8;

/** Gain from which on an integrator swings whose effect shows so many intervals late: 2, 1, .618 … */
const limitOf = (late: number): number => 2 * Math.cos((late * Math.PI) / (2 * late + 1));

/** Half a period of the swing at the limit, in intervals. */
const halfPeriodOf = (late: number): number => 2 * late + 1;

/** Deviation of a share of busy time over an interval in M/M/1, as a share of it, about the mean of all pods. */
const noise = Math.sqrt((2 / (load * interval)) * (1 - 1 / pods));

/** How far the weights' logarithms stray, and how they go with those half a period later. */
interface Swing {
  readonly deviation: number;
  readonly correlation: number;
}

/** x(n+1) = x(n) - gain * (x(n - late) + noise), by its answer to a single push. */
function swingInTheory(gain: number, late: number): Swing {
  const answer = [0];
  for (let step = 1; step < 4_000; step += 1) {
    const push = (answer[step - 1 - late] ?? 0) + (step === 1 ? 1 : 0);
    answer.push(answer[step - 1]! - gain * push);
  }
  const lag = halfPeriodOf(late);
  const covariance = (by: number): number =>
    answer.reduce((sum, value, step) => sum + value * (answer[step + by] ?? 0), 0);
  return { deviation: noise * Math.sqrt(covariance(0)), correlation: covariance(lag) / covariance(0) };
}

function measureSwing(traces: readonly (readonly Float64Array[])[], late: number): Swing {
  const lag = halfPeriodOf(late);
  const sums = { squares: 0, count: 0, products: 0, pairs: 0 };
  for (const rows of traces) {
    for (let pod = 0; pod < pods; pod += 1) {
      const values = rows.map((weights) => Math.log(weights[pod]!));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      for (const [index, value] of values.entries()) {
        sums.squares += (value - mean) ** 2;
        sums.count += 1;
        if (index < lag) continue;
        sums.products += (value - mean) * (values[index - lag]! - mean);
        sums.pairs += 1;
      }
    }
  }
  const variance = sums.squares / sums.count;
  return { deviation: Math.sqrt(variance), correlation: sums.products / sums.pairs / variance };
}

/**
 * That an integrator of busy shares loses its stability where theory says, for effects that show 0, 1 and 2 intervals
 * late: below, weights stray as far as noise makes them; from the limit on they swing, and only clamps hold them.
 */
export function stability(quick: boolean): Section {
  const cells = [0, 1, 2].flatMap((late) =>
    fractions.map((fraction) => {
      const gain = fraction * limitOf(late);
      const delay = late * interval;
      const change = { pods, load, policy: "loadIntegrator", gain, delay, updateInterval: interval } as const;
      const horizon = (quick ? 60 : 150) * interval;
      return { late, fraction, gain, job: createJob({ ...change, horizon }, { trace: "weights" }) };
    }),
  );
  return {
    title: `Dead time, an integrator's limit of stability: ${pods} equal pods at load ${load}, read every ${interval}`,
    jobs: cells.map(({ job }) => job),
    report(resultOf) {
      const rows = [0, 1, 2].flatMap((late): Expectation[] => {
        const usual = swingInTheory(linear * limitOf(late), late);
        const swings = cells
          .filter((cell) => cell.late === late)
          .map((cell) => ({ ...cell, ...measureSwing(resultOf(cell.job).trace, late) }));
        const limit = limitOf(late);
        const first = swings.find(({ deviation }) => deviation > 2 * usual.deviation);
        const tolerance = quick ? 0.25 : 0.15;
        return [
          {
            name: `late_${late}.swings_from_gain`,
            value: first?.gain ?? Number.POSITIVE_INFINITY,
            reference: limit,
            least: 0.89 * limit,
            most: 1.11 * limit,
          },
          ...swings.flatMap(({ fraction, deviation, correlation }): Expectation[] => {
            const name = `late_${late}.gain_${fraction}_of_limit`;
            if (fraction >= 1.1)
              return [
                { name: `${name}.deviation`, value: deviation, least: 2 * usual.deviation },
                { name: `${name}.correlation`, value: correlation, reference: -1, most: -0.75 },
              ];
            if (fraction > linear) return [{ name: `${name}.deviation`, value: deviation }];
            const theory = swingInTheory(fraction * limit, late);
            return [
              {
                name: `${name}.deviation`,
                value: deviation,
                reference: theory.deviation,
                least: (1 - tolerance) * theory.deviation,
                most: (1 + tolerance) * theory.deviation,
              },
              {
                name: `${name}.correlation`,
                value: correlation,
                reference: theory.correlation,
                least: theory.correlation - tolerance,
                most: theory.correlation + tolerance,
              },
            ];
          }),
        ];
      });
      return reportExpectations("stability", rows);
    },
  };
}
