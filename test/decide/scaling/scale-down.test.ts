import { describe, expect, test } from "vitest";
import { probing } from "../../builders/builders.ts";
import { busy, ScaleSeries, type SeriesPod } from "../../builders/scale-series.ts";

const down = { window: "10s", drain: "20s", period: "0s" };
const series = (replicas: number, scaling: Readonly<Record<string, unknown>> = {}, parts = {}) =>
  new ScaleSeries({ ...scaling, down: { ...down, ...(scaling.down as object) } }, replicas, parts);
const namesOf = (given: ScaleSeries) => given.drain?.pods.map(({ name }) => name);
const without = (pods: readonly SeriesPod[], ...names: readonly string[]) =>
  pods.filter(({ name }) => !names.includes(name));

describe("fewer replicas", () => {
  test("are begun with when they were enough for the whole window, and not a look before", () => {
    const given = series(4);
    const pods = busy(5, 5, 5, 5);
    const early = given.wait(10_000, pods);
    expect(early.scale).toMatchObject({ kind: "hold", reason: "WaitingForWindow", recommended: 4 });
    expect(early.scale.message).toContain("1 replica is enough, which is to hold for 10s; seen so far: 9.0s");
    expect(given.drain).toBeUndefined();
    expect(given.look(1_000, pods).scale).toMatchObject({ reason: "Draining", recommended: 2 });
    expect(given.drain).toMatchObject({ from: 4, to: 2 });
  });

  test("are the most that was needed in the window", () => {
    const given = series(8);
    given.wait(10_000, busy(5, 5, 5, 5, 5, 5, 5, 5));
    given.look(1_000, busy(30, 30, 30, 30, 30, 5, 5, 5)); // 330 % are 8 pods at 45 %.
    const planned = given.wait(8_000, busy(5, 5, 5, 5, 5, 5, 5, 5));
    expect(planned.scale).toMatchObject({ reason: "WaitingForWindow", recommended: 8 });
    expect(planned.scale.message).toContain("2 replicas are enough now, 8 were needed within the last 10s");
    given.wait(4_000, busy(5, 5, 5, 5, 5, 5, 5, 5));
    expect(given.drain).toMatchObject({ from: 8, to: 4 });
  });

  test("leave room: the pods that stay come to nine tenths of the limit at most", () => {
    // 4 pods at 34 %, 3 would be at 45.3 %.
    const tight = series(4);
    tight.wait(15_000, busy(17, 17, 17, 17));
    expect(tight.drain).toBeUndefined();
    // At 33.5 %, 3 would be at 44.7 %.
    const loose = series(4);
    loose.wait(15_000, busy(17, 17, 17, 16));
    expect(loose.drain).toMatchObject({ from: 4, to: 3 });
  });

  test("are not asked of a workload that was just made larger: the window begins anew", () => {
    const given = series(4);
    given.wait(9_000, busy(5, 5, 5, 5));
    given.replicas = 6;
    const planned = given.wait(9_000, busy(5, 5, 5, 5, 5, 5));
    expect(planned.scale.reason).toBe("WaitingForWindow");
    expect(given.wait(2_000, busy(5, 5, 5, 5, 5, 5)).scale.reason).toBe("Draining");
  });

  test.each<[what: string, forget: (given: ScaleSeries) => void]>([
    [
      "a restart",
      (given) => {
        given.memory = undefined;
      },
    ],
    [
      "half a minute without a look",
      (given) => {
        given.now += 31_000;
      },
    ],
    [
      "a clock that was set back",
      (given) => {
        given.now -= 60_000;
      },
    ],
  ])("wait for a window from %s on", (_, forget) => {
    const given = series(4);
    given.wait(10_000, busy(5, 5, 5, 5));
    forget(given);
    given.wait(10_000, busy(5, 5, 5, 5));
    expect(given.drain).toBeUndefined();
    given.wait(2_000, busy(5, 5, 5, 5));
    expect(given.drain).toBeDefined();
  });

  test("never are fewer than minReplicas, or than half", () => {
    const bounded = series(4, { minReplicas: 3 });
    bounded.wait(12_000, busy(0, 0, 0, 0));
    expect(bounded.drain).toMatchObject({ to: 3 });
    const halved = series(9, { down: { maxStepPods: 100 } });
    halved.wait(12_000, busy(0, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(halved.drain).toMatchObject({ to: 4 });
    const least = series(3, { minReplicas: 3 });
    expect(least.wait(12_000, busy(0, 0, 0)).scale.reason).toBe("WithinLimit");
  });

  test("come in steps, each its own period", () => {
    const given = series(10, { down: { maxStepPercent: 20, victims: "Default", period: "30s" } });
    given.wait(11_000, busy(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(given.scales).toEqual([{ atMs: 11_000, from: 10, to: 8 }]);
    const held = given.wait(29_000, busy(0, 0, 0, 0, 0, 0, 0, 0));
    expect(held.scale).toMatchObject({ reason: "StepLimit", recommended: 1 });
    given.wait(1_000, busy(0, 0, 0, 0, 0, 0, 0, 0));
    expect(given.scales.at(-1)).toEqual({ atMs: 41_000, from: 8, to: 7 });
  });

  test("are not removed where that is switched off", () => {
    const given = series(4, { down: { enabled: false } });
    expect(given.wait(20_000, busy(0, 0, 0, 0)).scale).toMatchObject({ reason: "WithinLimit", recommended: 4 });
    expect(given.drain).toBeUndefined();
  });

  test("are only said in mode Recommend, and not even that in mode Paused", () => {
    const recommending = series(4, { mode: "Recommend" });
    expect(recommending.wait(12_000, busy(0, 0, 0, 0)).scale).toMatchObject({ kind: "scale", to: 2, act: false });
    expect(recommending.drain).toBeUndefined();
    const paused = series(4, { mode: "Paused" });
    expect(paused.wait(12_000, busy(0, 0, 0, 0)).scale).toEqual({
      kind: "hold",
      reason: "Paused",
      message: "spec.scaling.mode is Paused.",
    });
  });

  test("are also what maxReplicas asks for, as far as the load allows", () => {
    const given = series(6, { maxReplicas: 4 });
    expect(given.wait(12_000, busy(40, 40, 40, 40, 40, 40)).scale.reason).toBe("AboveMaximum");
    given.wait(12_000, busy(10, 10, 10, 10, 10, 10));
    expect(given.drain).toMatchObject({ from: 6, to: 3 });
  });

  test("are decided by connections, too: the larger number wins", () => {
    const given = series(6, { connectionsPerPod: 20 });
    given.wait(12_000, busy(9, 9, 9, 9, 9, 9)); // 54 of 18 each are 3 pods, 108 % are 3 pods of 45 %.
    expect(given.drain).toMatchObject({ to: 3 });
    const stricter = series(6, { connectionsPerPod: 12 });
    stricter.wait(12_000, busy(9, 9, 9, 9, 9, 9)); // 54 of 10.8 each are 5 pods.
    expect(stricter.drain).toMatchObject({ to: 5 });
    expect(stricter.drain!.message).toBe(
      "5 replicas instead of 6, 5 needed in the last 10s: average load 18.0% of 6 measured pods, with 5 21.6%, limit 50%; average of connections 9.0 of 6 measured pods, with 5 10.8, limit 12.",
    );
  });
});

describe("nothing is removed", () => {
  const quiet = busy(2, 2, 2, 2);
  const last = quiet.at(-1)!;
  test.each<[what: string, pods: readonly SeriesPod[], reason: string]>([
    [
      "while the one pod that would be too many is not measured",
      [...busy(15, 15, 15), { ...last, ageMs: 9_000 }],
      "PodsNotMeasured",
    ],
    ["while it is not ready", [...busy(15, 15, 15), { ...last, changes: { ready: false } }], "PodsNotMeasured"],
    ["while it is not there", busy(15, 15, 15), "PodsNotMeasured"],
    ["while its answer lacks the load", [...busy(15, 15, 15), { name: "web-4", connections: 2 }], "PodsNotMeasured"],
    [
      "by a rollout's old pods",
      quiet.map((pod, at) => ({ ...pod, changes: { labels: { "pod-template-hash": at > 1 ? "a" : "b" } } })),
      "RolloutInProgress",
    ],
    [
      "of two ReplicaSets",
      [...busy(2, 2, 2), { ...last, changes: { owner: { kind: "ReplicaSet", uid: "other" } } }],
      "RolloutInProgress",
    ],
    ["while there are more pods than replicas", busy(2, 2, 2, 2, 2), "RolloutInProgress"],
  ])("%s", (_, pods, reason) => {
    const given = series(4);
    expect(given.wait(20_000, pods).scale).toMatchObject({ kind: "hold", reason });
    expect(given.drain).toBeUndefined();
  });

  /** Pods of a StatefulSet with these revisions, by ordinal. */
  const revised = (...revisions: readonly string[]): SeriesPod[] =>
    revisions.map((revision, ordinal) => ({
      name: `db-${ordinal}`,
      connections: 2,
      load: 4,
      changes: { owner: { kind: "StatefulSet", uid: "db" }, labels: { "controller-revision-hash": revision } },
    }));

  test("while a StatefulSet rolls the pods above its partition", () => {
    const given = series(4);
    given.rollsFrom = 1;
    expect(given.wait(20_000, revised("old", "old", "old", "new")).scale.reason).toBe("RolloutInProgress");
  });

  test.each([
    ["have been rolled", 2, ["old", "old", "new", "new"]],
    ["are alike, though of those below some are older", 2, ["older", "old", "new", "new"]],
    ["are none", 4, ["old", "new", "old", "new"]],
    ["are none, as pods are replaced by hand alone", Number.POSITIVE_INFINITY, ["old", "new", "old", "new"]],
  ])("no more than that: a drain begins when the pods above the partition %s", (_, rollsFrom, revisions) => {
    const given = series(4, { minReplicas: 3 });
    given.rollsFrom = rollsFrom;
    given.wait(20_000, revised(...revisions));
    expect(given.drain?.pods).toMatchObject([{ name: "db-3" }]);
  });

  test("while a pod is silent that carried more than its limit when it last spoke", () => {
    const silent = { name: "web-4", connections: 60, load: 90, ageMs: 9_000 };
    const given = series(4);
    const { scale } = given.wait(20_000, [...busy(10, 10, 4), silent]);
    // 48 % and 90 % are 4 pods at 45 %, where 48 % and the limit would be 3.
    expect(scale).toMatchObject({ kind: "hold", reason: "PodsNotMeasured" });
    expect(scale.message).toContain("and 1 taken to be above the limit as before, with 2 69.0");
    const calmer = series(4);
    calmer.wait(20_000, [...busy(10, 10, 4), { ...silent, load: 10 }]);
    expect(calmer.drain).toMatchObject({ to: 3 });
  });

  test("while fewer than half are measured, or until a window after that", () => {
    const given = series(40);
    const all = busy(...Array.from({ length: 40 }, () => 2));
    const some = all.map((pod, at) => (at % 5 < 2 ? pod : { ...pod, ageMs: 9_000 }));
    given.wait(20_000, all.slice(0, 39));
    expect(given.drain).toMatchObject({ from: 40 });
    const blind = series(40);
    expect(blind.wait(20_000, some).scale.reason).toMatch(/TooFewFresh|PodsNotMeasured/);
    blind.wait(10_000, all);
    expect(blind.drain).toBeUndefined();
    blind.wait(2_000, all);
    expect(blind.drain).toBeDefined();
  });
});

describe("pods that are set aside because their probe fails", () => {
  const source = { http: { connections: { name: "open" }, load: { name: "load" } } };
  const probed = { metrics: { source, probe: { type: "TCP" } } };
  const down = (name: string, pods: readonly SeriesPod[]) =>
    pods.map((pod) => (pod.name === name ? { ...pod, probe: probing({ isDown: true, failures: 3 }) } : pod));

  test("count as loaded to the limit, like those that are not ready", () => {
    const given = series(4, {}, probed);
    expect(given.wait(12_000, down("web-4", busy(15, 15, 15, 2))).scale.reason).toBe("PodsNotMeasured");
    expect(given.drain).toBeUndefined();
    const without = series(4, {}, probed);
    without.wait(12_000, busy(15, 15, 15, 2));
    expect(without.drain).toBeDefined();
  });

  test("go first", () => {
    const given = series(4, { minReplicas: 3 }, probed);
    given.wait(12_000, down("web-3", busy(2, 1, 9, 3)));
    expect(namesOf(given)).toEqual(["web-3"]);
  });

  test("are replaced after a minute where the others cannot carry the load", () => {
    const given = series(3, {}, probed);
    const pods = down("web-3", busy(30, 30, 2));
    expect(given.wait(60_000, pods).scale).toMatchObject({ reason: "PodsNotMeasured" });
    expect(given.scales).toEqual([]);
    given.look(1_000, pods);
    // 120 % are 3 pods, and the one that is out.
    expect(given.scales).toMatchObject([{ from: 3, to: 4 }]);
    given.wait(60_000, down("web-3", busy(20, 20, 2, 20)));
    expect(given.scales).toHaveLength(1);
  });

  test("are waited for another minute after a restart, as nobody knows since when they are out", () => {
    const given = series(3, {}, probed);
    const pods = down("web-3", busy(30, 30, 2));
    given.wait(40_000, pods);
    given.memory = undefined;
    given.wait(60_000, pods);
    expect(given.scales).toEqual([]);
    given.look(1_000, pods);
    expect(given.scales).toMatchObject([{ from: 3, to: 4 }]);
  });

  test("for over a minute are no help to those that stay when others are drained", () => {
    const given = series(4, { minReplicas: 3 }, probed);
    const ofSet = (pods: readonly SeriesPod[]) =>
      down(
        "db-0",
        pods.map((pod, index) => ({
          ...pod,
          name: `db-${index}`,
          changes: { owner: { kind: "StatefulSet", uid: "db" } },
        })),
      );
    given.wait(70_000, ofSet(busy(2, 18, 18, 17)));
    expect(given.drain).toBeUndefined();
    given.wait(12_000, ofSet(busy(2, 5, 5, 5)));
    expect(namesOf(given)).toEqual(["db-3"]);
    const undone = given.look(1_000, ofSet(busy(2, 18, 18, 17)));
    expect(undone.scale).toMatchObject({
      reason: "DrainUndone",
      message: expect.stringContaining("4 replicas are needed again"),
    });
  });
});

describe("the victims", () => {
  const chosen = (pods: readonly SeriesPod[], scaling = {}) => {
    const given = series(pods.length, { minReplicas: pods.length - 1, ...scaling });
    given.wait(12_000, pods);
    return namesOf(given);
  };
  const quiet = busy(4, 1, 3, 2);
  const changed = (name: string, changes: NonNullable<SeriesPod["changes"]>, pods = quiet) =>
    pods.map((pod) => (pod.name === name ? { ...pod, changes } : pod));

  test("have the fewest connections, the least load, or are the youngest", () => {
    expect(chosen(quiet)).toEqual(["web-2"]);
    expect(chosen(quiet.map(({ name, load }) => ({ name, load: 9 - load! })))).toEqual(["web-1"]);
    expect(chosen(busy(3, 3, 3))).toEqual(["web-1"]);
    expect(
      chosen(
        quiet.map((pod) => ({ ...pod, load: 5, connections: 7 })),
        { minReplicas: 2 },
      ),
    ).toEqual(["web-1", "web-2"]);
  });

  test("are those that the ReplicaSet takes anyway: without a node, pending, not ready", () => {
    expect(chosen(changed("web-4", { ready: false }))).toEqual(["web-4"]);
    expect(chosen(changed("web-1", { ready: false, phase: "Pending" }, changed("web-3", { ready: false })))).toEqual([
      "web-1",
    ]);
    const { node: _, ...unbound } = { node: "x" };
    expect(chosen(changed("web-3", { ready: false, ...unbound }))).toEqual(["web-3"]);
  });

  test("are those that somebody else made cheap, and not those made dear", () => {
    const cost = (value: number) => ({ deletionCost: { value, ours: false } });
    expect(chosen(changed("web-1", cost(-5)))).toEqual(["web-1"]);
    expect(chosen(changed("web-2", cost(5)))).toEqual(["web-4"]);
  });

  test("of a StatefulSet have the highest ordinals, and are not marked", () => {
    const owner = { kind: "StatefulSet", uid: "uid-set" };
    const pods = busy(1, 2, 3, 0, 0, 0, 0, 0, 0, 4).map((pod) => ({ ...pod, changes: { owner } }));
    const given = series(10, { minReplicas: 8 });
    given.wait(12_000, pods);
    expect(namesOf(given)).toEqual(["web-10", "web-9"]);
    given.wait(21_000, pods);
    expect(given.scales).toMatchObject([{ from: 10, to: 8 }]);
    expect(given.costs.size).toBe(0);
  });

  test("of a StatefulSet that lacks pods are nobody", () => {
    const owner = { kind: "StatefulSet", uid: "uid-set" };
    const given = series(6);
    const planned = given.wait(
      12_000,
      busy(0, 0, 0, 0, 0).map((pod) => ({ ...pod, changes: { owner } })),
    );
    expect(planned.scale.reason).toBe("PodsOnTheirWay");
  });

  test("are left to the controller where it takes no hints, and where the user says so", () => {
    const foreign = series(4);
    foreign.wait(
      12_000,
      quiet.map((pod) => ({ ...pod, changes: { owner: { kind: "CloneSet", uid: "uid" } } })),
    );
    expect(foreign.scales).toHaveLength(1);
    const defaulted = series(4, { down: { victims: "Default" } });
    defaulted.wait(12_000, quiet);
    expect(defaulted.scales).toHaveLength(1);
    expect([foreign.costs.size, defaulted.costs.size]).toEqual([0, 0]);
  });

  test("are fewer by the pods that are not there", () => {
    const given = series(6, { minReplicas: 3 });
    given.wait(12_000, quiet);
    expect(given.drain).toMatchObject({ from: 6, to: 3, pods: [{ name: "web-2" }] });
  });
});

describe("a drain", () => {
  const pods = busy(4, 1, 3);
  /** One that has just begun, of web-2. */
  const begun = (scaling = {}) => {
    const given = series(3, { minReplicas: 2, ...scaling });
    given.wait(11_000, pods);
    expect(namesOf(given)).toEqual(["web-2"]);
    return given;
  };
  const emptied = busy(5, 0, 3);

  test("takes the pod out of every list while it serves what it has", () => {
    const { endpoints, members, excluded } = begun().look(1_000, pods);
    expect(endpoints.map(({ pod }) => pod).sort()).toEqual(["web-1", "web-3"]);
    expect(excluded).toEqual([{ pod: "web-2", reason: "Draining" }]);
    expect(members.at(-1)).toMatchObject({ pod: { name: "web-2" }, isIn: false });
    expect(members).toHaveLength(3);
  });

  test("ends when the connections are gone: the pod is marked, the mark seen, then the workload made smaller", () => {
    const given = begun();
    // A 0 from before consumers could know tells nothing.
    expect(given.wait(5_000, emptied).scale.reason).toBe("Draining");
    expect(given.costs.size).toBe(0);
    const marking = given.look(1_000, emptied);
    expect(marking.scale).toMatchObject({ kind: "hold", reason: "Draining" });
    expect(given.costs).toEqual(new Map([["web-2", -2_147_483_647]]));
    expect(given.scales).toEqual([]);
    const scaled = given.look(1_000, emptied);
    expect(scaled.scale).toMatchObject({ kind: "scale", reason: "LoadBelowLimit", from: 3, to: 2 });
    expect(scaled.scale.message).toMatch(/Drained: web-2\.$/);
    // Until the pod is on its way out it stays out of the lists, and then the drain is over.
    expect(given.look(1_000, emptied).excluded).toEqual([{ pod: "web-2", reason: "Draining" }]);
    const over = given.look(1_000, without(emptied, "web-2"));
    expect(over.scale.reason).toBe("WithinLimit");
    expect(given.drain).toBeUndefined();
    expect(given.scales).toHaveLength(1);
  });

  test("ends when its time is over, and says what is cut", () => {
    const given = begun();
    expect(given.wait(19_000, pods).scale.message).toContain("drained for 1s more, 1 connection seen");
    given.look(1_000, pods);
    const scaled = given.look(1_000, pods);
    expect(scaled.scale).toMatchObject({ kind: "scale", to: 2 });
    expect(scaled.scale.message).toContain("Drained: web-2. 1 connection is left after 21s.");
  });

  test("tells of connections what samples tell, and of a pod without a sample that it has none", () => {
    const given = begun();
    expect(given.look(1_000, pods).scale.message).toContain("more, 1 connection seen:");
    const silent = pods.map((entry) => (entry.name === "web-2" ? { ...entry, ageMs: 60_000 } : entry));
    expect(given.look(1_000, silent).scale.message).toContain("more, connections not measured:");
  });

  test("waits for its whole time where connections are not measured", () => {
    const given = series(3, { minReplicas: 2 });
    const loads = pods.map(({ name, load }) => ({ name, load: load! }));
    given.wait(11_000, loads);
    given.wait(19_000, loads);
    expect(given.costs.size).toBe(0);
    given.wait(2_000, loads);
    expect(given.scales).toHaveLength(1);
  });

  test("of 0s marks and removes without delay", () => {
    const given = begun({ down: { ...down, drain: "0s" } });
    given.wait(2_000, pods);
    expect(given.scales).toHaveLength(1);
  });

  test.each<[what: string, then: readonly SeriesPod[], says: RegExp, change?: (given: ScaleSeries) => void]>([
    ["the load comes back", busy(30, 1, 25), /3 replicas are needed again/],
    [
      "its pod goes away, and another comes in its place",
      [...without(pods, "web-2"), { name: "web-9", connections: 0, load: 0 }],
      /came or went/,
    ],
    ["a pod that stays goes away", without(pods, "web-1"), /came or went/],
    ["one more pod comes", [...pods, { name: "web-9", connections: 0, load: 0 }], /rollout/],
    [
      "a pod that stays is no longer ready, so that the ReplicaSet would take it",
      pods.map((pod) => (pod.name === "web-3" ? { ...pod, changes: { ready: false } } : pod)),
      /removed first/,
    ],
    [
      "somebody scales by hand",
      pods,
      /somebody else has set 5 replicas/,
      (given) => {
        given.replicas = 5;
      },
    ],
    [
      "status tells of a drain that is not allowed",
      pods,
      /1 replica is not allowed/,
      (given) => {
        given.drain = { ...given.drain!, to: 1 };
      },
    ],
  ])("is undone when %s, and a whole window passes before the next", (_, then, says, change) => {
    const given = begun();
    given.look(1_000, pods);
    change?.(given);
    const planned = given.look(1_000, then);
    expect(planned.scale).toMatchObject({ kind: "hold", reason: "DrainUndone", message: expect.stringMatching(says) });
    expect(planned.excluded.filter(({ reason }) => reason === "Draining")).toEqual([]);
    expect(given.drain).toBeUndefined();
    given.replicas = 3;
    given.wait(9_000, pods);
    expect(given.drain).toBeUndefined();
    given.wait(3_000, pods);
    expect(given.drain).toBeDefined();
  });

  test.each(["pool", "target"] as const)("is undone when the %s is being deleted, and its marks come off", (what) => {
    const given = begun();
    given.wait(6_000, emptied);
    expect([...given.costs.keys()]).toEqual(["web-2"]);
    given.terminating = what;
    const planned = given.look(1_000, emptied);
    expect(planned.scale.reason).toBe(what === "pool" ? "PoolTerminating" : "TargetTerminating");
    expect(planned.endpoints.map(({ pod }) => pod)).toContain("web-2");
    expect(given.drain).toBeUndefined();
    given.wait(30_000, emptied);
    expect([...given.costs]).toEqual([]);
    expect(given.scales).toEqual([]);
  });

  test("is undone by more load than the workload ever had, in the pass that makes it larger", () => {
    const given = begun();
    const planned = given.look(1_000, busy(90, 90, 90));
    expect(planned.scale.kind).toBe("scale");
    expect(planned.endpoints).toHaveLength(3);
    expect(given.drain).toBeUndefined();
    expect(given.scales[0]).toMatchObject({ from: 3 });
  });

  test("goes on after a restart", () => {
    const given = begun();
    given.look(1_000, pods);
    given.memory = undefined;
    const { excluded } = given.look(1_000, emptied);
    expect(excluded).toEqual([{ pod: "web-2", reason: "Draining" }]);
    given.wait(6_000, emptied);
    expect(given.scales).toMatchObject([{ from: 3, to: 2 }]);
  });

  test("of two goes on when the news that one leaves comes before that of the smaller workload", () => {
    const both = busy(0, 1, 9, 9);
    const given = series(4, { minReplicas: 2, down: { ...down, maxStepPods: 2 } });
    given.wait(11_000, both);
    expect(namesOf(given)).toEqual(["web-1", "web-2"]);
    const left = without(both, "web-1");
    expect(given.look(1_000, left).excluded).toEqual([{ pod: "web-2", reason: "Draining" }]);
    expect(given.drain).toBeDefined();
    // Nothing of the kind came: it was not the workload that became smaller.
    expect(given.wait(49_000, left).scale.reason).toBe("Draining");
    expect(given.look(2_000, left).scale.reason).toBe("DrainUndone");
    expect(given.scales).toEqual([]);
  });

  test("waits while pods that stay are not measured, and is undone when that lasts", () => {
    const given = begun();
    const blind = emptied.map((pod) => (pod.name === "web-2" ? pod : { ...pod, ageMs: 9_000 }));
    given.wait(5_000, blind);
    expect(given.costs.size).toBe(0);
    expect(given.drain).toBeDefined();
    const undone = given.wait(46_000, blind);
    expect(given.drain).toBeUndefined();
    expect(undone.excluded).toEqual([]);
    expect(given.scales).toEqual([]);
  });

  test("that is undone late takes its marks off, and puts back the cost that was there", () => {
    const given = series(3, { minReplicas: 2 });
    const costly = pods.map((pod) => ({ ...pod, changes: { deletionCost: { value: 7, ours: false } } }));
    given.wait(11_000, costly);
    expect(given.drain).toMatchObject({ pods: [{ name: "web-2", cost: 7 }] });
    const empty = emptied.map((pod) => ({ ...pod, changes: { deletionCost: { value: 7, ours: false } } }));
    given.wait(6_000, empty);
    expect(given.costs.get("web-2")).toBe(-2_147_483_647);
    const undone = given.look(
      500,
      busy(30, 0, 25).map((pod) => ({ ...pod, changes: { deletionCost: { value: 7, ours: false } } })),
    );
    expect(undone.scale.reason).toBe("DrainUndone");
    expect(given.costs.get("web-2")).toBe(7);
  });

  test("leaves a cost that was given back to whom it belongs, though it was the operator that wrote it", () => {
    const given = series(3, { minReplicas: 2 });
    given.costs.set("web-2", 7);
    const others = (value: number, counts: readonly number[]) =>
      busy(...counts).map((pod) => ({ ...pod, changes: { deletionCost: { value, ours: false } } }));
    given.wait(11_000, others(7, [4, 1, 3]));
    expect(given.drain).toMatchObject({ pods: [{ name: "web-2", cost: 7 }] });
    given.wait(6_000, others(7, [5, 0, 3]));
    expect(given.costs.get("web-2")).toBe(-2_147_483_647);
    given.look(500, others(7, [30, 0, 25]));
    expect(given.costs.get("web-2")).toBe(7);
    // Where others cost less, they go first, busy or not.
    given.wait(22_000, others(3, [4, 1, 3]));
    expect(namesOf(given)).toEqual(["web-3"]);
  });

  test("that was given up takes a mark off that nobody had before", () => {
    const given = begun();
    given.wait(6_000, emptied);
    expect(given.costs.size).toBe(1);
    given.look(500, busy(30, 0, 25));
    expect(given.costs.size).toBe(0);
  });

  test("is given up when its pods are kept and others removed", () => {
    const given = begun();
    given.wait(7_000, emptied);
    expect(given.scales).toHaveLength(1);
    const kept = given.wait(31_000, without(emptied, "web-3"));
    expect(given.drain).toBeUndefined();
    expect(kept.endpoints.map(({ pod }) => pod).sort()).toEqual(["web-1", "web-2"]);
    expect(given.costs.size).toBe(0);
  });

  test("is given up in mode Paused and in mode Recommend", () => {
    for (const mode of ["Paused", "Recommend"]) {
      const given = begun();
      given.look(1_000, pods);
      const other = series(3, { minReplicas: 2, mode });
      Object.assign(other, { drain: given.drain, now: given.now });
      expect(other.look(1_000, pods).endpoints).toHaveLength(3);
      expect(other.drain).toBeUndefined();
    }
  });

  test("holds fifty pods at most", () => {
    const many = busy(...Array.from({ length: 150 }, () => 0));
    const given = series(150, { maxReplicas: 200 });
    given.wait(12_000, many);
    expect(given.drain!.pods).toHaveLength(50);
    expect(given.drain!.to).toBe(100);
  });
});
