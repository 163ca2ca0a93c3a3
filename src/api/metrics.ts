import { z } from "zod";
import { duration } from "./duration.ts";
import { pollRules, timeout } from "./poll.ts";
import { probe } from "./probe.ts";
import { withRules } from "./rules.ts";
import { source } from "./sources.ts";

/** How a pool's pods are sampled. */
export const metrics = withRules(
  z.object({
    interval: duration("1s", "Time between two samples of a pod, from 200ms to 1h."),
    timeout: timeout("800ms", "Time after which a sample is given up, at most 10s. Shorter than the interval."),
    source: source.optional(),
    probe: probe.optional(),
  }),
  "How the pods are sampled and probed.",
  [
    {
      cel: "has(self.source) || has(self.probe)",
      message: "needs source, probe or both",
      holds: ({ source: given, probe: probed }) => given !== undefined || probed !== undefined,
    },
    ...pollRules,
    {
      cel: "!has(self.source) || !has(self.source.resource) || duration(self.interval) >= duration('5s')",
      message: "interval must be at least 5s with source resource, as metrics.k8s.io changes only every 10 to 60 s",
      holds: ({ source: given, interval }) => given?.resource === undefined || interval >= 5_000,
    },
  ],
);

export type Metrics = z.output<typeof metrics>;
/** What sampling goes by: metrics with a source. */
export type Sampled = Metrics & { readonly source: NonNullable<Metrics["source"]> };
