import type { Excluded } from "../planned.ts";

/** A pod without traffic as it is told. */
export interface ToldExcluded {
  readonly pod: string;
  readonly reason: string;
}

/** Why a pod gets no traffic, in the words that users read. */
export function printExclusion(excluded: Excluded): string {
  switch (excluded.reason) {
    case "PortNotDeclared":
      return `${excluded.reason}: ${excluded.port}`;
    case "Unhealthy":
      return `${excluded.reason}: ${excluded.why}`;
    case "Draining":
      return excluded.pool === undefined ? excluded.reason : `${excluded.reason}: for pool ${excluded.pool}`;
    default:
      return excluded.reason;
  }
}

export const tellExcluded = (excluded: Excluded): ToldExcluded => ({
  pod: excluded.pod,
  reason: printExclusion(excluded),
});

/** Whether a pod gets no traffic and will get none: it is over or on its way out. */
export const isGone = ({ reason }: Excluded): boolean =>
  reason === "Terminating" || reason === "Failed" || reason === "Succeeded";
