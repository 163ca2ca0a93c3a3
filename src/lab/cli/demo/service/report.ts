import { clock } from "../../../../cli/terminal/text.ts";
import type { DemoConfig } from "../flags.ts";
import type { Traffic } from "../load-generator.ts";
import { describeErrors, type Troubles, tellErrors } from "../troubles.ts";
import { connections, holdMs, periodMs, pods, type Side } from "./manifests.ts";
import { formatSpread } from "./scene.ts";
import type { SideBook } from "./side-book.ts";
import type { PodsSpread } from "./spread.ts";

interface SideRun {
  readonly side: Side;
  readonly book: SideBook;
  /** Averages of the last seconds. */
  readonly spread: PodsSpread | undefined;
  readonly traffic: Traffic;
}

/** What a run of the two Services has come to, as it was when its load ended. */
export interface ServiceRun {
  /** Unix milliseconds of the command's start. */
  readonly startedAt: number;
  readonly readyAfterMs: number;
  readonly durationMs: number;
  readonly config: DemoConfig;
  readonly troubles: Troubles;
  readonly sides: readonly SideRun[];
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
const orNull = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));
const describeSpread = (spread: PodsSpread | undefined) =>
  spread
    ? {
        mean: rounded(spread.mean),
        sdOverMean: rounded(spread.sdOverMean),
        maxOverMean: rounded(spread.maxOverMean),
      }
    : null;

/** What happened, as `--json` writes it. Every `atMs` counts from the command's start. */
export const describeServices = ({ startedAt, readyAfterMs, durationMs, config, troubles, sides }: ServiceRun) => ({
  startedAt: new Date(startedAt).toISOString(),
  readyAfterMs: Math.round(readyAfterMs),
  durationMs: Math.round(durationMs),
  consumer: config.consumer,
  strategy: config.strategy,
  floor: config.floor,
  rebalance: config.rebalance,
  seed: config.seed,
  holdMs,
  periodMs,
  connectionsMeant: connections,
  services: sides.map(({ side, book, spread, traffic }) => ({
    service: side,
    connections: {
      opened: traffic.opened,
      failed: traffic.failed,
      released: traffic.released,
      perPod: Object.fromEntries(traffic.perPod),
    },
    pods: book.pods,
    spread: describeSpread(spread),
    spreadBeforeJoin: describeSpread(book.spreadBefore),
    joinedAtMs: orNull(book.joinedAtMs),
    filledAfterMs: orNull(book.filledAfterMs),
    moments: book.moments.map((moment) => ({ atMs: Math.round(moment.atMs), spread: describeSpread(moment.spread) })),
  })),
  ...describeErrors(troubles),
});

/** What happened, in a few lines. */
export function summarizeServices({ durationMs, sides, troubles }: ServiceRun): string[] {
  const failed = sides.reduce((sum, { traffic }) => sum + traffic.failed, 0);
  const opened = sides.map(({ traffic }) => traffic.opened).join(" and ");
  const longest = Math.max(...sides.map(({ side }) => side.length));
  return [
    `evenkeel demo, ${clock(durationMs)}: ${opened} connections to two Services, ${failed === 0 ? "none" : failed} failed.`,
    ...sides.map(({ side, book, spread, traffic }) => {
      const before = book.joinedAtMs === undefined ? "" : `${formatSpread(book.spreadBefore)}; `;
      const moved = traffic.released === 0 ? "" : ` ${traffic.released} connections were moved.`;
      return `${side.padEnd(longest)}  ${before}${tellJoin(book)}${formatSpread(spread)} in the end.${moved}`;
    }),
    ...tellErrors(troubles),
  ];
}

function tellJoin({ joinedAtMs, filledAfterMs }: SideBook): string {
  if (joinedAtMs === undefined) return "";
  const filled = filledAfterMs === undefined ? "not full yet" : `full after ${(filledAfterMs / 1_000).toFixed(0)} s`;
  return `${pods.joining} pods join, ${filled}; `;
}
