import * as z from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

/** Who is published as ready, by the names that users write. */
export const readySetTypes = ["All", "LeastBusy"] as const;
/** How few of the ready pods are published at least, by the names that users write. */
export const readySetFloors = ["TwoThirds", "Half"] as const;

const period = withRules(
  duration("10s", ""),
  "Time between two decisions, from 1s to 10m: the set changes once in it at most, besides for a crowd. A set helps connections that live longer than a few periods. Shorter periods balance better and write more.",
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
        "All publishes every pod that may get traffic. LeastBusy publishes the pods with the fewest open connections, by what each can carry, as far as the others gain from it: whoever reads the Service spreads new connections over those. A pod that is left out keeps its connections, counts as able and comes back by itself. Where connections are short against the period, it publishes everybody. It needs a source that tells connections.",
      ),
    period,
    floor: z
      .enum(readySetFloors)
      .default("TwoThirds")
      .describe(
        "Share of the ready pods that LeastBusy always publishes, rounded up. Half balances better; but when many clients come back within a second, fewer pods take them.",
      ),
  })
  .describe(
    "Which pods the Service's endpoint slices publish as ready: least connections for proxies that pick blindly among the ready ones, such as kube-proxy. The lists over HTTP are not affected.",
  )
  .prefault({});

export type ReadySetSpec = z.output<typeof readySet>;
