import { counted } from "../basics/counted.ts";
import { nearness } from "../ready-set/share.ts";
import type { Working } from "../weights/working.ts";
import type { RebalancePlan } from "./planned-rebalance.ts";
import type { RebalanceState } from "./rebalance.ts";

const whyNobody: Readonly<Record<Exclude<RebalanceState, "decided">, string>> = {
  starting: "Nobody is asked in the first period: what was asked for before it is not known.",
  missing: "Nobody is asked in this period: it began with the sample of a pod missing.",
  impaired: "Nobody is asked in this period: it began with pods in traffic that health would set aside.",
  waiting: "Nobody is asked yet: not every pod has been sampled since some were last asked.",
};

function tellDecided({ pool, pods }: Working): string {
  const { surplus = [], even = [], above = [] } = pods.columns;
  const asked = surplus.filter((connections) => connections! > 0).length;
  if (asked > 0)
    return `${counted(asked, "pod")} ${asked === 1 ? "is" : "are"} asked to close ${counted(pool.asked!, "connection")}${asked === 1 ? "" : " in all"}.`;
  const fuller = above.filter((more, place) => more! > nearness * even[place]!).length;
  return fuller === 0
    ? `Nobody is asked: no pod has more than ${100 * nearness} % above its share.`
    : `Nobody is asked: ${counted(fuller, "pod")} ${fuller === 1 ? "has" : "have"} more than ${100 * nearness} % above ${fuller === 1 ? "its" : "their"} share, but ${pool.maxPercent} % of what ${fuller === 1 ? "it has" : "they have"} is less than one connection.`;
}

/** Whether pods are asked to close connections in this period, and why not, for people. */
export const tellRebalance = ({ state, working }: RebalancePlan): string =>
  state === "decided" ? tellDecided(working!) : whyNobody[state];
