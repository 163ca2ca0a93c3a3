import type { Figures } from "../../rig/figures.ts";
import { type Summary, summarize } from "../../rig/summarize.ts";
import { measureStretches } from "./measure-stretches.ts";

export interface StretchesOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Pods of each of many pools. */
const podsOfMany = 10;

interface Stretch extends Summary {
  readonly name: string;
}

/** A page of a listing comes as large as the API server's objects are, and is told by itself alone. */
const isBounded = ({ name }: Stretch): boolean => !/^(list|slices)_page_/.test(name);

const worstOf = (stretches: readonly Stretch[], of: "p99" | "max"): number =>
  Math.max(...stretches.filter(isBounded).map((stretch) => stretch[of]));

/** By pool size, or, of many pools, by their pods and number. */
const figuresOf = (crowd: string, stretches: readonly Stretch[]): Figures =>
  Object.fromEntries([
    [`sizing.stretch_p99_ms_${crowd}`, round(worstOf(stretches, "p99"))],
    [`sizing.stretch_max_ms_${crowd}`, round(worstOf(stretches, "max"))],
    ...stretches.flatMap(({ name, p99, max }) => [
      [`sizing.stretch_${name}_p99_ms_${crowd}`, round(p99)],
      [`sizing.stretch_${name}_max_ms_${crowd}`, round(max)],
    ]),
  ]);

const round = (value: number): number => Number(value.toPrecision(3));

const tableOf = (title: string, stretches: readonly Stretch[]): string =>
  [
    title,
    `${"stretch".padEnd(20)}${["times", "p50 ms", "p99 ms", "max ms"].map((head) => head.padStart(10)).join("")}`,
    ...stretches.map(({ name, n, p50, p99, max }) => {
      const cells = [String(n), ...[p50, p99, max].map((value) => value.toFixed(2))];
      return `${name.padEnd(20)}${cells.map((cell) => cell.padStart(10)).join("")}`;
    }),
  ].join("\n");

/**
 * Every stretch of the operator's work that holds its event loop, in milliseconds of processor time: of one pool of each
 * size, and of pools of ten pods that come to as many. The worst comes first.
 */
export async function reportStretches(options: StretchesOptions): Promise<{ figures: Figures; tables: string }> {
  const { sizes, rounds, signal, onProgress } = options;
  let figures: Figures = {};
  const tables: string[] = [];
  for (const pods of sizes) {
    for (const pools of [1, Math.max(1, Math.round(pods / podsOfMany))]) {
      const title = `${pods} pods in ${pools === 1 ? "one pool" : `${pools} pools`}`;
      onProgress(title);
      const times = await measureStretches({ pods, pools, rounds, signal });
      const stretches = [...times]
        .map(([name, values]): Stretch => ({ name, ...summarize(values) }))
        .sort((a, b) => b.p99 - a.p99);
      figures = { ...figures, ...figuresOf(pools === 1 ? String(pods) : `${pods}_in_${pools}`, stretches) };
      tables.push(tableOf(title, stretches));
    }
  }
  return { figures, tables: `${tables.join("\n\n")}\n` };
}
