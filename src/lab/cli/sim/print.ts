import { wrap } from "../../../cli/terminal/text.ts";
import type { Summary } from "../../sim/summary.ts";
import type { PolicyComparison, Row } from "./compare.ts";

import { plot } from "./plot.ts";
import type { QueueConfig } from "./read-config.ts";

const width = 79;
const nameWidth = 38;

/** A time with three digits. */
export function formatTime(ms: number): string {
  const [value, unit] = ms >= 999.5 ? [ms / 1_000, "s"] : [ms, "ms"];
  return `${value >= 999.5 ? Math.round(value) : Number(value.toPrecision(3))}${unit}`;
}

const digits = (value: number): string => Number(value.toPrecision(5)).toString();

/** The figures of one run as JSON has them: service times. */
export const toJson = ({ mean, se, p50, p99, p999 }: Summary): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries({ mean, se, p50, p99, p999 }).map(([name, value]) => [name, Number(value.toPrecision(6))]),
  );

export const printRun = ({ mean, se, p50, p99, p999 }: Summary): string =>
  [
    "Response time, in service times:",
    `  mean   ${digits(mean)} (standard error ${digits(se)})`,
    `  p50    ${digits(p50)}`,
    `  p99    ${digits(p99)}`,
    `  p99.9  ${digits(p999)}`,
    "",
  ].join("\n");

function rowLine({ name, asked, grows, summary: { mean, p50, p99, p999 } }: Row, serviceTimeMs: number): string {
  const cell = (services: number): string => formatTime(services * serviceTimeMs).padStart(9);
  const figures = [mean, p50, p99, p999].map(cell).join("");
  return `${asked ? ">" : " "} ${name.padEnd(nameWidth)}${figures}${grows ? " !" : ""}`;
}

function heading({ scenario, seeds }: QueueConfig): string[] {
  const { pods, load, serviceTimeMs, updateInterval, concurrency, cv2, antagonist, missing, delay, horizon } = scenario;
  const conditions = [
    concurrency > 1 ? `${concurrency} requests at once per pod` : "",
    scenario.speeds ? "unequal speeds" : "",
    antagonist ? "antagonists" : "",
    cv2 === 1 ? "" : cv2 === "normal" ? "normal work" : `cv2 ${cv2}`,
    delay > 0 ? `${formatTime(delay * serviceTimeMs)} until weights are in force` : "",
    missing > 0 ? `${100 * missing}% of the samples missing` : "",
  ].filter(Boolean);
  return [
    `${pods} pods at ${digits(100 * load)}% load, service time ${formatTime(serviceTimeMs)}, read every ` +
      `${formatTime(updateInterval * serviceTimeMs)}: ${digits(updateInterval)} service times.`,
    ...(conditions.length > 0 ? [`With ${conditions.join(", ")}.`] : []),
    `Response times of ${seeds} simulated runs of ${formatTime(horizon * serviceTimeMs)} each:`,
  ];
}

/** The answer to a user's question: a table, and how it depends on the interval; at most 80 columns. */
export function printComparison(config: QueueConfig, { rows, curves }: PolicyComparison, readySet: string): string {
  const { updateInterval, serviceTimeMs } = config.scenario;
  const title = ["mean", "p50", "p99", "p99.9"].map((name) => name.padStart(9)).join("");
  const highest = 4 * Math.max(...curves[0]!.points.map(({ mean }) => mean));
  return [
    ...heading(config),
    "",
    `  ${"".padEnd(nameWidth)}${title}`,
    ...rows.map((row) => rowLine(row, serviceTimeMs)),
    ...(rows.some(({ grows }) => grows) ? ["", "! still growing when the run ended: it has no settled value"] : []),
    "",
    "Mean response (up) by the interval between readings (right):",
    [...curves.map(({ mark, name }) => `${mark} ${name}`), "| your interval", "^ far above"].join("  "),
    "",
    ...plot({
      curves: curves.map(({ mark, name, points }) => ({
        mark,
        name,
        points: points.map(({ interval, mean }) => ({ x: interval, y: mean })),
      })),
      width: width - 12,
      height: 13,
      highest,
      at: updateInterval,
      formatX: (x) => formatTime(x * serviceTimeMs),
      formatY: (y) => formatTime(y * serviceTimeMs),
    }),
    "",
    ...wrap(readySet, width),
    "",
  ].join("\n");
}
