/** Connections that came since a moment, and each pod's as last read. Times are milliseconds. */
export interface BrakeMemory {
  readonly since: number;
  readonly arrived: number;
  readonly last: ReadonlyMap<string, { readonly connections: number; readonly sampledAt: number }>;
}

interface Read {
  readonly uid: string;
  readonly connections?: number;
  readonly sampledAt?: number;
}

/** How far more connections than expected may come by chance: four standard deviations, and five for small numbers. */
const allowance = (expected: number): number => expected + 4 * Math.sqrt(expected) + 5;

/**
 * Counts the connections that pods gained since the interval began, and says whether they are more than the share of
 * `arrivals` that belongs to it. What a pod gained while it was not read counts as far as it belongs to one interval.
 */
export function countArrivals(
  memory: BrakeMemory | undefined,
  pods: readonly Read[],
  moment: { readonly now: number; readonly periodMs: number; readonly intervalMs: number; readonly arrivals: number },
): { readonly memory: BrakeMemory; readonly isCrowd: boolean } {
  const { now, periodMs, intervalMs, arrivals } = moment;
  const isFirst = memory === undefined || memory.since > now;
  let arrived = isFirst ? 0 : memory.arrived;
  const last = new Map<string, { readonly connections: number; readonly sampledAt: number }>();
  for (const { uid, connections, sampledAt } of pods) {
    const known = memory?.last.get(uid);
    if (connections === undefined || sampledAt === undefined) {
      if (known) last.set(uid, known);
      continue;
    }
    last.set(uid, known?.sampledAt === sampledAt ? known : { connections, sampledAt });
    if (!known || sampledAt <= known.sampledAt) continue;
    const share = Math.min(1, intervalMs / (sampledAt - known.sampledAt));
    arrived += Math.max(0, connections - known.connections) * share;
  }
  const since = isFirst ? now : memory.since;
  const elapsedMs = Math.max(intervalMs, now - since);
  const isCrowd = arrived > allowance((arrivals * elapsedMs) / periodMs);
  const isOver = now - since >= intervalMs;
  return { memory: { since: isOver ? now : since, arrived: isOver ? 0 : arrived, last }, isCrowd };
}
