/** How times differ for which connections are held, about their mean. */
export type Lives = "exponential" | "bimodal" | "alike";

/** An exponential part of a connection's time. */
interface LifePhase {
  /** At which it ends, per second. */
  readonly rate: number;
  /** Share of connections that begin in it. */
  readonly begin: number;
  /** Share of the open connections that are in it. */
  readonly open: number;
  /** What follows; absent: the connection ends. */
  readonly next?: number;
}

/** One in ten lives nine times as long as the others, so that half of those that are open are such. */
const seldom = 0.1;
/** So many phases one after the other vary by a quarter of their mean. */
const stages = 16;

/** The parts of which the times of connections are made. */
export function phasesOf(lives: Lives, hold: number): readonly LifePhase[] {
  switch (lives) {
    case "exponential":
      return [{ rate: 1 / hold, begin: 1, open: 1 }];
    case "bimodal":
      return [1 - seldom, seldom].map((begin) => ({ rate: (2 * begin) / hold, begin, open: 1 / 2 }));
    case "alike":
      return Array.from({ length: stages }, (_, stage) => ({
        rate: stages / hold,
        begin: stage === 0 ? 1 : 0,
        open: 1 / stages,
        ...(stage < stages - 1 && { next: stage + 1 }),
      }));
  }
}
