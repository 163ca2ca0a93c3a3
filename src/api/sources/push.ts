import * as z from "zod";
import { duration } from "../duration.ts";
import { withRules } from "../rules.ts";

export const push = withRules(
  z.object({
    expiry: duration(
      "30s",
      "How long a client's report counts, from 3s to 1h. A client repeats its report at least every third of it.",
    ),
  }),
  "Open connections as clients report them, with PUT /v1/pools/NAMESPACE/NAME/connections on the operator. Replicas follow them only if the operator asks for a token.",
  [
    {
      cel: "duration(self.expiry) >= duration('3s') && duration(self.expiry) <= duration('1h')",
      message: "expiry must be from 3s to 1h",
      holds: ({ expiry }) => expiry >= 3_000 && expiry <= 3_600_000,
    },
  ],
);
