/** Completions and the busy time that they took, with the old ones fading. */
export interface BusyTally {
  readonly completions: number;
  readonly busyS: number;
}

/** What is remembered of one pod. */
export interface PodMemory {
  readonly id: string;
  /** With a memory of 1000 completions per pod, or more where they tell less. */
  readonly long: BusyTally;
  /** With a memory of 50 completions per pod, or more. */
  readonly recent: BusyTally;
  /** The newest interval that was counted. */
  readonly last?: BusyTally;
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

/** How far completions and busy time lie from each other from one interval to the next, with the old ones fading. */
export interface Jumps {
  /** Sum of squares, and what it would be if completions in a busy time were a Poisson number. */
  readonly squares: number;
  readonly expected: number;
}

/** What the root rule remembers of a pool: plain data that survives JSON. */
export interface RootState {
  readonly pods: readonly PodMemory[];
  readonly misfit: Misfit;
  readonly jumps: Jumps;
  /** Requests per second; absent until the pool could tell. */
  readonly lambda?: number;
}

export const nothing: BusyTally = { completions: 0, busyS: 0 };

/** Nothing seen yet. */
export const createRootState = (): RootState => ({
  pods: [],
  misfit: { chiSquare: 0, degrees: 0, busyS: 0 },
  jumps: { squares: 0, expected: 0 },
});
