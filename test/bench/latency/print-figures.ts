import type { Figures } from "../rig/figures.ts";

/** Rows of a size's table: the figure, and how its ratio is called. */
const rows = [
  ["p50_ms", "p50", "single change, p50, ms"],
  ["p99_ms", "p99", "single change, p99, ms"],
  ["max_ms", "max", "single change, max, ms"],
  ["single_writes_per_change", "", "single, writes per change"],
  ["burst_p50_ms", "burst_p50", "burst, p50, ms"],
  ["burst_p99_ms", "burst_p99", "burst, p99, ms"],
  ["burst_writes_per_change", "", "burst, writes per change"],
  ["writes_per_change", "writes_per_change", "all, writes per change"],
  ["cpu_seconds", "cpu", "CPU, s"],
  ["peak_mib", "memory", "peak memory, MiB"],
] as const;

const cell = (value: string | number | undefined): string =>
  (typeof value === "number" ? String(Number(value.toPrecision(3))) : (value ?? "")).padStart(10);

/** The figures of one size as a table of ours and theirs. */
export function tableOf(figures: Figures, size: number): string {
  const lines = rows
    .filter(([name]) => figures[`latency.ours_${size}.${name}`] !== undefined)
    .map(([name, ratio, title]) => {
      const [ours, theirs] = [figures[`latency.ours_${size}.${name}`], figures[`latency.theirs_${size}.${name}`]];
      return `  ${title.padEnd(26)}${cell(ours)}${cell(theirs)}${cell(figures[`latency.${ratio}_ratio_${size}`])}`;
    });
  return [`${`${size} pods`.padEnd(28)}${cell("ours")}${cell("theirs")}${cell("ratio")}`, ...lines, ""].join("\n");
}

export function reactionLine(figures: Figures): string {
  const figure = (name: string) => cell(figures[`scale.${name}`]).trim();
  if (figures["scale.reaction_n"] === undefined) return "";
  const times = ["mean", "p50", "p99", "max"].map((name) => `${name} ${figure(`reaction_${name}_ms`)} ms`);
  const reaction = `Load passes the limit to written scale, ${figure("reaction_n")} steps: ${times.join(", ")}; bound ${figure("reaction_bound_ms")} ms\n`;
  if (figures["scale.quiet_seconds"] === undefined) return reaction;
  const quiet = `Scrapes of a pod in ten quiet minutes, counted for ${figure("quiet_seconds")} s: ${figure("quiet_scrapes_before")} before the steps, ${figure("quiet_scrapes_after")} after\n`;
  return `${reaction}${quiet}`;
}
