/**
 * What operators look at first. Each figure is absent where no pod tells what it is made of; none is 0 for want of
 * knowledge.
 */
export interface Signals {
  /** Requests per second, over the pool's ready pods, those that are drained among them. */
  readonly requests?: number;
  /** Share of those requests that failed, 0 to 1; absent also where there were none. */
  readonly errorShare?: number;
  /** Mean response time of those requests or, where the pods do not tell it, that of their probes, milliseconds. */
  readonly responseMs?: number;
  /** Open connections, over the same pods. */
  readonly connections?: number;
  /** Standard deviation through mean, over the endpoints. */
  readonly spread: SignalsByFigure;
  /** What the endpoint that has most of it has, of what all have, 0 to 1. */
  readonly fullestShare: Omit<SignalsByFigure, "load">;
}

interface SignalsByFigure {
  readonly connections?: number;
  readonly load?: number;
  readonly requests?: number;
}
