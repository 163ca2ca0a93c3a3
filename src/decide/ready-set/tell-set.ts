import { counted } from "../basics/counted.ts";
import { deadBand } from "./choose.ts";
import type { SetDecision } from "./decision.ts";
import { longestLag } from "./lag.ts";
import type { ReadySetPlan } from "./planned-set.ts";

const percent = (share: number): string => `${Math.round(100 * share)} %`;
/** With one digit behind the point where that tells more. */
const number = (value: number): string => String(Number(value.toFixed(value < 10 ? 1 : 0)));

/** Of a gain: what is less is the same set, or one of equals. */
const leastTold = 0.05;

/** In periods: what is heeded sooner is as good as heeded at once. */
const late = 0.5;

/** What is told of sets that are heeded late; empty where they are not. */
function tellLag({ periodMs }: ReadySetPlan, { lag, coming }: SetDecision): string[] {
  if (lag < late) return [];
  const seconds = number((lag * periodMs) / 1_000);
  return [
    `New connections heed a change about ${seconds}s late: some ${number(coming)} still come by the sets before, and are counted.`,
  ];
}

/** Why nobody is left out, whatever the counts say. */
function tellHold({ periodMs }: ReadySetPlan, { hold, lag }: SetDecision): string {
  return hold === "unseen"
    ? `Everybody is published: pods fill up as if nobody heeded their sets, or more than ${longestLag} periods late.`
    : `Everybody is published: new connections heed a set about ${number((lag * periodMs) / 1_000)}s late, when most of those that are open now have ended.`;
}

/** Where all are published as chosen: whether a set could help at all. */
function tellEverybody(set: ReadySetPlan, decision: SetDecision): string {
  const { able, floor, periodMs } = set;
  const { connections, keep, working } = decision;
  const period = `${periodMs / 1_000}s`;
  if (able <= floor) return `Everybody is published: of ${counted(able, "pod")} none can be left out.`;
  if (connections === 0) return "Everybody is published: no connection is open.";
  const { helpsFrom = 0, measuredKeep = 1, bestSize, gain } = working.pool;
  if (keep < helpsFrom && measuredKeep >= helpsFrom)
    return "Everybody is published: how long connections live is not known well enough yet.";
  if (keep < helpsFrom)
    return `Everybody is published, and nothing changes: connections are too short for a set to help. ${percent(keep)} of them outlast a period of ${period}; it would help from about ${percent(helpsFrom)} on.`;
  if (decision.hold) return tellHold(set, decision);
  const lasting = `${percent(keep)} of the connections outlast a period of ${period}`;
  if (bestSize === able && decision.lag >= late)
    return [
      "Everybody is published: no set would be better by the time that it is heeded.",
      ...tellLag(set, decision),
    ].join(" ");
  return bestSize! < able
    ? `Everybody is published: to leave ${counted(able - bestSize!, "pod")} out would be better by ${number(gain!)} connections, less than ${deadBand}. A set can help here: ${lasting}.`
    : `Everybody is published, as the pods are even enough. A set can help here: ${lasting}.`;
}

function tellChosen(set: ReadySetPlan, decision: SetDecision): string {
  const { size, able, floor, periodMs } = set;
  if (size === able) return tellEverybody(set, decision);
  const { keep, working } = decision;
  const { gain = 0 } = working.pool;
  return [
    `${size} of ${counted(able, "pod")} are published, ${able - size} ${able - size === 1 ? "is" : "are"} full for now.`,
    ...(size <= floor ? ["That is the floor: no more are left out."] : []),
    ...(gain > leastTold && gain < deadBand
      ? [`The set stays: the best one is better by ${number(gain!)} connections, less than ${deadBand}.`]
      : []),
    `${percent(keep)} of the connections outlast a period of ${periodMs / 1_000}s.`,
    ...tellLag(set, decision),
  ].join(" ");
}

/** Why the set is as it is, and whether one can help here, for people. */
export function tellReadySet(set: ReadySetPlan): string {
  const { state, size, able, decision } = set;
  switch (state) {
    case "inherited":
      return size === able
        ? "The first samples are still to come: everybody is published."
        : `The first samples are still to come: ${size} of ${counted(able, "pod")} stay published, as the slices say.`;
    case "blind":
      return "Too few pods have fresh numbers: everybody is published.";
    case "braked":
      return "More connections came at once than was to be expected: everybody is published until the period ends.";
    case "learning":
      return "How long connections live is not known yet: everybody is published until a whole period has shown it.";
    case "chosen":
      return tellChosen(set, decision!);
  }
}
