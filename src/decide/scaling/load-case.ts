import type { Scaling } from "../../api/scaling.ts";
import type { HoldDecision } from "./decision.ts";
import type { Measure } from "./demand.ts";
import type { Fleet } from "./fleet.ts";
import type { Gauge } from "./gauges.ts";
import type { ScaleCase } from "./rule.ts";

/** The pods that a load is of. */
export interface FleetCase extends ScaleCase {
  readonly scaling: Scaling;
  readonly fleet: Fleet;
}

/** How far a change of replicas may go now. */
export interface Bound {
  /** Its name in the ledger. */
  readonly name: string;
  readonly replicas: number;
  /** Says that nothing is left of it: so many replicas there should be, by this arithmetic. */
  readonly reached: (wanted: number, arithmetic: string) => HoldDecision;
}

/** Bounds a change of replicas, and writes how far it may go. */
export type Limit = (given: FleetCase) => Bound;

/** More replicas that a gauge asks for. */
export interface Need {
  readonly kind: "need";
  readonly gauge: Gauge;
  readonly replicas: number;
  readonly arithmetic: string;
  /** Empty where there are too many already. */
  readonly bounds: readonly Bound[];
}

/** What fewer replicas would be enough for. */
export interface Fewer {
  /** Replicas that are enough now, whatever pods carry of which nothing is known. */
  readonly enough: number;
  /** Replicas that would be enough if those were idle. */
  readonly least: number;
  /** The most that were enough within the window. */
  readonly most: number;
  /** How much of the window is known. */
  readonly knownMs: number;
  /** Replicas that the window leaves. */
  readonly fewest: number;
  readonly bounds: readonly Bound[];
}

/** What rules see that go by the load. Its figures are in the ledger. */
export interface LoadCase extends FleetCase {
  readonly measures: readonly Measure[];
  readonly more: Need | HoldDecision;
  /** Absent where more are needed, where none is ever removed, and where nothing is read. */
  readonly fewer?: Fewer | undefined;
}
