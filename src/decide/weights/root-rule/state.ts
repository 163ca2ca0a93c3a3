/** Completions and the busy time that they took, with the old ones fading. */
export interface BusyTally {
  readonly completions: number;
  readonly busyS: number;
}

/** What is remembered of one pod. */
export interface PodMemory {
  readonly id: string;
  /** With a memory of 1000 completions per pod. */
  readonly long: BusyTally;
  /** With a memory of 50 completions per pod. */
  readonly recent: BusyTally;
  /** Completions per second; absent until they were counted once. */
  readonly rate?: number;
  /** In flight, as last known or predicted. */
  readonly queue?: number;
}

/** How far the recent tallies lie from the long ones, averaged over the intervals. */
export interface Misfit {
  /** Pearson's chi-square. */
  readonly chiSquare: number;
  /** Its expectation while no pod changes. */
  readonly degrees: number;
  /** Busy time behind it. */
  readonly busyS: number;
}

/** What the root rule remembers of a pool: plain data that survives JSON. */
export interface RootState {
  readonly pods: readonly PodMemory[];
  readonly misfit: Misfit;
  /** Requests per second; absent until the pool could tell. */
  readonly lambda?: number;
}

export const nothing: BusyTally = { completions: 0, busyS: 0 };

/** Nothing seen yet. */
export const createRootState = (): RootState => ({ pods: [], misfit: { chiSquare: 0, degrees: 0, busyS: 0 } });
