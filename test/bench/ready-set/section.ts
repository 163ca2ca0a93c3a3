import type { Report } from "../balance/check.ts";
import { type Expectation, reportExpectations } from "../balance/expectation.ts";
import type { ConnectionJob, Measures } from "./jobs.ts";

export type FiguresOf = <Kind extends keyof Measures>(job: ConnectionJob<Kind>) => Measures[Kind];

/** A part of the benchmark: what it needs to run, and what follows from it. */
export interface ReadySetSection {
  readonly title: string;
  readonly jobs: readonly ConnectionJob[];
  report(figuresOf: FiguresOf): Report;
}

export const reportReadySet = (group: string, rows: readonly Expectation[]): Report =>
  reportExpectations(group, rows, "ready_set");

/** A figure beside that of an independent simulation: within a relative error, or three standard errors of both. */
export function beside(
  name: string,
  value: number,
  se: number,
  reference: number,
  { referenceSe, bound = 0.03 }: { readonly referenceSe: number; readonly bound?: number | undefined },
): Expectation {
  const accepted = Math.max(bound * reference, 3 * Math.hypot(se, referenceSe));
  return { name, value, reference, least: reference - accepted, most: reference + accepted };
}
