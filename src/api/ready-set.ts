import * as z from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

/** Who is published as ready, by the names that users write. */
export const readySetTypes = ["All", "LeastBusy"] as const;
/** How few of the ready pods are published at least, by the names that users write. */
export const readySetFloors = ["TwoThirds", "Half"] as const;

const period = withRules(
  duration("10s", ""),
  "Time between two decisions, from 1s to 10m. The set changes at most once a period, except when many connections come at once. A set helps connections that live longer than a few periods. Shorter periods balance better and write more.",
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
        "All publishes every pod that may get traffic. LeastBusy publishes only the pods that have the fewest open connections relative to what each can carry. New connections through the Service go to those pods. A pod that is left out keeps its connections and comes back by itself. If connections are short compared with the period, every pod is published. LeastBusy needs a source that reports connections.",
      ),
    period,
    floor: z
      .enum(readySetFloors)
      .default("TwoThirds")
      .describe(
        "Share of the ready pods that LeastBusy always publishes, rounded up. Half balances better, but then fewer pods take the connections when many clients come back within a second.",
      ),
  })
  .describe(
    "Which pods the Service's EndpointSlices publish as ready. LeastBusy makes proxies that pick at random among ready pods, such as kube-proxy, balance by the fewest connections. It does not affect the lists over HTTP.",
  )
  .prefault({});

export type ReadySetSpec = z.output<typeof readySet>;
