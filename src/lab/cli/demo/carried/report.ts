import { clock } from "../../../../cli/terminal/text.ts";
import type { DemoConfig } from "../flags.ts";
import { describeErrors, type Troubles, tellErrors } from "../troubles.ts";
import { type CarriedRow, type CarriedScene, formatPercent, widestGap } from "./scene.ts";
import type { TrafficBook } from "./traffic-book.ts";

/** What a run of carried traffic has come to, as it was when its load ended. */
export interface CarriedRun {
  /** Unix milliseconds of the command's start. */
  readonly startedAt: number;
  readonly readyAfterMs: number;
  readonly durationMs: number;
  readonly config: DemoConfig;
  readonly carrier: string;
  readonly troubles: Troubles;
  readonly book: TrafficBook;
  readonly rows: readonly CarriedRow[];
  readonly events: CarriedScene["events"];
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** What happened, as `--json` writes it. Every `atMs` counts from the command's start. */
export const describeCarried = (run: CarriedRun) => ({
  startedAt: new Date(run.startedAt).toISOString(),
  readyAfterMs: Math.round(run.readyAfterMs),
  durationMs: Math.round(run.durationMs),
  consumer: run.config.consumer,
  strategy: run.config.strategy,
  seed: run.config.seed,
  requests: {
    answered: run.book.answered,
    failed: run.book.failed,
    perPod: Object.fromEntries(run.book.total),
  },
  pods: run.rows.map(({ pod, isOut, weight, traffic, reason }) => ({
    pod,
    isOut,
    weightPercent: rounded(weight),
    trafficPercent: rounded(traffic),
    reason,
  })),
  widestGap: rounded(widestGap(run.rows)),
  events: run.events.map(({ atMs, message }) => ({ atMs: Math.round(atMs), message })),
  ...describeErrors(run.troubles),
});

/** What happened, in a few lines. */
export function summarizeCarried({ durationMs, carrier, book, rows, troubles }: CarriedRun): string[] {
  const { answered, failed } = book;
  const longest = Math.max(0, ...rows.map(({ pod }) => pod.length));
  const shares = rows.map(
    ({ pod, weight, traffic }) =>
      `${pod.padEnd(longest)}  weight ${formatPercent(weight)}, traffic ${formatPercent(traffic)}`,
  );
  return [
    `evenkeel demo, ${clock(durationMs)}: ${answered} requests through ${carrier}, ${failed === 0 ? "none" : failed} failed; ` +
      `weight and traffic ${widestGap(rows).toFixed(1)} points apart at most.`,
    ...shares,
    ...tellErrors(troubles),
  ];
}
