import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { runBench } from "./rig/run-bench.ts";
import type { Policy } from "./traffic/bootstrap.ts";
import { trafficFlags as flags } from "./traffic/flags.ts";
import { type Cell, capacityOf, fleet, measureTraffic } from "./traffic/measure-traffic.ts";

const help = `Usage: npm run bench:traffic -- [FLAGS]

What weights do for response times through real Envoys: ten pods with 8 workers
each, exponential service times of 20 ms on average, one pod four times slower,
and requests that arrive by chance, whether or not those before are answered.
The same requests go through clusters with ROUND_ROBIN over the operator's
weights, with equal ROUND_ROBIN and with equal LEAST_REQUEST. Figures are those
of the worst run: p99 of theirs divided by ours.

${helpOf(flags)}
`;

type Config = ReturnType<typeof readFlags<typeof flags>>;

const nameOf = ({ policy, load, envoys, seed }: Cell): string => `${policy}_${load}_${envoys}_${seed}`;

/** The worst ratio of their p99 to ours, over the runs through so many Envoys. */
function worst(cells: readonly Cell[], theirs: Policy, isMeant: (envoys: number) => boolean): number {
  const ratios = cells
    .filter(({ policy, envoys }) => policy === theirs && isMeant(envoys))
    .map((their) => {
      const ours = cells.find((cell) => nameOf(cell) === nameOf({ ...their, policy: "ours" }))!;
      return their.p99Ms / ours.p99Ms;
    });
  return ratios.length === 0 ? Number.NaN : Math.min(...ratios);
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

async function bench(config: Config, signal: AbortSignal): Promise<void> {
  const { stretch } = config;
  const cells: Cell[] = [];
  const options = { ...config, warmUpS: config["warm-up"], measureS: config.seconds };
  const load = loadAverage();
  await measureTraffic(
    options,
    (cell) => {
      cells.push(cell);
      const { policy, envoys, seed, p50Ms, p99Ms, requests, failed, lateMs, slowWeight } = cell;
      process.stdout.write(
        `${cell.load}% of ${Math.round(capacityOf(stretch))}/s through ${envoys}, seed ${seed}, ${policy}: p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${requests} answered, ${failed} failed, sent ${lateMs.toFixed(1)} ms late, the slow pod at weight ${Math.round(slowWeight)}\n`,
      );
    },
    signal,
  );
  const ratios = {
    "traffic.p99_vs_round_robin": worst(cells, "round_robin", (envoys) => envoys === 1),
    "traffic.p99_vs_least_request": worst(cells, "least_request", (envoys) => envoys === 1),
    "traffic.p99_vs_least_request_10": worst(cells, "least_request", (envoys) => envoys > 1),
  };
  const figures: Figures = {
    ...describeMachine(),
    "machine.load_before": load,
    "traffic.pods": fleet.pods,
    "traffic.service_ms": fleet.serviceMs * stretch,
    "traffic.interval_ms": 1_000 * stretch,
    "traffic.load": config.instant ? "instant" : "average",
    "traffic.capacity_per_second": rounded(capacityOf(stretch)),
    ...Object.fromEntries(
      Object.entries(ratios)
        .filter(([, value]) => !Number.isNaN(value))
        .map(([name, value]) => [name, rounded(value)]),
    ),
    "traffic.failed_requests": cells
      .filter(({ policy }) => policy === "ours")
      .reduce((sum, { failed }) => sum + failed, 0),
    ...Object.fromEntries(
      cells.flatMap((cell) => [
        [`traffic.${nameOf(cell)}.p50_ms`, rounded(cell.p50Ms)],
        [`traffic.${nameOf(cell)}.p99_ms`, rounded(cell.p99Ms)],
        [`traffic.${nameOf(cell)}.late_p99_ms`, rounded(cell.lateMs)],
        [`traffic.${nameOf(cell)}.slow_weight`, rounded(cell.slowWeight)],
      ]),
    ),
  };
  for (const [name, value] of Object.entries(figures))
    if (/^traffic\.(p99|failed)/.test(name)) process.stdout.write(`${name} ${value}\n`);
  await keepFigures(figures, config, (name) => name.startsWith("traffic.") && name in figures);
}

await runBench({ name: "bench:traffic", help, read: (args) => readFlags(flags, args), run: bench });
