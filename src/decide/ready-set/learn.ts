import { defined } from "../../api/defined.ts";
import { type ArrivalsMemory, learnArrivals } from "./bunching.ts";
import { type KeepMemory, keepOf, learnKeep, type PodPeriod } from "./keep.ts";
import { expectedShares, type LagMemory, learnLag, type SharesBySet } from "./lag.ts";

/** What periods have taught of a pool's connections. */
export interface LearnedTraffic {
  readonly keep?: KeepMemory;
  readonly lag?: LagMemory;
  readonly arrivals?: ArrivalsMemory;
}

/** A pod from the begin of a period to its end. */
export interface PodRow extends Pick<PodPeriod, "before" | "now"> {
  readonly uid: string;
}

/** Of new connections, what each pod gets by each of some sets, which are told by who is out. */
export function sharesBy(sets: readonly ReadonlySet<string>[], uids: readonly string[]): SharesBySet {
  const known = new Map<ReadonlySet<string>, Float64Array>();
  const places = new Map(uids.map((uid, place) => [uid, place]));
  return sets.map((full) => {
    const before = known.get(full);
    if (before) return before;
    const out = [...full].flatMap((uid) => places.get(uid) ?? []);
    const shares = new Float64Array(uids.length).fill(1 / (uids.length - out.length));
    for (const place of out) shares[place] = 0;
    known.set(full, shares);
    return shares;
  });
}

const total = (rows: readonly PodRow[], of: "before" | "now"): number => rows.reduce((sum, row) => sum + row[of], 0);

/**
 * Takes in a period: how many connections came, and, where its set and those before it are told, how long they live and how
 * late sets are heeded.
 */
export function learnPeriod(
  learned: LearnedTraffic,
  rows: readonly PodRow[],
  sets: readonly ReadonlySet<string>[] | undefined,
): LearnedTraffic {
  if (rows.length === 0) return learned;
  const [before, now] = [total(rows, "before"), total(rows, "now")];
  const keep = learned.keep ? keepOf(learned.keep, now) : 0;
  const came = Math.max(0, now - keep * before);
  const counted = learned.keep ? { ...learned, arrivals: learnArrivals(learned.arrivals, came) } : learned;
  if (!sets) return counted;
  const shares = sharesBy(
    sets,
    rows.map(({ uid }) => uid),
  );
  // Some of what a pod had has ended, and some has come.
  const noise = (keep * (1 - keep) * before + Math.max(1, came)) / rows.length;
  const { inPeriod, lag } = learnLag(learned.lag, rows, learned.keep, shares, noise);
  const got = expectedShares(inPeriod, shares);
  const known = learnKeep(
    learned.keep,
    rows.map((row, place) => ({ ...row, share: got[place]! })),
  );
  return { ...counted, ...defined({ keep: known, lag }) };
}
