import type { Source } from "../../api/sources/sources.ts";
import type { SourceFacts } from "./facts.ts";

/** Anybody who reaches the operator's port can say what he likes there: that may move weights, which are bounded. */
const hearsay =
  "Clients' reports (metrics.source.push) move weights alone, as anybody may report: give clients a token (flag --push-token-file, the chart's push.tokenSecret.name) to scale by what they say.";

/** What clients report: it holds until it expires. */
export const push = ({ expiry }: Source<"push">["spec"]): SourceFacts => ({
  latenessMs: expiry,
  holdMs: expiry,
  windowMs: 0,
  // One client would speak for all pods.
  steersPicks: false,
  canHurry: false,
  hearsay,
  remedyOf: ({ failure }) =>
    failure === "NotReported" ? "Check that clients report: PUT /v1/pools/NAMESPACE/NAME/connections." : undefined,
});
