import type { Figures } from "../rig/figures.ts";
import { summarize } from "../rig/summarize.ts";
import type { Phase, SizeResult } from "./measure-latency.ts";
import { boundMs, intervalMs, polls, type Reaction } from "./measure-reaction.ts";
import { type Publisher, publishers } from "./slice-watch.ts";

const round = (value: number): number => Number(value.toPrecision(4));

const rounded = (figures: Readonly<Record<string, number>>): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));

const summaryFigures = (prefix: string, suffix: string, values: readonly number[]) => {
  const { p50, p99, max } = summarize(values);
  return { [`${prefix}p50${suffix}_ms`]: p50, [`${prefix}p99${suffix}_ms`]: p99, [`${prefix}max${suffix}_ms`]: max };
};

function phaseFigures(prefix: string, { samples }: Phase, publisher: Publisher): Record<string, number> {
  if (samples.length === 0) return {};
  return {
    [`${prefix}n`]: samples.length,
    ...summaryFigures(
      prefix,
      "",
      samples.map((sample) => sample[publisher] - sample.answeredAt),
    ),
    ...summaryFigures(
      prefix,
      "_from_sent",
      samples.map((sample) => sample[publisher] - sample.sentAt),
    ),
  };
}

function publisherFigures({ single, burst, usage }: SizeResult, publisher: Publisher): Record<string, number> {
  return {
    ...phaseFigures("", single, publisher),
    single_writes_per_change: single.writes[publisher] / single.samples.length,
    ...phaseFigures("burst_", burst, publisher),
    ...(burst.samples.length > 0 && { burst_writes_per_change: burst.writes[publisher] / burst.samples.length }),
    writes_per_change:
      (single.writes[publisher] + burst.writes[publisher]) / (single.samples.length + burst.samples.length),
    cpu_seconds: usage[publisher].cpuSeconds,
    peak_mib: usage[publisher].peakMiB,
  };
}

/** Ratios, ours over theirs, by the name of the figure that they compare. */
const ratios = {
  p50: "p50_ms",
  p99: "p99_ms",
  max: "max_ms",
  burst_p50: "burst_p50_ms",
  burst_p99: "burst_p99_ms",
  writes_per_change: "writes_per_change",
  cpu: "cpu_seconds",
  memory: "peak_mib",
} as const;

/** The figures of one size, raw and as ratios. */
export function latencyFigures(result: SizeResult): Figures {
  const ours = publisherFigures(result, "ours");
  const theirs = publisherFigures(result, "theirs");
  const raw = publishers.flatMap((publisher) =>
    Object.entries(publisher === "ours" ? ours : theirs).map(
      ([name, value]) => [`latency.${publisher}_${result.pods}.${name}`, value] as const,
    ),
  );
  const compared = Object.entries(ratios).flatMap(([name, of]) => {
    const [a, b] = [ours[of], theirs[of]];
    return a === undefined || b === undefined ? [] : [[`latency.${name}_ratio_${result.pods}`, a / b] as const];
  });
  return rounded(Object.fromEntries([...compared, ...raw]));
}

/** The worst over all sizes of what no size may exceed. */
export function worstFigures(figures: Figures, sizes: readonly number[]): Figures {
  const ratiosOf = (name: string) => sizes.map((size) => Number(figures[`latency.${name}_ratio_${size}`]));
  return { "latency.writes_per_change_ratio": Math.max(...ratiosOf("writes_per_change")) };
}

const tenMinutes = 600;

/** Scrapes are told as of ten minutes, however long they were counted. */
export function reactionFigures({ times, quietSeconds, quietScrapes }: Reaction): Figures {
  if (times.length === 0) return {};
  const inTenMinutes = (scrapes: number): number => (scrapes * tenMinutes) / quietSeconds;
  return rounded({
    "scale.reaction_n": times.length,
    "scale.reaction_mean_ms": times.reduce((sum, time) => sum + time, 0) / times.length,
    ...summaryFigures("scale.reaction_", "", times),
    "scale.reaction_bound_ms": boundMs,
    "scale.interval_ms": intervalMs,
    "scale.polls": polls,
    ...(quietScrapes && {
      "scale.quiet_seconds": quietSeconds,
      "scale.quiet_scrapes_before": inTenMinutes(quietScrapes.before),
      "scale.quiet_scrapes_after": inTenMinutes(quietScrapes.after),
    }),
  });
}
