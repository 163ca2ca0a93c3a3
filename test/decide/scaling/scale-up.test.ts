import { describe, expect, test } from "vitest";
import { toTime } from "../../../src/api/time.ts";
import { decideScale } from "../../../src/decide/scaling/decide-scale.ts";
import type { ScaleDecision } from "../../../src/decide/scaling/decision.ts";
import type { Observation, ObservedPod } from "../../../src/decide/world.ts";
import { loaded, observation, observedAt, pod, pool, reading, sample, unmeasured } from "../../builders/builders.ts";

const decide = (seen: Observation): ScaleDecision => decideScale(seen).decision;
const scaled = (scaling: Readonly<Record<string, unknown>> = {}) => pool({ scaling: { maxReplicas: 10, ...scaling } });
const target = (replicas: number) => ({ uid: "uid-target", replicas });
const hot = (count: number, load = 90): ObservedPod[] =>
  Array.from({ length: count }, (_, index) => loaded(`web-${index}`, load, load));
const lastScale = (from: number, to: number, agoMs: number) => ({
  lastScale: {
    time: toTime(observedAt - agoMs),
    from,
    to,
    reason: "LoadAboveLimit",
    message: "",
    step: { time: toTime(observedAt - agoMs), from },
  },
});
const notReady = (name: string): ObservedPod => unmeasured(name, { ready: false });
/** A pod that was ready, and is not since then. */
const fallen = (name: string, agoMs: number): ObservedPod =>
  unmeasured(name, { ready: false, startedAt: observedAt - 900_000, readyChangedAt: observedAt - agoMs });
const someFallen = (count: number): ObservedPod[] =>
  Array.from({ length: count }, (_, index) => fallen(`old-${index}`, 60_000));

interface Row {
  readonly name: string;
  readonly seen: Partial<Observation>;
  readonly decision: Partial<ScaleDecision>;
}

const holds: readonly Row[] = [
  { name: "no spec.scaling", seen: { pool: pool(), pods: hot(2) }, decision: { reason: "NotScaled" } },
  { name: "mode Paused", seen: { pool: scaled({ mode: "Paused" }), pods: hot(2) }, decision: { reason: "Paused" } },
  {
    name: "a workload that is not there",
    seen: { pods: hot(2), targetProblem: { reason: "TargetNotFound", message: "There is no Deployment web." } },
    decision: { reason: "TargetMissing", message: "There is no Deployment web." },
  },
  { name: "a workload that has not been read", seen: { pods: hot(2) }, decision: { reason: "TargetMissing" } },
  {
    name: "a workload that is being deleted, below its minimum too",
    seen: { pool: scaled({ minReplicas: 3 }), pods: hot(2), target: { ...target(2), terminating: true } },
    decision: { reason: "TargetTerminating", message: "Deployment web is being deleted: it is not scaled any more." },
  },
  {
    name: "a pool that is being deleted, below its minimum too",
    seen: {
      pool: { ...scaled({ minReplicas: 3 }), deletion: { finalizers: [] } },
      pods: hot(2),
      target: target(2),
    },
    decision: {
      reason: "PoolTerminating",
      message: "The pool is being deleted: nothing is made or scaled for it any more.",
    },
  },
  {
    name: "another autoscaler",
    seen: { pods: hot(2), target: target(2), scaleProblem: { reason: "ScaledByAnother", message: "HPA web." } },
    decision: { reason: "ScaledByAnother", message: "HPA web." },
  },
  { name: "0 replicas", seen: { pods: hot(2), target: target(0) }, decision: { reason: "ScaledToZero" } },
  { name: "more than maxReplicas", seen: { pods: hot(11), target: target(11) }, decision: { reason: "AboveMaximum" } },
  {
    name: "maxReplicas",
    seen: { pods: hot(10), target: target(10) },
    decision: { reason: "AtMaximum", recommended: 10 },
  },
  { name: "no pods", seen: { target: target(1) }, decision: { reason: "NoSamples", recommended: 1 } },
  { name: "no reading", seen: { pods: [unmeasured("web-1")], target: target(1) }, decision: { reason: "NoSamples" } },
  {
    name: "readings that are too old",
    seen: { pods: [{ pod: pod("web-1"), reading: reading(sample({ load: 90 }, 3_801)) }], target: target(1) },
    decision: { reason: "NoSamples" },
  },
  {
    name: "connections, but no load",
    seen: { pods: [{ pod: pod("web-1"), reading: reading(sample({ connections: 90 })) }], target: target(1) },
    decision: { reason: "NoSamples" },
  },
  {
    name: "an average of exactly the limit",
    seen: { pods: [loaded("web-1", 20, 90), loaded("web-2", 80, 90)], target: target(2) },
    decision: { reason: "WithinLimit", recommended: 2, message: "Average load 50.0% is within the limit of 50%." },
  },
  {
    name: "one poll over the limit of two",
    seen: { pods: [loaded("web-1", 90, 50)], target: target(1) },
    decision: {
      reason: "WaitingForPolls",
      recommended: 1,
      message: "Average load 90.0% passes the limit of 50% on 1 of 2 polls.",
    },
  },
  {
    name: "a first sample, where two are asked for",
    seen: { pods: [loaded("web-1", 90)], target: target(1) },
    decision: { reason: "WaitingForPolls" },
  },
  {
    name: "a second sample from before a gap",
    seen: {
      pods: [{ pod: pod("web-1"), reading: reading(sample({ load: 90 }), sample({ load: 90 }, 4_801)) }],
      target: target(1),
    },
    decision: { reason: "WaitingForPolls" },
  },
  {
    name: "pods that are not ready yet",
    seen: { pods: [...hot(2), notReady("web-8"), notReady("web-9")], target: target(4) },
    decision: { reason: "PodsOnTheirWay", recommended: 4 },
  },
  {
    name: "pods that are not ready for less than a minute",
    seen: { pods: [...hot(2), fallen("web-8", 59_999), fallen("web-9", 5_000)], target: target(4) },
    decision: { reason: "PodsOnTheirWay", message: expect.stringContaining("2 of 4 pods are on their way") },
  },
  {
    name: "pods that have never been ready, however long they take",
    seen: {
      pods: [
        ...hot(2),
        unmeasured("web-8", { ready: false, startedAt: observedAt - 900_000, readyChangedAt: observedAt - 890_000 }),
        unmeasured("web-9", { ready: false, phase: "Pending", addresses: [] }),
      ],
      target: target(4),
    },
    decision: { reason: "PodsOnTheirWay", message: expect.stringContaining("2 of 4 pods are on their way") },
  },
  {
    name: "pods that are lost, while the others carry the load",
    seen: { pods: [...hot(2, 45), fallen("web-8", 60_000)], target: target(3) },
    decision: { reason: "WithinLimit" },
  },
  {
    name: "pods that are lost, while pods that were added for them are on their way",
    seen: { pods: [...hot(2), fallen("web-7", 60_000), notReady("web-8"), notReady("web-9")], target: target(5) },
    decision: { reason: "PodsOnTheirWay", message: expect.stringContaining("2 of 5 pods are on their way") },
  },
  {
    name: "pods that are lost, with as many again as the load needs",
    seen: { pods: [...hot(3, 60), ...someFallen(5)], target: target(8) },
    decision: {
      reason: "PodsNotMeasured",
      message:
        "No more pods are added for those that are out: average load 60.0% of 3 measured pods, 4 more for 5 that are out for over a minute, limit 50%.",
    },
  },
  {
    name: "pods that are not there yet",
    seen: { pods: hot(2), target: target(4) },
    decision: { reason: "PodsOnTheirWay", message: expect.stringContaining("2 of 4 pods are on their way") },
  },
  {
    name: "the HorizontalPodAutoscaler's case: limit 100, readings 180, 180 and two missing",
    seen: {
      pool: scaled({ maxAverageLoad: 100 }),
      pods: [...hot(2, 180), unmeasured("web-8"), unmeasured("web-9")],
      target: target(4),
    },
    decision: { reason: "PodsNotMeasured", recommended: 4 },
  },
  {
    name: "missing readings while a rollout holds more pods than replicas",
    seen: { pods: [...hot(2, 80), unmeasured("web-8"), unmeasured("web-9")], target: target(3) },
    decision: { reason: "PodsNotMeasured", recommended: 3 },
  },
  {
    name: "a step in progress",
    seen: { pods: hot(8), target: target(8), status: lastScale(4, 8, 14_000) },
    decision: { reason: "StepLimit", recommended: 15 },
  },
];

describe("holds on", () => {
  test.each(holds)("$name", ({ seen, decision }) => {
    const { target: _, ...rest } = observation();
    expect(decide({ ...rest, pool: scaled(), ...seen })).toMatchObject({ kind: "hold", ...decision });
  });
});

const scales: readonly Row[] = [
  {
    name: "fewer than minReplicas, whatever the load",
    seen: { pool: scaled({ minReplicas: 3 }), pods: hot(1, 1), target: target(1) },
    decision: { reason: "BelowMinimum", from: 1, to: 3, act: true },
  },
  {
    name: "fewer than minReplicas, in words only",
    seen: { pool: scaled({ minReplicas: 3, mode: "Recommend" }), target: target(1) },
    decision: { reason: "BelowMinimum", to: 3, act: false },
  },
  {
    name: "two polls over the limit",
    seen: { pods: [loaded("web-1", 60, 55), loaded("web-2", 60, 60)], target: target(2) },
    decision: {
      reason: "LoadAboveLimit",
      from: 2,
      to: 3,
      act: true,
      message: "3 replicas instead of 2, 3 needed: average load 60.0% of 2 measured pods, limit 50%, on 2 polls.",
    },
  },
  {
    name: "fewer than half of the pods measured, which need more even if the others are idle",
    seen: { pods: [...hot(1, 250), unmeasured("web-8"), unmeasured("web-9")], target: target(3) },
    decision: { reason: "LoadAboveLimit", from: 3, to: 5, act: true },
  },
  {
    name: "two polls over the limit, in words only",
    seen: { pool: scaled({ mode: "Recommend" }), pods: hot(2, 60), target: target(2) },
    decision: { to: 3, act: false },
  },
  {
    name: "one poll, where one is asked for",
    seen: { pool: scaled({ up: { polls: 1 } }), pods: [loaded("web-1", 60)], target: target(1) },
    decision: { to: 2 },
  },
  {
    name: "as many as the poll of the least load needs",
    seen: { pods: [loaded("web-1", 200, 120)], target: target(1) },
    decision: { to: 3 },
  },
  {
    name: "exactly as many as fill the limit",
    seen: { pods: [loaded("web-1", 100, 100)], target: target(1) },
    decision: { to: 2 },
  },
  {
    name: "a sum that fills one pod more by a rounding error alone, without that pod",
    // 0.78 + 2.99 + 0.23 is 4.000000000000001.
    seen: {
      pool: scaled({ maxAverageLoad: 1 }),
      pods: [loaded("web-1", 0.78, 0.78), loaded("web-2", 2.99, 2.99), loaded("web-3", 0.23, 0.23)],
      target: target(3),
    },
    decision: { to: 4 },
  },
  {
    name: "at most maxReplicas",
    seen: { pool: scaled({ maxReplicas: 4 }), pods: hot(3, 900), target: target(3) },
    decision: { to: 4 },
  },
  {
    name: "at most maxStepPods more, where that is more than the percentage",
    seen: { pods: hot(2, 900), target: target(2) },
    decision: { to: 6, message: expect.stringContaining("36 needed") },
  },
  {
    name: "at most maxStepPercent more, rounded up",
    seen: {
      pool: scaled({ up: { maxStepPercent: 50, maxStepPods: 1 } }),
      pods: hot(5, 900),
      target: target(5),
    },
    decision: { to: 8 },
  },
  {
    name: "what is left of a step in progress",
    seen: { pods: hot(5, 90), target: target(5), status: lastScale(4, 5, 1_000) },
    decision: { to: 8, message: expect.stringContaining("9 needed") },
  },
  {
    name: "a next step when the period is over",
    seen: { pods: hot(8, 90), target: target(8), status: lastScale(4, 8, 15_000) },
    decision: { to: 10 },
  },
  {
    name: "a step from what somebody else scaled down to",
    seen: { pods: hot(1, 900), target: target(1), status: lastScale(4, 8, 1_000) },
    decision: { to: 5 },
  },
  {
    name: "pods that are lost, beside those that the load needs",
    seen: { pods: [...hot(3, 60), fallen("web-9", 60_000)], target: target(4) },
    decision: {
      to: 5,
      message:
        "5 replicas instead of 4, 5 needed: average load 60.0% of 3 measured pods, 1 more out for over a minute, limit 50%, on 2 polls.",
    },
  },
  {
    name: "pods that are lost, up to as many again as the load needs",
    seen: { pods: [...hot(3, 100), ...someFallen(7)], target: target(10), pool: scaled({ maxReplicas: 20 }) },
    decision: {
      to: 12,
      message:
        "12 replicas instead of 10, 12 needed: average load 100.0% of 3 measured pods, 6 more for 7 that are out for over a minute, limit 50%, on 2 polls.",
    },
  },
  {
    name: "the load of pods that stay, not of those that go, ended or are not ready",
    seen: {
      pods: [
        ...hot(2, 60),
        ...[{ terminating: true }, { phase: "Failed" }, { phase: "Succeeded" }, { ready: false }].map(
          (changes, index): ObservedPod => {
            const name = `old-${index}`;
            return { ...loaded(name, 0, 0), pod: pod(name, changes as object) };
          },
        ),
      ],
      target: target(2),
    },
    decision: { to: 3 },
  },
];

describe("scales on", () => {
  test.each(scales)("$name", ({ seen, decision }) => {
    expect(decide(observation({ pool: scaled(), ...seen }))).toMatchObject({ kind: "scale", ...decision });
  });
});

test("a sample counts until three intervals and the timeout have passed", () => {
  const at = (ageMs: number) =>
    decide(
      observation({
        pool: scaled({ up: { polls: 1 } }),
        pods: [{ pod: pod("web-1"), reading: reading(sample({ load: 90 }, ageMs)) }],
      }),
    );
  expect(at(3_800).kind).toBe("scale");
  expect(at(3_801).reason).toBe("NoSamples");
});

describe("polls of a source that gives a new sample once a minute", () => {
  const slow = pool({
    strategy: { type: "LeastLoad" },
    metrics: { interval: "15s", timeout: "10s", source: { resource: {} } },
    scaling: { maxReplicas: 10, up: { polls: 3 } },
  });
  const at = (...agesMs: readonly number[]) => {
    const samples = agesMs.map((ageMs) => sample({ load: 90 }, ageMs));
    return decide(observation({ pool: slow, pods: [{ pod: pod("web-1"), reading: reading(...samples) }] }));
  };

  test("count for as long as it takes the source to give so many", () => {
    expect(at(85_000, 145_000, 205_000)).toMatchObject({ kind: "scale", to: 2 });
  });

  test("are not three before the third has come, nor when it is from before a gap", () => {
    expect(at(85_000, 145_000).reason).toBe("WaitingForPolls");
    expect(at(85_000, 145_000, 400_000).reason).toBe("WaitingForPolls");
  });
});
