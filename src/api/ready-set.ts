import * as z from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

/** Who is published as ready, by the names that users write. */
export const readySetTypes = ["All", "LeastBusy"] as const;
/** How few of the ready pods are published at least, by the names that users write. */
export const readySetFloors = ["TwoThirds", "Half"] as const;

const period = withRules(
  duration("10s", ""),
  "Time between two decisions, from 1s to 10m. The set changes at most once in it, except for a crowd. A set helps connections that live longer than a few periods. Shorter periods balance better and write more.",
  [
    {
      cel: "duration(self) >= duration('1s') && duration(self) <= duration('10m')",
      message: "must be from 1s to 10m",
      holds: (ms) => ms >= 1_000 && ms <= 600_000,
    },
  ],
);

/** Which of the pods that may get traffic the slices publish as ready. */
export const readySet = z
  .object({
    type: z
      .enum(readySetTypes)
      .default("All")
      .describe(
        "All publishes every pod that may get traffic. LeastBusy publishes only the pods with the fewest open connections for what each can carry, as far as that helps. Whoever reads the Service spreads new connections over those. A pod that is left out keeps its connections and comes back by itself. If connections are short compared with the period, every pod is published. LeastBusy needs a source that reports connections.",
      ),
    period,
    floor: z
      .enum(readySetFloors)
      .default("TwoThirds")
      .describe(
        "Share of the ready pods that LeastBusy always publishes, rounded up. Half balances better, but fewer pods take the crowd when many clients come back within a second.",
      ),
  })
  .describe(
    "Which pods the Service's EndpointSlices publish as ready. This gives least connections to proxies that pick at random among ready pods, such as kube-proxy. It does not affect the lists over HTTP.",
  )
  .prefault({});

export type ReadySetSpec = z.output<typeof readySet>;
