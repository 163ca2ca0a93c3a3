export interface ScaleTiming {
  /** Shortest time between two questions: after the spec moved, and after the status did. */
  readonly soonMs: number;
  readonly statusMs: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** What fails for no longer may be a hiccup, which nobody has to hear of. */
  readonly patienceMs: number;
  readonly deadlineMs: number;
}

export const defaultScaleTiming: ScaleTiming = {
  soonMs: 100,
  statusMs: 1_000,
  retryBaseMs: 250,
  retryMaxMs: 30_000,
  patienceMs: 3_000,
  deadlineMs: 5_000,
};
