/** What clients do: the same arrivals to each target, held for an exponential time. */
export interface Load {
  /** Address, or name, and port by Service. */
  readonly targets: Readonly<Record<string, string>>;
  /** Services whose pods may end connections: what they end is opened anew for the rest of its time. */
  readonly comesBack: readonly string[];
  /** Connections that arrive a second, on average, for each target. */
  readonly perSecond: number;
  readonly holdSeconds: number;
  /** Opened besides, at the start, within `initialSeconds`. */
  readonly initial: number;
  readonly initialSeconds: number;
}

/** What became of connections since a client started, but for those that it ended itself. */
export interface Counted {
  readonly open: number;
  /** Answered by a pod. */
  readonly opened: number;
  /** Services, times and reasons of those that no pod answered. */
  readonly refused: readonly string[];
  /** Ended by the other side or on the way, by the pod that had answered. */
  readonly cut: Readonly<Record<string, number>>;
  /** The same of Services whose connections come back. */
  readonly moved: Readonly<Record<string, number>>;
}

/** Who answers at a target, or why no pod does. */
export type Answer = { readonly pod: string } | { readonly problem: string };
