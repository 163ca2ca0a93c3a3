import type { Rule } from "./rules.ts";

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
    holds: ({ timeout, interval }) => timeout >= 10 && timeout < interval,
  },
];
