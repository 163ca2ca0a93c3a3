import { left, right, type StyledLine, span } from "../../../../cli/terminal/text.ts";
import type { ClientFigures } from "./client-book.ts";

/** Milliseconds, to be compared at a glance. */
const formatMs = (ms: number | undefined): string =>
  ms === undefined ? "?" : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;

const formatShare = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** At most five columns, however long the demo runs: 9999, 11.6k, 116k, 1.2M. */
function formatCount(count: number): string {
  if (count < 10_000) return String(count);
  const [unit, letter] = count < 999_500 ? [1_000, "k"] : [1_000_000, "M"];
  const units = count / unit;
  return `${units.toFixed(units < 99.95 ? 1 : 0)}${letter}`;
}

/** The longest of their names, and what the other columns take. */
const name = 33;
const others = 46;

/** A client's name, with what it goes by where there is room for that. */
const named = ({ name: client, by }: ClientFigures, width: number): string => {
  const whole = `${client}: ${by}`;
  return left(whole.length <= width ? whole : client, width);
};

/** The two clients, one below the other, with what they met in the last seconds. */
export const clientTable = (clients: readonly ClientFigures[], width: number): StyledLine[] => {
  const first = Math.max(12, Math.min(name, width - others));
  return [
    [
      span(
        ` ${left("CLIENT", first)}${right("REQ/S", 6)}${right("MEDIAN", 9)}${right("P99", 9)}${right("FAILED", 8)}  SO FAR`,
        "dim",
      ),
    ],
    ...clients.map((client): StyledLine => {
      const { failed, sent, recent } = client;
      const tone = recent.failedShare > 0 ? "red" : "green";
      return [
        span(` ${named(client, first)}`),
        span(right(recent.perSecond.toFixed(0), 6)),
        span(right(formatMs(recent.medianMs), 9)),
        span(right(formatMs(recent.p99Ms), 9), (recent.p99Ms ?? 0) > 500 ? "red" : undefined),
        span(right(formatShare(recent.failedShare), 8), tone),
        span(`  ${formatCount(failed)}/${formatCount(sent)}`, failed > 0 ? undefined : "dim"),
      ];
    }),
  ];
};
