import { type FrontKind, makeFronts } from "../rigs/service/fronts.ts";
import { ServiceRig } from "../rigs/service/service-rig.ts";
import type { Summary } from "../rigs/service/spread.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { runBench } from "./rig/run-bench.ts";
import { makeBenchCluster } from "./service/bench-cluster.ts";
import { type Config, help, type Part, type ProxyMode, readConfig } from "./service/flags.ts";
import { type ByKind, kinds, measureHarm, measureJoin, measureSpread, type Scene } from "./service/parts.ts";

const namespace = "service";
const clients = 4;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rounded = (value: number): number => Number(value.toFixed(4));

function sayTable(title: string, summaries: ByKind<Summary>): void {
  say(`${title}:`);
  say("  Service     sd/mean   max/mean   connections   ready pods   writes a period");
  for (const kind of kinds) {
    const { sdOverMean, maxOverMean, perPod, ready, writesPerPeriod } = summaries[kind];
    const cells = [sdOverMean.toFixed(3).padStart(7), maxOverMean.toFixed(2).padStart(10)];
    cells.push(perPod.toFixed(1).padStart(13), ready.toFixed(1).padStart(12), writesPerPeriod.toFixed(2).padStart(17));
    say(`  ${kind.padEnd(10)}  ${cells.join(" ")}`);
  }
}

/** How many of each Service and reason. */
function countRefused(refused: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of refused) {
    const kind = line.replace(/ at \S+:/, ":");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} of ${kind}`);
}

const spreadFigures = (name: string, summaries: ByKind<Summary>): Figures =>
  Object.fromEntries(
    kinds.flatMap((kind) => [
      [`${name}.sd_over_mean_${kind}`, rounded(summaries[kind].sdOverMean)],
      [`${name}.max_over_mean_${kind}`, rounded(summaries[kind].maxOverMean)],
      [`${name}.ready_${kind}`, rounded(summaries[kind].ready)],
      [`${name}.writes_per_period_${kind}`, rounded(summaries[kind].writesPerPeriod)],
    ]),
  );

const ratio = (summaries: ByKind<Summary>, kind: FrontKind): number =>
  rounded(summaries[kind].sdOverMean / summaries.plain.sdOverMean);

const measures: Readonly<Record<Part, (scene: Scene) => Promise<Figures>>> = {
  async long(scene) {
    const { hold, warmUp, measure } = scene.config;
    say(`Connections that last ${hold} s`);
    const spread = await measureSpread(scene, { hold, warmUp, measure });
    sayTable(`Connections that last ${hold} s, ${hold / scene.config.period} periods`, spread);
    return {
      ...spreadFigures("service.long", spread),
      "service.sd_ratio_long": ratio(spread, "half"),
      "service.sd_ratio_default": ratio(spread, "default"),
      "service.sd_ratio_headless": ratio(spread, "headless"),
      "service.writes_per_period": rounded(spread.half.writesPerPeriod),
    };
  },
  async harm(scene) {
    say("What happens to pods and operator, under load");
    const harms = Object.values(await measureHarm(scene));
    return { "service.harm_opened": harms.reduce((sum, { opened }) => sum + opened, 0) };
  },
  async short(scene) {
    const { period, measure } = scene.config;
    say(`Connections that last ${period} s, one period`);
    // Ten times as many hold times, as each is short.
    const spread = await measureSpread(scene, { hold: period, warmUp: 5, measure: 10 * measure });
    sayTable(`Connections that last ${period} s, one period`, spread);
    return {
      ...spreadFigures("service.short", spread),
      "service.sd_ratio_short": ratio(spread, "half"),
      "service.sd_ratio_short_default": ratio(spread, "default"),
    };
  },
  async join(scene) {
    const hold = Math.max(scene.config.hold, 30 * scene.config.period);
    say(`Pods join, connections last ${hold} s`);
    const joined = await measureJoin(scene, hold);
    for (const kind of kinds) {
      const { seconds, isEven } = joined[kind];
      say(
        `  ${kind}: ${isEven ? "" : "not within "}${seconds.toFixed(0)} s, ${(seconds / hold).toFixed(2)} hold times`,
      );
    }
    return {
      ...Object.fromEntries(kinds.map((kind) => [`service.join_seconds_${kind}`, rounded(joined[kind].seconds)])),
      "service.join_seconds_ratio": rounded(joined.half.seconds / joined.plain.seconds),
      "service.join_seconds_ratio_default": rounded(joined.default.seconds / joined.plain.seconds),
      "service.join_seconds_ratio_rebalanced": rounded(joined.rebalanced.seconds / joined.default.seconds),
    };
  },
};

async function measureOn(mode: ProxyMode, config: Config, signal: AbortSignal): Promise<Figures> {
  const cluster = await makeBenchCluster(config, mode, signal, say);
  try {
    const rig = new ServiceRig(cluster.client, cluster.kubectl, {
      namespace,
      image: cluster.image,
      pods: config.pods,
      clients,
      fronts: makeFronts(kinds, config.replicates),
      period: `${config.period}s`,
    });
    say(`${config.pods} pods behind ${rig.options.fronts.length} Services, on Kubernetes ${cluster.kubernetes}`);
    await rig.deploy();
    const scene: Scene = { rig, cluster, config, signal, log: say };
    const figures: Record<string, string | number> = { "service.kubernetes": cluster.kubernetes };
    for (const part of config.only) Object.assign(figures, await measures[part](scene));
    const { opened, refused, cut, moved } = await rig.harm();
    say(
      `Of ${opened} connections in all, ${refused.length} were refused and ${cut} cut by a pod that goes on; ${moved} were moved`,
    );
    for (const line of countRefused(refused)) say(`  ${line}`);
    return { ...figures, "service.opened": opened, "service.refused": refused.length, "service.cut": cut };
  } finally {
    await cluster.delete();
  }
}

async function run(config: Config, signal: AbortSignal): Promise<void> {
  const before = loadAverage();
  const [first, ...others] = config.proxy;
  let figures: Figures = { ...describeMachine(), "machine.load_before": before, "service.proxy": first! };
  figures = { ...figures, ...(await measureOn(first!, config, signal)) };
  for (const mode of others) {
    const measured = await measureOn(mode, config, signal);
    const named = Object.entries(measured).map(([name, value]) => [name.replace(/^service/, `service.${mode}`), value]);
    figures = { ...figures, ...Object.fromEntries(named) };
  }
  // A run of some parts has their figures alone.
  const isMeasured = (name: string) =>
    name.startsWith("service.") && (config.only.length === Object.keys(measures).length || name in figures);
  await keepFigures(figures, config, isMeasured);
}

await runBench({ name: "bench:service", help, read: readConfig, run });
