import type { Finding } from "../decide/samples/findings.ts";
import type { SampleFailure } from "../decide/world.ts";

export interface Failed {
  readonly kind: "failed";
  readonly failure: SampleFailure;
}

export const failed = (failure: SampleFailure): Failed => ({ kind: "failed", failure });

/** Told what was found where a pod could not be read, beside the word of the failure. */
export type Tell = (finding: Finding) => void;
