import { noteCrossings } from "./confirm.ts";
import type { Crossings } from "./crossings.ts";
import { type Assumption, type Measure, measure, podsFormula, replicasFor } from "./demand.ts";
import { fleetOf, type Withheld } from "./fleet.ts";
import { gaugesOf } from "./gauges.ts";
import { type DemandHistory, demandOf, noteDemand } from "./history.ts";
import { downLimits } from "./limits.ts";
import type { Fewer, FleetCase, LoadCase } from "./load-case.ts";
import { moreReplicas } from "./more-replicas.ts";
import { readPolls } from "./polls.ts";
import type { ScaleCase } from "./rule.ts";
import { leavingOf } from "./victims.ts";

/**
 * After one of n pods is gone, the others carry n/(n-1) of what they did: by this margin the new average is to stay
 * below the limit, or the pod would soon be back.
 */
const margin = 0.9;

/** What fewer replicas must be enough for: a pod that is absent or not measured may carry as much as the limit. */
const cautious: Assumption = { share: margin, missing: "atLimit" };
const hopeful: Assumption = { share: margin, missing: "idle" };

/** What pods that are absent, not serving or not measured are taken to carry, and how many replicas that leaves enough. */
function writeEnough({ scaling, ledger }: FleetCase, measures: readonly Measure[], leaving: number, enough: number) {
  const terms = measures.map(({ gauge: { name }, sum, measured, missing, assumed }) => {
    ledger.given(`${name}Sum`, sum);
    ledger.given(`${name}Measured`, measured);
    ledger.given(`${name}Missing`, missing);
    ledger.given(`${name}Assumed`, assumed);
    return podsFormula(`(${name}Sum + ${name}Assumed)`, `(${margin} * ${name}Limit)`);
  });
  ledger.given("minReplicas", scaling.minReplicas);
  ledger.given("leaving", leaving);
  ledger.step("enough", `max(minReplicas, max(1, ${terms.join(", ")}) + reserved - leaving)`, enough);
}

/** What the window has seen, and how far down the limits let the replicas go. */
function readWindow(given: FleetCase, history: DemandHistory): Omit<Fewer, "enough" | "least"> {
  const { scaling, ledger } = given;
  const { most, knownMs } = demandOf(history);
  ledger.given("window", scaling.down.window / 1_000);
  ledger.given("knownFor", knownMs / 1_000);
  ledger.given("mostNeeded", most);
  const fewest = ledger.step("fewest", "max(minReplicas, mostNeeded)", Math.max(scaling.minReplicas, most));
  return { most, knownMs, fewest, bounds: downLimits.map((limit) => limit(given)) };
}

/** What is remembered of the load. */
export interface LoadMemory {
  /** How many replicas were enough, lately; absent where nothing is scaled. */
  readonly demand?: DemandHistory | undefined;
  /** Absent: no crossing was confirmed. */
  readonly crossings?: Crossings | undefined;
}

/** A case by the load, and what was remembered with what is now. */
export interface ReadLoad {
  readonly given: LoadCase;
  readonly history: DemandHistory;
  readonly crossings?: Crossings | undefined;
}

/** Takes the figures by which rules go that go by the load, and writes them down. */
export function readLoad(early: ScaleCase, withheld: Withheld, before: LoadMemory = {}): ReadLoad {
  const { observation, ledger } = early;
  const { spec } = observation.pool;
  const scaling = spec.scaling!;
  const fleet = fleetOf(observation, observation.target!.replicas, withheld);
  ledger.given("replicas", fleet.replicas);
  ledger.given("pods", fleet.pods.length);
  ledger.given("ready", fleet.ready);
  ledger.given("reserved", fleet.reserved);
  ledger.given("lost", fleet.lost);
  ledger.given("warmingUp", fleet.warmingUp);
  const gauges = gaugesOf(spec);
  const measures = gauges.map((gauge) => measure(fleet, gauge));
  const given = { ...early, scaling, fleet };
  const leaving = leavingOf(fleet, scaling);
  const needed = replicasFor(measures, fleet, { ...cautious, leaving });
  const history = noteDemand(before.demand, {
    now: observation.now,
    basis: JSON.stringify([spec.metrics, scaling]),
    replicas: fleet.replicas,
    // Where nothing can be told, all that there is is needed.
    enough: fleet.tooFewFresh ? Math.max(needed, fleet.replicas) : needed,
    windowMs: scaling.down.window,
  });
  const asked = gauges.map((gauge) => readPolls(given, gauge, before.crossings));
  const more = moreReplicas(given, asked);
  const crossings = noteCrossings(given, asked, more, before.crossings);
  const noted = { history, crossings };
  const isBusy = more.kind === "need" && more.bounds.length > 0;
  if (isBusy || gauges.length === 0) return { given: { ...given, measures, more }, ...noted };
  const enough = Math.max(scaling.minReplicas, needed);
  writeEnough(given, measures, leaving, enough);
  if (!scaling.down.enabled) return { given: { ...given, measures, more }, ...noted };
  const least = Math.max(scaling.minReplicas, replicasFor(measures, fleet, { ...hopeful, leaving }));
  return { given: { ...given, measures, more, fewer: { enough, least, ...readWindow(given, history) } }, ...noted };
}
