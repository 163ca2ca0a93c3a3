import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTime, toTime } from "../../src/api/time.ts";
import { decideScale } from "../../src/decide/scaling/decide-scale.ts";
import type { ScaleDecision } from "../../src/decide/scaling/decision.ts";
import type { Observation } from "../../src/decide/world.ts";
import { observedAt, unmeasured } from "../builders/builders.ts";
import { anyObservation } from "./observations.ts";

const decide = (seen: Observation): ScaleDecision => decideScale(seen).decision;

/** Pools that are scaled by load alone and upwards alone. */
const anyLoaded = anyObservation.map((seen): Observation => {
  const { connectionsPerPod: _, ...scaling } = seen.pool.spec.scaling!;
  const spec = { ...seen.pool.spec, scaling: { ...scaling, down: { ...scaling.down, enabled: false } } };
  return { ...seen, pool: { ...seen.pool, spec } };
});

type Scale = Extract<ScaleDecision, { kind: "scale" }>;

const replicasAfter = (seen: Observation): number => {
  const decision = decide(seen);
  return decision.kind === "scale" ? decision.to : seen.target!.replicas;
};

/** The least of the polls' sums of fresh loads, over the pods that stay. */
function leastSum({ now, pods }: Observation, polls: number): number {
  const samples = pods
    .filter(({ pod: { ready, terminating } }) => ready && !terminating)
    .filter(({ pod: { phase } }) => phase !== "Failed" && phase !== "Succeeded")
    .map(({ reading }) => reading?.samples ?? []);
  const sums = Array.from({ length: polls }, (_, poll) =>
    samples
      .flatMap(({ [poll]: found }) => (found && now - found.takenAt <= 3_800 + poll * 1_000 ? [found.load ?? 0] : []))
      .reduce((sum, load) => sum + load, 0),
  );
  return Math.min(...sums);
}

/** Pods that are not ready after they were, long ago. */
const lostIn = ({ pods }: Observation): number =>
  pods
    .filter(({ pod: { phase, terminating } }) => phase !== "Failed" && phase !== "Succeeded" && !terminating)
    .filter(({ pod: { ready, startedAt = 0 } }) => !ready && startedAt < observedAt - 3_550_000).length;

/** The next look, after the scale was written: new pods are on their way, and nobody has measured anything since. */
function afterwards(seen: Observation, { from, to, reason, message, step }: Scale, created: number): Observation {
  const now = seen.now + 10;
  const young = Array.from({ length: Math.min(created, to - from) }, (_, index) =>
    unmeasured(`new-${index}`, { ready: false, phase: "Pending", addresses: [] }),
  );
  return {
    ...seen,
    now,
    pods: [...seen.pods, ...young],
    target: { uid: "uid-target", replicas: to },
    status: { lastScale: { time: toTime(seen.now), from, to, reason, message, step } },
  };
}

describe("every decision on replicas", () => {
  test("goes up, and not past maxReplicas or the step", () => {
    fc.assert(
      fc.property(anyLoaded, (seen) => {
        const decision = decide(seen);
        fc.pre(decision.kind === "scale");
        const { minReplicas, maxReplicas, up } = seen.pool.spec.scaling!;
        const { from, to, reason } = decision as Scale;
        expect(from).toBe(seen.target!.replicas);
        expect(to).toBeGreaterThan(from);
        expect(to).toBeLessThanOrEqual(maxReplicas);
        if (reason === "BelowMinimum") expect(to).toBe(minReplicas);
        else
          expect(to - from).toBeLessThanOrEqual(Math.max(up.maxStepPods, Math.ceil((from * up.maxStepPercent) / 100)));
      }),
      { numRuns: 300 },
    );
  });

  test("adds as few as bring the load of every poll within the limit, or as many as the bounds allow", () => {
    fc.assert(
      fc.property(anyLoaded, (given) => {
        const seen = { ...given, status: {} };
        const decision = decide(seen);
        fc.pre(decision.reason === "LoadAboveLimit");
        const { from, to } = decision as Scale;
        const { maxReplicas, maxAverageLoad: limit, up } = seen.pool.spec.scaling!;
        const step = Math.max(up.maxStepPods, Math.ceil((from * up.maxStepPercent) / 100));
        const least = leastSum(seen, up.polls);
        const carrying = Math.ceil(least / limit - 1e-9);
        const serving = to - Math.min(lostIn(seen), carrying);
        expect(least).toBeGreaterThan((serving - 1) * limit);
        if (to < Math.min(maxReplicas, from + step)) expect(least).toBeLessThanOrEqual(serving * limit * (1 + 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  test("is not taken again while the new pods are on their way", () => {
    fc.assert(
      fc.property(anyLoaded, fc.nat(40), (seen, created) => {
        const decision = decide(seen);
        fc.pre(decision.kind === "scale");
        const { to, step } = decision as Scale;
        const after = afterwards(seen, decision as Scale, created);
        const { up } = seen.pool.spec.scaling!;
        const most = step.from + Math.max(up.maxStepPods, Math.ceil((step.from * up.maxStepPercent) / 100));
        // What a step cuts off comes with the next one, as soon as its period is over.
        fc.pre(to < most || after.now - parseTime(step.time) < up.period);
        const next = decide(after);
        // Below the minimum the load has not been looked at yet: it may ask for more, once.
        if (decision.reason === "BelowMinimum") expect(next.reason).not.toBe("BelowMinimum");
        else expect(next.kind).toBe("hold");
      }),
      { numRuns: 300 },
    );
  });

  test("never adds more in one period than one step allows, however the steps are cut", () => {
    fc.assert(
      fc.property(anyLoaded, (given) => {
        let seen: Observation = { ...given, status: {} };
        const first = seen.target!.replicas;
        const { minReplicas, up } = seen.pool.spec.scaling!;
        fc.pre(first >= minReplicas && up.period > 100);
        for (let round = 0; round < 5; round += 1) {
          const decision = decide(seen);
          if (decision.kind !== "scale") break;
          seen = afterwards(seen, decision, 0);
        }
        const step = Math.max(up.maxStepPods, Math.ceil((first * up.maxStepPercent) / 100));
        expect(seen.target!.replicas).toBeLessThanOrEqual(first + step);
      }),
      { numRuns: 300 },
    );
  });

  test("never asks for more because readings are missing", () => {
    const withGaps = anyLoaded.chain((seen) =>
      fc.tuple(fc.constant(seen), fc.array(fc.boolean(), { minLength: seen.pods.length, maxLength: seen.pods.length })),
    );
    fc.assert(
      fc.property(withGaps, ([seen, isMissing]) => {
        const pods = seen.pods.map(({ pod, reading }, index) => ({
          pod,
          ...(reading && !isMissing[index] && { reading }),
        }));
        expect(replicasAfter({ ...seen, pods })).toBeLessThanOrEqual(replicasAfter(seen));
      }),
      { numRuns: 1_000 },
    );
  });

  test("is the same without the pods that are on their way out", () => {
    fc.assert(
      fc.property(anyLoaded, (seen) => {
        const staying = seen.pods.filter(({ pod }) => !pod.terminating);
        expect(decide({ ...seen, pods: staying })).toEqual(decide(seen));
      }),
    );
  });
});
