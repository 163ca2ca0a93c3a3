import { duration } from "./duration.ts";
import type { Rule } from "./rules.ts";

/** What is under way holds one of the slots that all pools share. */
const longestTimeoutMs = 10_000;

/**
 * Time that an answer may take, in milliseconds. A pool that was stored when the API server still took a longer one is read
 * as if it said the longest: what it says besides must not stop to count.
 */
export const timeout = (fallback: string, description: string) =>
  duration(fallback, description).transform((ms) => Math.min(ms, longestTimeoutMs));

/** How often pods are asked, and how long an answer may take: milliseconds. */
interface Poll {
  readonly interval: number;
  readonly timeout: number;
}

/** What holds for whatever asks pods again and again. */
export const pollRules: readonly Rule<Poll>[] = [
  {
    cel: "duration(self.interval) >= duration('200ms') && duration(self.interval) <= duration('1h')",
    message: "interval must be from 200ms to 1h",
    holds: ({ interval }) => interval >= 200 && interval <= 3_600_000,
  },
  {
    cel: "duration(self.timeout) >= duration('10ms') && duration(self.timeout) < duration(self.interval)",
    message: "timeout must be at least 10ms and shorter than interval",
    holds: ({ timeout: ms, interval }) => ms >= 10 && ms < interval,
  },
  {
    cel: "duration(self.timeout) <= duration('10s')",
    message: "timeout must be at most 10s",
    holds: () => true,
  },
];
