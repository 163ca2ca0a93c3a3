import type { Candidate } from "./eligible.ts";

/** How a pod responds. */
export interface Response {
  /** Mean response time, milliseconds. */
  readonly ms: number;
  /** Share of the responses that were errors, 0 to 1, where the pod tells. */
  readonly errorShare?: number;
  /** When it was measured, Unix milliseconds. */
  readonly at: number;
}

/** The newest response time of a pod, if it is fresh. */
export function responseOf({ sample }: Candidate): Response | undefined {
  if (sample?.responseMs === undefined) return undefined;
  const { responseMs, errorShare, takenAt } = sample;
  return { ms: responseMs, ...(errorShare !== undefined && { errorShare }), at: takenAt };
}
