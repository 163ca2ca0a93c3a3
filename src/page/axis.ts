import { clock } from "./format.ts";

/** A span of time or of values. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const windowsMs = [60_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000];
const tickEveryMs: Record<number, number> = {
  60000: 15_000,
  120000: 30_000,
  300000: 60_000,
  900000: 180_000,
  1800000: 360_000,
  3600000: 900_000,
};

/** The time that charts show: up to now, and as little as holds all that is known, of so much at most. */
export function windowOf(times: readonly number[], now: number, mostMs = 300_000): Range {
  const knownMs = now - (times[0] ?? now);
  const shownMs = windowsMs.find((windowMs) => windowMs >= knownMs) ?? mostMs;
  return { from: now - Math.min(shownMs, mostMs), to: now };
}

/** The row of the point that is nearest to a time; undefined where there is none. */
export function nearestRow(times: readonly number[], at: number): number | undefined {
  if (times.length === 0) return undefined;
  const after = times.findIndex((time) => time >= at);
  if (after < 0) return times.length - 1;
  return after > 0 && at - times[after - 1]! < times[after]! - at ? after - 1 : after;
}

/** A round time in words, as exact as the window needs it. */
export const tickText = (at: number, { from, to }: Range): string =>
  to - from > 120_000 ? clock(at).slice(0, 5) : clock(at);

/** Round times within a window, a few of them. */
export function timeTicks({ from, to }: Range): number[] {
  const everyMs = tickEveryMs[Math.round(to - from)] ?? 60_000;
  const first = Math.ceil(from / everyMs) * everyMs;
  return Array.from({ length: Math.floor((to - first) / everyMs) + 1 }, (_, index) => first + index * everyMs);
}

/** The least of 1, 2, 4, 5 and 10 times a power of ten that is not below a value: its halves are easy to read. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((round) => round >= value)!;
}

/** A place on a scale, in pixels. */
export const scaleOf =
  ({ from, to }: Range, pixels: number) =>
  (value: number): number =>
    ((value - from) / (to - from)) * pixels;

type Column = readonly (number | null)[];
type Place = (value: number) => number;

const round = (value: number): number => Math.round(value * 10) / 10;

/** The runs of neighbouring rows in which all columns have a number. */
function runsOf(columns: readonly Column[]): number[][] {
  const runs: number[][] = [];
  let open = false;
  for (let row = 0; row < (columns[0]?.length ?? 0); row += 1) {
    const whole = columns.every((column) => typeof column[row] === "number");
    if (whole && open) runs.at(-1)!.push(row);
    else if (whole) runs.push([row]);
    open = whole;
  }
  return runs;
}

/** A line through a column as an SVG path, broken where nothing is known; in steps, or straight from point to point. */
export function linePath(times: readonly number[], values: Column, x: Place, y: Place, stepped = false): string {
  return runsOf([values])
    .map((rows) =>
      rows
        .map((row, index) => {
          const [left, top] = [round(x(times[row]!)), round(y(values[row]!))];
          // One point alone is a dot: a line of no length with round ends.
          if (index === 0) return rows.length === 1 ? `M${left} ${top}h0` : `M${left} ${top}`;
          return stepped ? `H${left}V${top}` : `L${left} ${top}`;
        })
        .join(""),
    )
    .join("");
}

/** The area between two columns as an SVG path. */
export function bandPath(times: readonly number[], low: Column, high: Column, x: Place, y: Place): string {
  const along = (rows: readonly number[], values: Column) =>
    rows.map((row) => `${round(x(times[row]!))} ${round(y(values[row]!))}`);
  return runsOf([low, high])
    .map((rows) => `M${[...along(rows, high), ...along(rows.toReversed(), low)].join("L")}Z`)
    .join("");
}
