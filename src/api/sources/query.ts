import * as z from "zod";
import { duration } from "../duration.ts";
import { withRules } from "../rules.ts";
import { capacity } from "./capacity.ts";
import { needsOne, unit } from "./over-http.ts";

const expr = z
  .string()
  .max(2_000)
  .regex(/\S/, "must not be empty")
  .describe(
    'PromQL with one series for each pod, by its label pod, such as sum by (pod) (queue_depth). It sees only the series of the pool\'s namespace, because namespace="…" is added to every selector.',
  );

export const query = withRules(
  z.object({
    connections: z.object({ expr }).describe("Each pod's open connections.").optional(),
    load: z.object({ expr, capacity }).describe("Each pod's load.").optional(),
    requests: z
      .object({ expr })
      .describe(
        "Each pod's completed requests since its start. They show how much each pod can serve. Give a counter, not its rate.",
      )
      .optional(),
    responseTime: z
      .object({ expr, unit })
      .describe(
        "Each pod's recent mean response time, such as the rate of a histogram's _sum divided by that of its _count. NaN means that the pod completed no request.",
      )
      .optional(),
    errors: z
      .object({ expr })
      .describe(
        "How many of the requests failed since the pod's start. With it, a pod that fails fast does not count as fast. A missing series counts as 0.",
      )
      .optional(),
    maxAge: duration(
      "90s",
      "How old a sample may be when it arrives, by its timestamp in Prometheus, from 5s to 1h. Set it some seconds longer than the scrape interval.",
    ),
  }),
  "PromQL, for the Prometheus, Thanos or Mimir in the operator's --query-address. One query per metric covers all of the pool's pods.",
  [
    needsOne,
    {
      cel: "!has(self.errors) || has(self.requests)",
      message: "errors needs requests, which say how many there were",
      holds: ({ errors, requests }) => errors === undefined || requests !== undefined,
    },
    {
      cel: "duration(self.maxAge) >= duration('5s') && duration(self.maxAge) <= duration('1h')",
      message: "maxAge must be from 5s to 1h",
      holds: ({ maxAge }) => maxAge >= 5_000 && maxAge <= 3_600_000,
    },
  ],
);

export type QuerySource = z.output<typeof query>;
