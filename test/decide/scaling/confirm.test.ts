import { describe, expect, test } from "vitest";
import { explainInParts } from "../../../src/decide/explain/explain.ts";
import { printPart } from "../../../src/decide/explain/print.ts";
import { plan } from "../../../src/decide/plan.ts";
import { decideScale, type ScalePlan, type ScalingMemory } from "../../../src/decide/scaling/decide-scale.ts";
import type { Observation, ObservedPod } from "../../../src/decide/world.ts";
import { loaded, observation, observedAt, pod, pool, reading, sample, unmeasured } from "../../builders/builders.ts";

const scaled = (scaling: Readonly<Record<string, unknown>> = {}, parts = {}) =>
  pool({ scaling: { maxReplicas: 10, ...scaling }, ...parts });
const target = (replicas: number) => ({ uid: "uid-target", replicas });
const fleet = (count: number, ...loads: readonly number[]): ObservedPod[] =>
  Array.from({ length: count }, (_, index) => loaded(`web-${index}`, ...loads));

/** Two pods of which the newest poll passes the limit, and the one before does not. */
const crossing = (changes: Partial<Observation> = {}): Observation =>
  observation({ pool: scaled(), pods: fleet(2, 90, 30), target: target(2), ...changes });

const decide = (seen: Observation, memory?: ScalingMemory): ScalePlan => decideScale(seen, memory);

/** The same a while later, with these loads as the newest polls. */
const later = (seen: Observation, ms: number, ...loads: readonly number[]): Observation => ({
  ...seen,
  now: seen.now + ms,
  pods: seen.pods.map(({ pod: { name } }) => ({
    pod: pod(name),
    reading: reading(...loads.map((load, index) => ({ takenAt: seen.now + ms - 100 - 1_000 * index, load }))),
  })),
});

describe("a poll that passes the limit", () => {
  test("is to be confirmed a quarter of the interval after its newest sample", () => {
    const { confirm, decision } = decide(crossing());
    expect(decision.reason).toBe("WaitingForPolls");
    expect(confirm).toEqual({
      at: observedAt - 100 + 250,
      reason:
        "The next sample comes after 250 ms: average load 90.0% passes the limit of 50% on 1 of 2 polls, and one that confirms it adds replicas, up to 4.",
    });
  });

  test("is told with its reason by explain", () => {
    const seen = crossing();
    const { plan: planned } = plan(seen);
    const parts = [...explainInParts(seen, planned)];
    const about = { namespace: "shop", name: "web", generation: 1, plannedAt: "" };
    const lines = parts.flatMap((part) => printPart(about, part));
    const at = lines.findIndex((line) => line.startsWith("Scaling: hold WaitingForPolls"));
    expect(lines[at + 1]).toBe(`   ${planned.confirm!.reason}`);
  });

  test("is at once where that time is over already", () => {
    const pods = [{ pod: pod("web-1"), reading: reading(sample({ load: 90 }, 800)) }];
    expect(decide(crossing({ pods, target: target(1) })).confirm?.at).toBe(observedAt);
  });

  const none: readonly (readonly [why: string, seen: Observation])[] = [
    ["nothing passes the limit", crossing({ pods: fleet(2, 40, 90) })],
    ["it is confirmed already", crossing({ pods: fleet(2, 90, 90) })],
    ["one poll is enough", crossing({ pool: scaled({ up: { polls: 1 } }) })],
    ["replicas are at the maximum", crossing({ pool: scaled({ maxReplicas: 2 }) })],
    ["they are above it", crossing({ pool: scaled({ maxReplicas: 1 }) })],
    ["the mode is Recommend", crossing({ pool: scaled({ mode: "Recommend" }) })],
    ["the mode is Paused", crossing({ pool: scaled({ mode: "Paused" }) })],
    ["there is no scaling", crossing({ pool: pool() })],
    ["another scales", crossing({ scaleProblem: { reason: "ScaledByAnother", message: "HPA web." } })],
    [
      "the step in progress allows none",
      crossing({
        pool: scaled({ up: { maxStepPods: 1, maxStepPercent: 1 } }),
        status: {
          lastScale: {
            time: new Date(observedAt - 5_000).toISOString(),
            from: 1,
            to: 2,
            reason: "LoadAboveLimit",
            message: "",
            step: { time: new Date(observedAt - 5_000).toISOString(), from: 1 },
          },
        },
      }),
    ],
    [
      "it was refused",
      crossing({
        refusedScale: { direction: "up", reason: "ScaleRefused", message: "No.", at: 0, until: observedAt + 1_000 },
      } as Partial<Observation>),
    ],
    [
      "enough pods are on their way",
      crossing({ pods: [...fleet(2, 90, 30), unmeasured("web-8"), unmeasured("web-9")], target: target(4) }),
    ],
    [
      "metrics.k8s.io tells the load",
      crossing({
        pool: scaled(
          {},
          { strategy: { type: "RoundRobin" }, metrics: { interval: "5s", timeout: "2s", source: { resource: {} } } },
        ),
      }),
    ],
    [
      "clients tell it",
      crossing({
        pool: scaled({ connectionsPerPod: 20 }, { metrics: { source: { push: {} } } }),
        pods: ["web-1", "web-2"].map((name) => ({ pod: pod(name), reading: reading(sample({ connections: 90 })) })),
        reportsAuthenticated: true,
      }),
    ],
  ];
  test.each(none)("brings no sample forward where %s", (_, seen) => {
    expect(decide(seen).confirm).toBeUndefined();
  });

  test("is confirmed once, however often it is looked at", () => {
    const seen = crossing();
    const first = decide(seen);
    const again = decide({ ...seen, now: seen.now + 50 }, first.memory);
    expect(again.confirm).toEqual(first.confirm);
    const due = decide(later(seen, 151, 90, 30), again.memory);
    expect(due.confirm).toBeUndefined();
    // The third of three polls comes after an interval again.
    const slow = crossing({ pool: scaled({ up: { polls: 3 } }), pods: fleet(2, 90, 30, 30) });
    const second = decide(later(slow, 300, 90, 90, 30), decide(slow).memory);
    expect(second.decision.reason).toBe("WaitingForPolls");
    expect(second.confirm).toBeUndefined();
  });

  test("is confirmed of each average on its own", () => {
    const both = (load: number, connections: number): ObservedPod => ({
      pod: pod("web-1"),
      reading: reading(sample({ load, connections }, 100), sample({ load: 30, connections: 3 }, 1_100)),
    });
    const scaling = { connectionsPerPod: 10, up: { polls: 3 } };
    const seen = (load: number, connections: number) =>
      crossing({ pool: scaled(scaling), pods: [both(load, connections)], target: target(1) });
    const first = decide(seen(90, 3));
    expect(first.confirm?.reason).toContain("average load 90.0%");
    const rested = {
      ...first.memory,
      crossings: { ...first.memory.crossings!, last: { at: observedAt - 10_000, reason: "" } },
    };
    const second = decide(seen(90, 40), rested);
    expect(second.confirm?.reason).toContain("average of connections 40.0");
    expect(second.memory.crossings?.gauges).toEqual(["load", "connections"]);
  });
});

describe("the next crossing", () => {
  /** A crossing that came to nothing, and the look after it. */
  const first = crossing();
  const calm = decide(later(first, 300, 30, 90), decide(first).memory);
  const next = (ms: number, changes: Partial<Observation> = {}) =>
    decide({ ...later(first, ms, 90, 30), ...changes }, calm.memory).confirm;

  test("waits for ten intervals where the last one added nothing", () => {
    expect(next(2_000)).toBeUndefined();
    expect(next(10_100)).toBeUndefined();
    expect(next(10_200)).toBeDefined();
  });

  test("is confirmed at once where replicas were added since", () => {
    expect(next(2_000, { target: target(3) })).toBeDefined();
  });

  test("is confirmed in the meantime by a clock that was set back", () => {
    expect(next(-60_000)).toBeDefined();
  });
});
