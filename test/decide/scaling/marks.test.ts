import { describe, expect, test } from "vitest";
import type { Drain } from "../../../src/api/status.ts";
import { toTime } from "../../../src/api/time.ts";
import { tellExcluded } from "../../../src/decide/membership/excluded.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { CostChange } from "../../../src/decide/planned.ts";
import { type PoolDrain, strayMarks } from "../../../src/decide/scaling/stray-marks.ts";
import { victimCost } from "../../../src/decide/scaling/victims.ts";
import type { DeletionCost, Observation, ObservedPod } from "../../../src/decide/world.ts";
import { observation, observedAt, orderOf, pod, pool, reading, sample } from "../../builders/builders.ts";

/** A mark as the cache has it, of these pools, or of a version that told none. */
const mark = (pools?: readonly string[], given?: number): DeletionCost => ({
  value: victimCost,
  ours: true,
  ...(pools && { pools }),
  ...(given !== undefined && { given }),
});
const drainOf = (names: readonly string[], changes: Partial<Drain> = {}): Drain => ({
  time: toTime(observedAt - 65_000),
  from: 3,
  to: 2,
  message: "2 replicas instead of 3.",
  pods: names.map((name) => ({ name, uid: `uid-${name}` })),
  ...changes,
});
const idle = (name: string, cost?: DeletionCost): ObservedPod => ({
  pod: pod(name, cost && { deletionCost: cost }),
  reading: reading(sample({ connections: 0, load: 1 }), sample({ connections: 0, load: 1 }, 1_100)),
});
const scaled = (scaling: object = {}) => pool({ scaling: { maxReplicas: 9, ...scaling } });
const costsOf = (changes: Partial<Observation>) =>
  (plan(observation({ pool: scaled(), ...changes })).plan.costs ?? []).map(toRow);
const toRow = ({ pod: { name }, ...change }: CostChange) => ({ pod: name, ...change });

describe("a mark of another pool's drain", () => {
  const pods = [idle("web-1"), idle("web-2"), idle("web-3", mark(["uid-other"]))];

  test.each<[what: string, changes: Partial<Observation>]>([
    ["does not scale", { pool: pool() }],
    ["goes by a selector", { pool: pool({ targetRef: undefined, selector: { matchLabels: { app: "web" } } }) }],
    ["scales", {}],
    ["only recommends", { pool: scaled({ mode: "Recommend" }) }],
    ["is paused", { pool: scaled({ mode: "Paused" }) }],
    ["is younger", { scaleProblem: { reason: "ScaledByAnother", message: "LoadBalancerPool other is older." } }],
    ["is being deleted", { pool: { ...scaled(), deletion: { finalizers: [] } } }],
    ["gives up a drain of another pod", { status: { drain: drainOf(["web-2"]) }, pool: scaled({ mode: "Paused" }) }],
  ])("stays where the pool that sees it %s", (_, changes) => {
    expect(costsOf({ pods, ...changes })).toEqual([]);
  });

  test("is no help to a drain of the pool's own, which makes its own mark beside it", () => {
    const status = { drain: drainOf(["web-3"]) };
    expect(costsOf({ pods, status })).toEqual([{ pod: "web-3", cost: victimCost, pool: "uid-pool" }]);
    const both = [...pods.slice(0, 2), idle("web-3", mark(["uid-other", "uid-pool"]))];
    const made = plan(observation({ pool: scaled(), pods: both, status })).plan;
    expect(made.costs).toBeUndefined();
    expect(made.scale).toMatchObject({ kind: "scale", from: 3, to: 2 });
  });
});

describe("a mark of the pool's own", () => {
  const own = mark(["uid-pool"]);

  test.each([["Auto"], ["Recommend"], ["Paused"]])("comes off in mode %s when no drain is about the pod", (mode) => {
    const pods = [idle("web-1"), idle("web-2"), idle("web-3", own)];
    expect(costsOf({ pods, pool: scaled({ mode }) })).toEqual([{ pod: "web-3", pool: "uid-pool" }]);
  });

  test("comes off though the pool scales no more", () => {
    expect(costsOf({ pods: [idle("web-1", own)], pool: pool() })).toEqual([{ pod: "web-1", pool: "uid-pool" }]);
  });

  test("stays while its drain goes on, and on a pod that is on its way out", () => {
    const pods = [idle("web-1"), idle("web-2"), idle("web-3", own)];
    expect(costsOf({ pods, status: { drain: drainOf(["web-3"]) } })).toEqual([]);
    const leaving = { pod: pod("web-3", { deletionCost: own, terminating: true }) };
    expect(costsOf({ pods: [...pods.slice(0, 2), leaving], pool: pool() })).toEqual([]);
  });

  test("comes off when the scale that it is for stays refused", () => {
    const pods = [idle("web-1"), idle("web-2"), idle("web-3", own)];
    const refusedFor = (ms: number) => ({
      direction: "down" as const,
      reason: "ScaleRefused" as const,
      message: "The API server refuses the new scale: a change freeze is on.",
      since: observedAt - ms,
      at: observedAt - 1_000,
      until: observedAt + 20_000,
    });
    const status = { drain: drainOf(["web-3"]) };
    expect(costsOf({ pods, status, refusedScale: refusedFor(29_000) })).toEqual([]);
    const refusedScale = refusedFor(31_000);
    expect(costsOf({ pods, status, refusedScale })).toEqual([{ pod: "web-3", pool: "uid-pool" }]);
    const made = plan(observation({ pool: scaled(), pods, status, refusedScale })).plan;
    expect(made.drain).toBeUndefined();
    expect(orderOf(made)).toHaveLength(3);
  });

  test("is made with what somebody else had said of the cost, and makes way for that again", () => {
    const costly = { value: 7, ours: false };
    const pods = [idle("web-1", costly), idle("web-2", costly), idle("web-3", costly)];
    expect(costsOf({ pods, status: { drain: drainOf(["web-3"]) } })).toEqual([
      { pod: "web-3", cost: victimCost, given: 7, pool: "uid-pool" },
    ]);
    // Whether status still tells of the cost or not.
    expect(costsOf({ pods: [idle("web-3", mark(["uid-pool"], 7))], pool: pool() })).toEqual([
      { pod: "web-3", cost: 7, pool: "uid-pool" },
    ]);
  });

  test("leaves what somebody said to the mark that stays", () => {
    expect(costsOf({ pods: [idle("web-3", mark(["uid-pool", "uid-other"], 7))], pool: pool() })).toEqual([
      { pod: "web-3", pool: "uid-pool" },
    ]);
  });
});

describe("a mark that tells no pool, of version 0.1", () => {
  const pods = [idle("web-1"), idle("web-2"), idle("web-3", mark())];

  test("stays where the pool's status does not tell of a drain of that pod", () => {
    expect(costsOf({ pods, pool: pool() })).toEqual([]);
    expect(costsOf({ pods, pool: pool(), status: { drain: drainOf(["web-2"]) } })).toEqual([]);
  });

  test("serves the drain that status tells of, and comes off with it", () => {
    const drain = drainOf(["web-3"]);
    expect(plan(observation({ pool: scaled(), pods, status: { drain } })).plan.scale).toMatchObject({
      kind: "scale",
      to: 2,
    });
    const costly = { ...drain, pods: [{ ...drain.pods[0]!, cost: 7 }] };
    expect(costsOf({ pods, pool: pool(), status: { drain: costly } })).toEqual([{ pod: "web-3", cost: 7 }]);
  });
});

describe("stray marks", () => {
  /** With drains of pods by the UIDs of their pools. */
  const strays = (pods: readonly ObservedPod[], drained: Readonly<Record<string, string>> = {}) => {
    const drains = Object.entries(drained).map(
      ([uid, name]): PoolDrain => ({ uid, name: uid, drain: drainOf([name]) }),
    );
    const marked = pods.map(({ pod: one }) => one);
    return strayMarks(marked, drains).map(toRow);
  };

  test("are those of pools that are gone, or drain others by now", () => {
    const pods = [idle("web-1", mark(["gone"])), idle("web-2", mark(["moved"], 5)), idle("web-3", mark(["drains"]))];
    expect(strays(pods, { moved: "api-1", drains: "web-3" })).toEqual([
      { pod: "web-1", pool: "gone" },
      { pod: "web-2", pool: "moved", cost: 5 },
    ]);
  });

  test("that tell no pool are those of pods that nobody drains", () => {
    const pods = [idle("web-1", mark()), idle("web-2", mark(undefined, 3))];
    expect(strays(pods, { drains: "web-1" })).toEqual([{ pod: "web-2", cost: 3 }]);
  });

  test("of several pools come off one after the other, and none that stays with them", () => {
    expect(strays([idle("web-1", mark(["gone", "drains"], 7))], { drains: "web-1" })).toEqual([
      { pod: "web-1", pool: "gone" },
    ]);
    expect(strays([idle("web-1", mark(["gone", "gone-too"], 7))])).toEqual([{ pod: "web-1", pool: "gone" }]);
    expect(strays([idle("web-1", mark(["gone-too"], 7))])).toEqual([{ pod: "web-1", pool: "gone-too", cost: 7 }]);
  });

  test("are neither other costs, nor marks that somebody else has made too, nor on pods that leave", () => {
    const pods = [
      idle("web-1", { value: 7, ours: true, pools: ["gone"] }),
      idle("web-2", { value: victimCost, ours: false, pools: ["gone"] }),
      { pod: pod("web-3", { deletionCost: mark(["gone"]), terminating: true }) },
    ];
    expect(strays(pods)).toEqual([]);
  });
});

describe("a pod that another pool drains", () => {
  const drainedBy = new Map([["uid-web-3", "http"]]);
  const pods = [idle("web-1"), idle("web-2"), idle("web-3")];

  test("gets nothing new here either, and keeps what it has", () => {
    const made = plan(observation({ pods, drainedBy })).plan;
    expect(orderOf(made).sort()).toEqual(["web-1", "web-2"]);
    expect(made.excluded.map(tellExcluded)).toEqual([{ pod: "web-3", reason: "Draining: for pool http" }]);
    expect(made.members.at(-1)).toMatchObject({ pod: { name: "web-3" }, isIn: false });
    expect(made.draining).toEqual([{ pod: "web-3", connections: 0 }]);
  });

  test("stays in a list that would be empty without it", () => {
    expect(orderOf(plan(observation({ pods: pods.slice(2), drainedBy })).plan)).toEqual(["web-3"]);
    const byHand = { ...pods[0]!, pod: pod("web-1", { drainRequested: true }) };
    expect(orderOf(plan(observation({ pods: [byHand, pods[2]!], drainedBy })).plan)).toEqual(["web-3"]);
  });

  test("takes writes as long as no other can", () => {
    const writers = pool({ access: { writers: { matchLabels: { role: "primary" } } } });
    const primary = { ...pods[2]!, pod: pod("web-3", { labels: { app: "web", role: "primary" } }) };
    const { writers: listed, verdicts } = plan(
      observation({ pool: writers, pods: [pods[0]!, primary], drainedBy }),
    ).plan;
    expect(listed).toMatchObject([{ pod: "web-3" }]);
    expect(verdicts.find(({ type }) => type === "WritersReady")).toMatchObject({ reason: "WriterDraining" });
  });

  test("is the only one that is removed meanwhile", () => {
    const given = scaled({ down: { window: "0s" } });
    const decide = (changes: Partial<Observation>) => plan(observation({ pool: given, pods, ...changes })).plan;
    expect(decide({}).drain).toBeDefined();
    const { drain, scale } = decide({ drainedBy });
    expect(drain).toBeUndefined();
    expect(scale).toMatchObject({
      kind: "hold",
      reason: "Draining",
      message: expect.stringMatching(/^web-3 to be removed for pool http first: /),
    });
    expect(decide({ drainedBy: new Map([["uid-api-1", "http"]]) }).drain).toBeDefined();
  });

  test("is removed by the first of two pools that began in the same moment; the other gives up its drain", () => {
    const status = { drain: drainOf(["web-2"]) };
    const decide = (name: string) =>
      plan(observation({ pool: pool({ scaling: { maxReplicas: 9 } }, { name }), pods, status, drainedBy })).plan;
    const later = decide("web");
    expect(later.drain).toBeUndefined();
    expect(later.scale).toMatchObject({
      reason: "DrainUndone",
      message: "web-2 takes traffic again: pool http removes some of these pods first.",
    });
    expect(decide("api").drain).toBeDefined();
  });
});
