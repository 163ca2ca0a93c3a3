import { defined } from "../../api/defined.ts";
import { largestOf, meanOf, sum } from "../basics/mean.ts";
import type { Candidate, Eligibility } from "../membership/eligible.ts";
import type { Signals } from "./planned-signals.ts";

/** Undefined of nothing, as a sum of nothing would pass for 0. */
const totalOf = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : sum(values));

/** A part of a whole, which is undefined of nothing. */
const shareOf = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

function spreadOf(values: readonly number[]): number | undefined {
  const mean = meanOf(values);
  return shareOf(Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))), mean);
}

const fullestOf = (values: readonly number[]): number | undefined => shareOf(largestOf(values), sum(values));

function errorShareOf(pods: readonly Candidate[]): number | undefined {
  const told = pods.flatMap(({ traffic }) => (traffic?.errors === undefined ? [] : [traffic]));
  return shareOf(sum(told.map(({ errors }) => errors!)), sum(told.map(({ requests }) => requests)));
}

/** Of every request alike where pods count them; else of every pod alike, or by how many requests each has. */
function responseOf(pods: readonly Candidate[]): number | undefined {
  const told = pods.flatMap(({ traffic }) => traffic?.responses ?? []);
  const mean = shareOf(sum(told.map(({ totalMs }) => totalMs)), sum(told.map(({ count }) => count)));
  if (told.length > 0) return mean;
  const timed = pods.flatMap(({ response, traffic }) =>
    response ? [{ ms: response.ms, requests: traffic?.requests }] : [],
  );
  if (timed.length === 0) return undefined;
  const byRequests = timed.every(({ requests }) => requests !== undefined)
    ? shareOf(sum(timed.map(({ ms, requests }) => ms * requests!)), sum(timed.map(({ requests }) => requests!)))
    : undefined;
  return byRequests ?? meanOf(timed.map(({ ms }) => ms));
}

/**
 * The signals of a pool. `able` are its ready pods, whose traffic is the pool's; `candidates` those that are to get new
 * traffic, which is to be even on them.
 */
export function signalsOf(
  able: Pick<Eligibility, "candidates">,
  { candidates }: Pick<Eligibility, "candidates">,
): Signals {
  const ready = able.candidates;
  const taking = new Set(candidates.map(({ pod }) => pod.uid));
  const even = ready.filter(({ pod }) => taking.has(pod.uid));
  const connectionsOf = (pods: readonly Candidate[]) => pods.flatMap(({ sample }) => sample?.connections ?? []);
  const requestsOf = (pods: readonly Candidate[]) => pods.flatMap(({ traffic }) => traffic?.requests ?? []);
  const connections = connectionsOf(even);
  const requests = requestsOf(even);
  const load = even.flatMap(({ sample }) => sample?.load ?? []);
  return {
    ...defined({
      requests: totalOf(requestsOf(ready)),
      errorShare: errorShareOf(ready),
      responseMs: responseOf(ready),
      connections: totalOf(connectionsOf(ready)),
    }),
    spread: defined({ connections: spreadOf(connections), load: spreadOf(load), requests: spreadOf(requests) }),
    fullestShare: defined({ connections: fullestOf(connections), requests: fullestOf(requests) }),
  };
}
