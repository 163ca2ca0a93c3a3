import { readFile } from "node:fs/promises";
import type { Figures } from "./figures.ts";

interface Range {
  readonly min?: number;
  readonly max?: number;
}

const file = new URL("../ranges.json", import.meta.url);

const bounds = ({ min, max }: Range): string =>
  [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(", ");

/** Where a figure lies outside its range, or is not there. `isMeasured` tells whether this run should have it. */
export async function checkRanges(figures: Figures, isMeasured: (name: string) => boolean): Promise<string[]> {
  const ranges = JSON.parse(await readFile(file, "utf8")) as Record<string, Range>;
  return Object.entries(ranges)
    .filter(([name]) => isMeasured(name))
    .flatMap(([name, range]) => {
      const value = figures[name];
      if (typeof value !== "number" || Number.isNaN(value)) return [`${name} is missing`];
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
      return value >= min && value <= max ? [] : [`${name} is ${value}, should be ${bounds(range)}`];
    });
}
