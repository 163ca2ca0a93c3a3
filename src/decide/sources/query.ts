import type { QuerySource } from "../../api/sources/query.ts";
import type { Finding } from "../samples/findings.ts";
import type { Failing, SourceFacts, SourceTimes } from "./facts.ts";
import { longestRangeMs } from "./promql-ranges.ts";

const spec = "spec.metrics.source.query";
const exprOf = (field: string): string => `${spec}.${field}.expr`;

/** By the status with which Prometheus refuses a query. */
function onStatus(status: number | undefined, field: string): string {
  switch (status) {
    case 400:
      return `Check ${exprOf(field)}: Prometheus cannot read it as a query with one value for each series.`;
    case 401:
    case 403:
      return "Check the operator's credentials: --query-token-file or --query-basic-auth-file (the chart's query.tokenSecret and query.basicAuthSecret).";
    case 404:
    case 405:
      return "Check --query-address (the chart's query.address): the API is asked for at /api/v1/query below it.";
    case 422:
      return `Prometheus cannot compute ${exprOf(field)}: asked there, it says why.`;
    case 429:
      return "Prometheus limits how often it is asked: raise spec.metrics.interval.";
    case 503:
    case 504:
      return `Prometheus did not finish in time: raise spec.metrics.timeout, or let ${exprOf(field)} do with less.`;
    default:
      return "The log of Prometheus, or of what is before it, tells why.";
  }
}

function onQueryFault(finding: Finding | undefined): string | undefined {
  if (finding?.kind !== "promql") return undefined;
  switch (finding.fault) {
    case "NoMetric":
      return "Name the metric, as in queue_depth{…}: by patterns of names its samples' times cannot be told.";
    case "OtherNamespace":
      return "Leave the namespace out: a pool sees its own alone.";
    case "ForeignFunction":
      return "Do without info(), absent() and absent_over_time().";
    case "NoVector":
      return "Let it have one value for each pod, as in sum by (pod) (…): a range needs a function, such as rate().";
    case "ShiftedSubquery":
      return "Put offset and @ right behind a selector.";
    default:
      return undefined;
  }
}

function onValue(finding: Finding | undefined, maxAgeMs: number): string | undefined {
  if (finding?.kind !== "value") return undefined;
  switch (finding.fault) {
    case "TooOld":
      return `Prometheus has had nothing newer for ${maxAgeMs / 1_000} s: see whether it scrapes the pods. ${spec}.maxAge must be longer than its scrape interval.`;
    case "Several":
      return "Let it have one series for each pod, as by sum by (pod) (…).";
    case "Absurd":
      return finding.metric === "load" ? `Check ${spec}.load.capacity.` : undefined;
    default:
      return undefined;
  }
}

function remedyOf({ failure, finding }: Failing, maxAgeMs: number): string | undefined {
  const field = finding?.kind === "asked" ? finding.field : "load";
  const found = finding?.kind === "asked" ? finding.finding : finding;
  switch (failure) {
    case "SourceUnset":
      return "The operator was not told where to ask: give it --query-address (the chart's query.address).";
    case "QueryRefused":
      return onQueryFault(finding);
    case "AnswerPartial":
      return "Thanos, or what is behind it, could not ask all of its stores: its own page tells which.";
    case "MetricMissing":
      return finding?.kind === "absent"
        ? `Check ${exprOf(finding.metric)}: its series need the label pod, and Prometheus must scrape the pods with the labels pod and namespace. A new pod is there after a scrape, in a rate after two.`
        : undefined;
    case "ValueRefused":
      return onValue(finding, maxAgeMs);
    case "StatusNotOk":
      return onStatus(found?.kind === "status" ? found.status : undefined, field);
    case "Redirected":
      return "Check --query-address (the chart's query.address): it leads elsewhere, and redirects are not followed.";
    case "CertificateRefused":
      return "Check --query-ca-file (the chart's query.ca): its authority has to have signed the server's certificate, for the name in --query-address.";
    case "ConnectFailed":
    case "ConnectionCut":
    case "TimedOut":
      return "Check --query-address and --query-ca-file (the chart's query.address and query.caSecret), and whether a NetworkPolicy is in the way: the operator's log tells more.";
    case "Malformed":
      return "What answers at --query-address is not the query API of Prometheus.";
    case "BodyTooLarge":
      return `Let ${exprOf(field)} have fewer series or labels, as by sum by (pod) (…).`;
    default:
      return undefined;
  }
}

/** PromQL, for all pods of a pool at once. */
export const query = ({ connections, load, maxAge }: QuerySource, { timeoutMs }: SourceTimes): SourceFacts => ({
  latenessMs: maxAge + timeoutMs,
  holdMs: maxAge,
  windowMs: Math.max(0, ...[connections, load].map((asked) => (asked ? longestRangeMs(asked.expr) : 0))),
  steersPicks: true,
  canHurry: false,
  remedyOf: (failing) => remedyOf(failing, maxAge),
});
