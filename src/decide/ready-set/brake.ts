/** Connections that came and ended since a moment, and each pod's as last read. Times are milliseconds. */
export interface BrakeMemory {
  readonly since: number;
  readonly gained: number;
  readonly lost: number;
  readonly last: ReadonlyMap<string, { readonly connections: number; readonly sampledAt: number }>;
}

interface Read {
  readonly uid: string;
  readonly connections?: number;
  readonly sampledAt?: number;
}

export interface BrakeMoment {
  readonly now: number;
  readonly periodMs: number;
  readonly intervalMs: number;
  /** Connections that come in a period, and as many that end. */
  readonly arrivals: number;
  /** Connections that pods close in this period because they were asked to; they end and come back in a moment. */
  readonly closing: number;
}

/** What happened to connections since the last interval ended. */
export interface Changes {
  readonly memory: BrakeMemory;
  /** More came than chance explains. */
  readonly isCrowd: boolean;
  /** More ended than chance explains: clients that are cut off by the dozen come back by the dozen. */
  readonly isLoss: boolean;
  /** Connections that came, as of a whole interval. */
  readonly gained: number;
}

/** How far more connections than expected may come by chance: four standard deviations, and five for small numbers. */
const allowance = (expected: number): number => expected + 4 * Math.sqrt(expected) + 5;

/**
 * Counts the connections that pods gained, and those that they lost, since the interval began, beside the share of
 * `arrivals` that belongs to it. What changed at a pod while it was not read counts as far as it belongs to one interval.
 */
export function countChanges(
  memory: BrakeMemory | undefined,
  pods: readonly Read[],
  { now, periodMs, intervalMs, arrivals, closing }: BrakeMoment,
): Changes {
  const isFirst = memory === undefined || memory.since > now;
  let [gained, lost] = isFirst ? [0, 0] : [memory.gained, memory.lost];
  const last = new Map<string, { readonly connections: number; readonly sampledAt: number }>();
  for (const { uid, connections, sampledAt } of pods) {
    const known = memory?.last.get(uid);
    if (connections === undefined || sampledAt === undefined) {
      if (known) last.set(uid, known);
      continue;
    }
    last.set(uid, known?.sampledAt === sampledAt ? known : { connections, sampledAt });
    if (!known || sampledAt <= known.sampledAt) continue;
    const change = (connections - known.connections) * Math.min(1, intervalMs / (sampledAt - known.sampledAt));
    if (change > 0) gained += change;
    else lost -= change;
  }
  const since = isFirst ? now : memory.since;
  const elapsedMs = Math.max(intervalMs, now - since);
  const most = allowance((arrivals * elapsedMs) / periodMs) + closing;
  const isOver = now - since >= intervalMs;
  return {
    memory: { since: isOver ? now : since, gained: isOver ? 0 : gained, lost: isOver ? 0 : lost, last },
    isCrowd: gained > most,
    isLoss: lost > most,
    gained: (gained * intervalMs) / elapsedMs,
  };
}
