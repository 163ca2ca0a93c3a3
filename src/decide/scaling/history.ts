/** How many replicas were enough over the last while: the most of each slot of time, so that it stays small. */
export interface DemandHistory {
  /** What it was judged by, as text: numbers under another spec are not compared with these. */
  readonly basis: string;
  /** Replicas of the workload when it was last looked at. */
  readonly replicas: number;
  /** Since when it has no gap, Unix milliseconds. */
  readonly since: number;
  readonly seenAt: number;
  /** Oldest first. */
  readonly slots: readonly Slot[];
}

interface Slot {
  readonly index: number;
  /** The most replicas that were needed in it. */
  readonly most: number;
}

export interface Note {
  readonly now: number;
  readonly basis: string;
  readonly replicas: number;
  /** Replicas that would be enough now. */
  readonly enough: number;
  readonly windowMs: number;
}

const slotsPerWindow = 60;
/** Without a look for so long, nobody knows what was between. */
const longestGapMs = 30_000;

const slotMs = (windowMs: number): number => Math.max(1, Math.ceil(windowMs / slotsPerWindow));

/**
 * The history with what is known now. It begins anew after a gap, under another spec, by a clock that was set back, and
 * when replicas were added: what the larger workload needs is to be seen first.
 */
export function noteDemand(history: DemandHistory | undefined, note: Note): DemandHistory {
  const { now, basis, replicas, enough, windowMs } = note;
  const goesOn =
    history !== undefined &&
    history.basis === basis &&
    history.replicas >= replicas &&
    history.seenAt <= now &&
    now - history.seenAt <= longestGapMs;
  const earlier = goesOn ? history.slots : [];
  const index = Math.floor(now / slotMs(windowMs));
  const last = earlier.at(-1);
  const slots =
    last?.index === index
      ? [...earlier.slice(0, -1), { index, most: Math.max(last.most, enough) }]
      : [...earlier, { index, most: enough }];
  // The newest slot before the window tells what was in force when the window began.
  const oldest = slots.findLastIndex((slot) => (slot.index + 1) * slotMs(windowMs) <= now - windowMs);
  return { basis, replicas, since: goesOn ? history.since : now, seenAt: now, slots: slots.slice(Math.max(0, oldest)) };
}

/** The history as it stands when all that was is to count for nothing: from now on a whole window has to pass. */
export const forgetDemand = (history: DemandHistory): DemandHistory => ({
  ...history,
  since: history.seenAt,
  slots: history.slots.slice(-1),
});

/** The most replicas that were needed in the window, and for how long the history goes back. */
export const demandOf = ({ slots, since, seenAt }: DemandHistory) => ({
  most: Math.max(...slots.map(({ most }) => most)),
  knownMs: seenAt - since,
});
