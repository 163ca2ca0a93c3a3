import type { Finding } from "../samples/findings.ts";
import type { SampleFailure } from "../world.ts";

/** Why a pod gave no sample, with what was found where that says more. */
export interface Failing {
  readonly failure: SampleFailure;
  readonly finding?: Finding;
}

/** How the pods of a pool are asked, milliseconds. */
export interface SourceTimes {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What decisions must know of a pool's source. Times are milliseconds. */
export interface SourceFacts {
  /** How old a sample may be when it comes. */
  readonly latenessMs: number;
  /** For how long a sample counts in full, beside two intervals. */
  readonly holdMs: number;
  /** What figures are an average over where a sample does not say; 0 where they are of the moment. */
  readonly windowMs: number;
  /** Whether the next pick may go by its figures; weights always may, which are bounded. */
  readonly steersPicks: boolean;
  /** Whether figures come sooner where they are asked for sooner. */
  readonly canHurry: boolean;
  /** Why replicas do not go by it while anybody may report; absent where nobody reports. */
  readonly hearsay?: string;
  /** What looks wrong in how the source is set, be there failures or not; absent: nothing. */
  readonly caution?: string;
  /** What to look at; undefined where the failure says all there is to say. */
  readonly remedyOf: (failing: Failing) => string | undefined;
}
