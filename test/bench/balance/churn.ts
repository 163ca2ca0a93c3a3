import type { StrategyType } from "../../../src/api/pool.ts";
import type { Scenario } from "../../../src/lab/sim/scenario.ts";
import { digits, type Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob, type JobResult } from "./jobs.ts";

const pods = 10;
const load = 0.7;
/** 30 s of cold and of slow start, and a sample a second, at 50 ms a request. */
const cold = { time: 600, speed: 0.3 };
const interval = 20;
/** Events happen in the middle of runs that count from there on. */
const half = 2_000;
/** A pod that comes at full speed at this load has the weight of the others when it is let in; no more, or it drowns. */
const ramp = { load: 0.8, most: 1_100, readings: 5 };
const strategies: readonly StrategyType[] = ["RoundRobin", "LeastConnections", "LeastLoad"];

const run: Partial<Scenario> = { pods, load, updateInterval: interval, horizon: 2 * half, warmUp: 0.5 };
/** Between two readings, so that only the event itself can be what the operator goes by. */
const at = half + interval / 2;

/** What waits at the cold pod at the end if it gets an even share; and if its share grows from 0 to that meanwhile. */
const coldQueue = (load - cold.speed) * cold.time;
const rampedQueue = ((load - cold.speed) ** 2 * cold.time) / (2 * load);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The most requests that the newest pod had in flight, on average over the seeds. */
const worstQueue = ({ trace }: JobResult): number =>
  sum(trace.map((rows) => Math.max(...rows.map((row) => row[pods - 1]!)))) / trace.length;

/** Busy share of each pod that stays, over all readings after the first and all seeds; the largest. */
function busiest({ trace }: JobResult): number {
  const rows = trace.flatMap((own) => own.slice(2));
  return Math.max(...Array.from({ length: pods - 1 }, (_, pod) => sum(rows.map((row) => row[pod + 1]!)) / rows.length));
}

/** Weight of the newest pod when its slow start is over, averaged over some readings and the seeds. */
function weightAfterRamp({ trace }: JobResult): number {
  const first = Math.ceil((interval / 2 + cold.time) / interval) + 1;
  const weights = trace.flatMap((rows) => rows.slice(first, first + ramp.readings).map((row) => row[pods - 1]!));
  return sum(weights) / weights.length;
}

/** A pod that comes cold, with and without slow start; and one that is drained while requests come. */
export function churn(quick: boolean): Section {
  const seeds = quick ? 5 : 20;
  const comes = strategies.map((strategy) => {
    const newcomer = { at, coldFor: cold.time, coldSpeed: cold.speed };
    const base: Partial<Scenario> = { ...run, policy: strategy, pick: "edf", dispatchers: 10, newcomer };
    const [off, on] = [0, cold.time].map((slowStart) => createJob({ ...base, slowStart }, { seeds, trace: "queues" }));
    return { strategy, off: off!, on: on! };
  });
  const ramped = createJob(
    {
      ...run,
      load: ramp.load,
      policy: "LeastLoad",
      pick: "edf",
      dispatchers: 10,
      newcomer: { at, coldFor: 0, coldSpeed: 1 },
      slowStart: cold.time,
    },
    { seeds, trace: "weights" },
  );
  const goes = strategies.flatMap((strategy) =>
    [0, interval].map((delay) => {
      const leaver = { at, grace: cold.time };
      const base: Partial<Scenario> = { ...run, policy: strategy, pick: "edf", dispatchers: 10, delay, leaver };
      return { strategy, delay, job: createJob(base, { seeds, trace: "busy" }) };
    }),
  );
  return {
    title: `Churn, ${pods} pods at load ${load}: one comes at ${cold.speed} of its speed for ${cold.time}; one is drained`,
    jobs: [ramped, ...comes.flatMap(({ off, on }) => [off, on]), ...goes.map(({ job }) => job)],
    report(resultOf) {
      const coming = comes.flatMap(({ strategy, off, on }): Expectation[] => {
        const [without, slowly] = [off, on].map((job) => ({
          ...resultOf(job).summary,
          queue: worstQueue(resultOf(job)),
        }));
        const name = `cold.${strategy}`;
        // Those who take turns do not see a queue: it grows by what comes beyond the pod's speed.
        const blind = strategy === "RoundRobin";
        const around = (reference: number) => ({ reference, least: 0.9 * reference, most: 1.1 * reference });
        return [
          { name: `${name}.p99`, value: without!.p99 },
          { name: `${name}.p99.slow_start`, value: slowly!.p99, most: without!.p99 },
          { name: `${name}.queue`, value: without!.queue, ...(blind && around(coldQueue)) },
          {
            name: `${name}.queue.slow_start`,
            value: slowly!.queue,
            most: without!.queue,
            ...(blind && around(rampedQueue)),
          },
        ];
      });
      const share = (load * pods) / (pods - 1);
      const going = goes.flatMap(({ strategy, delay, job }): Expectation[] => {
        const name = `drain.${strategy}.delay_${delay}`;
        const result = resultOf(job);
        return [
          { name: `${name}.failed`, value: result.failed, reference: 0, most: 0 },
          { name: `${name}.busiest`, value: busiest(result), reference: digits(share), most: 1.05 * share },
        ];
      });
      const after: Expectation = {
        name: "ramp.LeastLoad.weight_after",
        value: weightAfterRamp(resultOf(ramped)),
        reference: 1_000,
        most: ramp.most,
      };
      return reportExpectations("churn", [...coming, ...going, after]);
    },
  };
}
