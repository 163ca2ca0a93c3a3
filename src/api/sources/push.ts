import * as z from "zod";
import { duration } from "../duration.ts";
import { withRules } from "../rules.ts";

export const push = withRules(
  z.object({
    expiry: duration(
      "30s",
      "How long a client's report counts, from 3s to 1h. A client should repeat its report at least three times within this time.",
    ),
  }),
  "Open connections as clients report them, with PUT /v1/pools/NAMESPACE/NAME/connections on the operator. They change the number of replicas only if the operator requires a token for reports (the chart's push.tokenSecret).",
  [
    {
      cel: "duration(self.expiry) >= duration('3s') && duration(self.expiry) <= duration('1h')",
      message: "expiry must be from 3s to 1h",
      holds: ({ expiry }) => expiry >= 3_000 && expiry <= 3_600_000,
    },
  ],
);
