import { left, right, type StyledLine, span } from "../../../../cli/terminal/text.ts";
import type { ClientFigures } from "./client-book.ts";

/** Milliseconds, to be compared at a glance. */
const formatMs = (ms: number | undefined): string =>
  ms === undefined ? "?" : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;

const formatShare = (share: number): string => `${(100 * share).toFixed(1)}%`;

const name = 38;

/** The two clients, one below the other, with what they met in the last seconds. */
export const clientTable = (clients: readonly ClientFigures[], width: number): StyledLine[] => {
  const first = Math.max(12, Math.min(name, width - 40));
  return [
    [
      span(
        ` ${left("CLIENT", first)}${right("REQ/S", 6)}${right("MEDIAN", 9)}${right("P99", 9)}${right("FAILED", 8)}  SO FAR`,
        "dim",
      ),
    ],
    ...clients.map(({ name: client, by, failed, sent, recent }): StyledLine => {
      const tone = recent.failedShare > 0 ? "red" : "green";
      return [
        span(` ${left(`${client}: ${by}`, first)}`),
        span(right(recent.perSecond.toFixed(0), 6)),
        span(right(formatMs(recent.medianMs), 9)),
        span(right(formatMs(recent.p99Ms), 9), (recent.p99Ms ?? 0) > 500 ? "red" : undefined),
        span(right(formatShare(recent.failedShare), 8), tone),
        span(`  ${failed}/${sent}`, failed > 0 ? undefined : "dim"),
      ];
    }),
  ];
};
