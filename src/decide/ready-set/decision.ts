import { defined } from "../../api/defined.ts";
import type { Working } from "../weights/working.ts";
import type { Changes } from "./brake.ts";
import { companyOf } from "./bunching.ts";
import { type ChosenSet, type Contender, chooseSet } from "./choose.ts";
import { type KeepMemory, keepOf } from "./keep.ts";
import { describeLag, lookAhead } from "./lag.ts";
import { type LearnedTraffic, sharesBy } from "./learn.ts";
import { sharesOf, surplusOf } from "./share.ts";
import { evenOdds, inForceFor, setWorking } from "./working.ts";

/** What was decided at the begin of the period, in figures. */
export interface SetDecision extends ChosenSet {
  /** Open connections, those of pods that are not measured taken for the mean. */
  readonly connections: number;
  readonly keep: number;
  /** New connections that the set is chosen for. */
  readonly arrivals: number;
  /** Those that still come by the sets before, as is expected, and how long they do: in periods. */
  readonly coming: number;
  readonly lag: number;
  /** Why everybody is published, whatever the counts say: sets are heeded too late to be of use, or show no effect. */
  readonly hold?: "late" | "unseen";
  /** Connections that pods are asked to close. */
  readonly closing: number;
  readonly at: number;
  readonly working: Working;
}

/** Connections that come in a period: as many as end in it. */
export const arrivalsOf = ({ connections, keep }: Pick<SetDecision, "connections" | "keep">): number =>
  connections * (1 - keep);

/** Nobody is left out where it is likelier than not that sets show no effect, or that what they go by is gone by then. */
function holdFor(kept: number, unseen: number): SetDecision["hold"] {
  if (unseen >= evenOdds) return "unseen";
  return kept < evenOdds ? "late" : undefined;
}

interface DecisionMoment {
  readonly now: number;
  readonly floor: number;
  readonly maxPercent?: number;
}

interface Before {
  readonly learned: LearnedTraffic & { readonly keep: KeepMemory };
  /** Who was out by the set in force and by those before it, the last one first. */
  readonly sets: readonly ReadonlySet<string>[];
  readonly changes: Changes;
}

const meanKnown = (pods: readonly Contender[]): number => {
  const known = pods.flatMap(({ connections }) => connections ?? []);
  return known.length === 0 ? 0 : known.reduce((total, one) => total + one, 0) / known.length;
};

/**
 * The best set, by what is learned of connections. It is chosen for the time from which on it is heeded: what comes to pods
 * until then by the sets before is theirs already.
 */
export function decideSet(
  pods: readonly Contender[],
  { learned, sets, changes }: Before,
  { now, floor, maxPercent = 0 }: DecisionMoment,
): SetDecision {
  const connections = meanKnown(pods) * pods.length;
  const keep = keepOf(learned.keep, connections);
  const lag = describeLag(learned.lag);
  const { kept, coming, anywhere } = lookAhead(learned.lag, keep, connections);
  const shares = sharesBy(
    sets,
    pods.map(({ uid }) => uid),
  );
  const onTheWay = pods.map((_, place) =>
    coming.reduce(
      (sum, count, set) => sum + count * shares[Math.min(set, shares.length - 1)]![place]!,
      anywhere / pods.length,
    ),
  );
  const ahead = pods.map((pod, place) =>
    pod.connections === undefined ? pod : { ...pod, connections: kept * pod.connections + onTheWay[place]! },
  );
  const company = companyOf(learned.arrivals, keep);
  // In a crowd the set is in force until the brake has counted what comes to it, and another write has come through.
  const crowd = changes.isCrowd ? 2 * changes.gained : 0;
  const arrivals = Math.max(connections * (1 - keep ** inForceFor(lag.deviation)) + company, crowd);
  const hold = holdFor(kept, lag.unseen);
  const choice = chooseSet(ahead, { keep, arrivals }, hold ? pods.length : floor);
  const expected = { lag, kept, onTheWay, ahead, company };
  const working = setWorking(pods, {
    learned: learned.keep,
    connections,
    keep,
    arrivals,
    crowd,
    floor,
    choice,
    expected,
  });
  const closing = sharesOf(pods).reduce((total, share) => total + (share ? surplusOf(share, maxPercent) : 0), 0);
  const late = coming.reduce((sum, count) => sum + count, 0);
  return {
    ...choice,
    connections,
    keep,
    arrivals,
    coming: late,
    lag: lag.mean,
    ...defined({ hold }),
    closing,
    at: now,
    working,
  };
}
