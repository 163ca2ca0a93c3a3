import { expect, test } from "vitest";
import { decideScale } from "../../../src/decide/scaling/decide-scale.ts";
import type { ScaleDecision } from "../../../src/decide/scaling/decision.ts";
import type { Observation, ObservedPod } from "../../../src/decide/world.ts";
import { connected, observation, pool } from "../../builders/builders.ts";

/** A pool with all that a rule may object to before the load is looked at. */
const scaling = { minReplicas: 2, maxReplicas: 9, connectionsPerPod: 40, mode: "Paused" };
const target = { uid: "uid-target", replicas: 0, terminating: true };
const stranger: ObservedPod = { ...connected("job-1", 1), belonging: { kind: "foreign" } };
const unread: ObservedPod = {
  ...connected("web-1", 1),
  belonging: { kind: "unread", problem: { reason: "OwnersUnread", message: "ReplicaSets may not be read." } },
};
const wrong: Observation = observation({
  specProblem: { reason: "InvalidSpec", message: "The spec is refused." },
  pool: { ...pool({ metrics: { source: { push: {} } } }), deletion: { finalizers: [] } },
  target,
  targetProblem: { reason: "TargetForbidden", message: "The target may not be read." },
  scaleProblem: { reason: "ScaledByAnother", message: "Another scales it." },
  pods: [unread, stranger],
});
const withPool = ({ pool: { deletion } }: Observation, parts: object): Partial<Observation> => ({
  pool: { ...pool({ metrics: { source: { push: {} } }, ...parts }), ...(deletion && { deletion }) },
});

test("of the rules that look at no load the first one that objects speaks", () => {
  type Mend = [reason: ScaleDecision["reason"], mend: (seen: Observation) => Partial<Observation>];
  const without = (name: keyof Observation) => (): Partial<Observation> => ({ [name]: undefined });
  const mends: readonly Mend[] = [
    ["InvalidSpec", without("specProblem")],
    ["NotScaled", (seen) => withPool(seen, { scaling })],
    ["PoolTerminating", () => ({ pool: pool({ metrics: { source: { push: {} } }, scaling }) })],
    ["Paused", (seen) => withPool(seen, { scaling: { ...scaling, mode: "Auto" } })],
    ["TargetForbidden", without("targetProblem")],
    ["TargetTerminating", () => ({ target: { uid: target.uid, replicas: 0 } })],
    ["ScaledByAnother", without("scaleProblem")],
    ["ScaledToZero", () => ({ target: { uid: target.uid, replicas: 1 } })],
    ["BelowMinimum", () => ({ target: { uid: target.uid, replicas: 2 } })],
    ["ReportsUnauthenticated", () => ({ reportsAuthenticated: true })],
    ["OwnersUnreadable", () => ({ pods: [{ ...unread, belonging: { kind: "unread" } }, stranger] })],
    ["OwnersPending", () => ({ pods: [stranger] })],
    ["NoOwnPods", () => ({ pods: [] })],
  ];
  let seen = wrong;
  for (const [reason, mend] of mends) {
    const { decision, ledger } = decideScale(seen);
    expect(decision.reason).toBe(reason);
    expect(ledger.map(({ name }) => name)).toEqual(reason === "BelowMinimum" ? ["replicas", "minReplicas", "to"] : []);
    seen = { ...seen, ...mend(seen) } as Observation;
  }
  const { decision, ledger } = decideScale(seen);
  expect(decision.reason).toBe("NoSamples");
  expect(ledger.length).toBeGreaterThan(5);
});
