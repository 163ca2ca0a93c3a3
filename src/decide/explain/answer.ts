import { counted } from "../basics/counted.ts";
import type { Explanation, PodExplanation } from "./explanation.ts";

/** What an explanation says in two sentences: who gets the traffic, and what becomes of the replicas. */
export interface ExplainedAnswer {
  readonly traffic: string;
  readonly replicas: string;
}

/** Where one sentence ends and another begins; not in `41.2%`. */
const betweenSentences = /(?<=[.:!?])\s+(?=\p{Lu}|\d)/u;

const firstSentence = (message: string): string => {
  const [first = ""] = message.trim().split(betweenSentences);
  return first.replace(/[.:!?]*$/, "");
};

/** A sentence as it goes on behind a colon; names of fields and reasons keep their letters. */
const goingOn = (sentence: string): string =>
  /^\p{Lu}\p{Ll}+\s/u.test(sentence) ? sentence[0]!.toLowerCase() + sentence.slice(1) : sentence;

const shareOf = ({ weight }: PodExplanation, total: number): string => {
  const percent = (100 * weight) / total;
  return percent > 0 && percent < 1 ? "less than 1%" : `${Math.round(percent)}%`;
};

function trafficOf(pool: string, { pods, excluded, strategy }: Explanation): string {
  const [first] = pods;
  const last = pods.at(-1);
  if (!first || !last) {
    const [out] = excluded;
    const why = out
      ? `: ${counted(excluded.length, "pod")} ${excluded.length === 1 ? "is" : "are"} out, ${out.pod} as ${out.reason}`
      : "";
    return `No pod of ${pool} gets traffic${why}.`;
  }
  if (pods.length === 1) return `${first.pod} gets all traffic of ${pool} (${first.reason}).`;
  const total = pods.reduce((sum, { weight }) => sum + weight, 0);
  const spread = `${pool} spreads new traffic over ${counted(pods.length, "pod")} by ${strategy}`;
  if (pods.every(({ weight }) => weight === first.weight))
    return `${spread}, an even share each: ${first.pod} is first in order (${first.reason}).`;
  return `${spread}: ${first.pod} is first with ${shareOf(first, total)} (${first.reason}), ${last.pod} last with ${shareOf(last, total)} (${last.reason}).`;
}

/** The two sentences that stand before all arithmetic. `pool` is its name. */
export function answerOf(pool: string, explanation: Explanation): ExplainedAnswer {
  const { kind, reason, message, act } = explanation.scaling;
  const why = firstSentence(message);
  const changing = act === false ? "Replicas would change, but the mode is Recommend" : "Replicas change";
  const what = kind === "scale" ? changing : "Replicas stay as they are";
  return {
    traffic: trafficOf(pool, explanation),
    replicas: `${what} (${reason})${why ? `: ${goingOn(why)}` : ""}.`,
  };
}
