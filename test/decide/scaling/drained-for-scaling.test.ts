import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/decide/world.ts";
import { busy, ScaleSeries, type SeriesPod } from "../../builders/scale-series.ts";

const down = { window: "10s", drain: "20s", period: "0s" };
const series = (replicas: number, scaling: Readonly<Record<string, unknown>> = {}) =>
  new ScaleSeries({ ...scaling, down: { ...down, ...(scaling.down as object) } }, replicas);
const victimsOf = (given: ScaleSeries) => given.drain?.pods.map(({ name }) => name);

const kept: Partial<Pod> = { drainRequested: true };
const removed: Partial<Pod> = { drainRequested: true, removalRequested: true };
/** The same pods, one of them drained by hand. */
const withOne = (pods: readonly SeriesPod[], name: string, changes: Partial<Pod>): SeriesPod[] =>
  pods.map((pod) => (pod.name === name ? { ...pod, changes: { ...pod.changes, ...changes } } : pod));
const ordered = (pods: readonly SeriesPod[]): SeriesPod[] =>
  pods.map((pod) => ({ ...pod, changes: { ...pod.changes, owner: { kind: "StatefulSet", uid: "db" } } }));

describe("a pod that is drained by hand", () => {
  test("is kept beside those that are enough, and others go, whatever it costs", () => {
    for (const changes of [kept, { ...kept, deletionCost: { value: -9, ours: false } }]) {
      const given = series(4);
      const pods = withOne(busy(3, 2, 0, 4), "web-3", changes);
      given.wait(12_000, pods);
      expect(given.drain).toMatchObject({ from: 4, to: 2 });
      expect(victimsOf(given)).toEqual(["web-2", "web-1"]);
    }
  });

  test("is replaced where the load needs it", () => {
    const given = series(3);
    given.wait(2_000, withOne(busy(28, 28, 0), "web-3", kept));
    expect(given.scales).toEqual([{ atMs: 1_000, from: 3, to: 4 }]);
  });

  test.each<[what: string, scaling: Readonly<Record<string, unknown>>, pods: readonly SeriesPod[], why: string]>([
    [
      "it is not ready, so that a ReplicaSet takes it first",
      {},
      withOne(busy(0, 0, 0, 0), "web-3", { ...kept, ready: false }),
      "web-3 drained by hand would go first, as ReplicaSets take pods that are not ready",
    ],
    [
      "it has the highest ordinal",
      {},
      ordered(withOne(busy(0, 0, 0, 0), "web-4", kept)),
      "web-4 drained by hand would go first, by ordinal",
    ],
    [
      "the choice is the controller's",
      { down: { victims: "Default" } },
      withOne(busy(0, 0, 0, 0), "web-3", kept),
      "nobody here says which pods go, and web-3 drained by hand might",
    ],
    [
      "nothing is known of the controller",
      {},
      withOne(busy(0, 0, 0, 0), "web-3", kept).map((pod) => ({
        ...pod,
        changes: { ...pod.changes, owner: { kind: "CloneSet", uid: "set" } },
      })),
      "nobody here says which pods go, and web-3 drained by hand might",
    ],
  ])("forbids that any is removed where %s", (_, scaling, pods, why) => {
    const given = series(4, scaling);
    const { scale } = given.wait(25_000, pods);
    expect(scale).toMatchObject({ kind: "hold", reason: "DrainedByHand", recommended: 2 });
    expect(scale.message).toContain(`2 replicas are enough, but ${why}: average load 0.0% of 3 measured pods`);
    expect([given.drain, given.scales]).toEqual([undefined, []]);
    const back = pods.map((pod) => ({ ...pod, changes: { ...pod.changes, drainRequested: false, ready: true } }));
    given.wait(35_000, back);
    expect(given.scales[0] ?? given.drain).toMatchObject({ from: 4 });
  });

  test("of a StatefulSet lets those of higher ordinals go", () => {
    const given = series(5);
    given.wait(12_000, ordered(withOne(busy(0, 0, 0, 0, 0), "web-3", kept)));
    expect(given.drain).toMatchObject({ from: 5, to: 3 });
    expect(victimsOf(given)).toEqual(["web-5", "web-4"]);
  });

  test("while the operator drains it stays, without its mark, and another one goes", () => {
    const given = series(3, { minReplicas: 2 });
    const pods = busy(4, 0, 3);
    given.wait(17_000, pods);
    expect(victimsOf(given)).toEqual(["web-2"]);
    expect([...given.costs.keys()]).toEqual(["web-2"]);
    const { scale } = given.look(500, withOne(pods, "web-2", kept));
    expect(scale).toMatchObject({
      reason: "DrainUndone",
      message: "web-2 not removed: drained by hand meanwhile, to be kept.",
    });
    expect([given.drain, given.costs.size]).toEqual([undefined, 0]);
    given.wait(12_000, withOne(pods, "web-2", kept));
    expect(victimsOf(given)).toEqual(["web-3"]);
  });

  test("is kept although all are, as no other could take the traffic", () => {
    const given = series(2);
    const all = busy(0, 0).map((pod) => ({ ...pod, changes: kept }));
    expect(given.wait(25_000, all).scale.reason).toBe("DrainedByHand");
  });
});

describe("a pod that is drained by hand for its removal", () => {
  test("is the first to go, however busy, when the others are enough", () => {
    const given = series(3, { minReplicas: 2 });
    // 40 % on the two others are 2 pods at 45 %.
    const pods = withOne(busy(20, 19, 5), "web-3", removed);
    given.wait(12_000, pods);
    expect(victimsOf(given)).toEqual(["web-3"]);
    given.wait(30_000, withOne(busy(20, 19, 0), "web-3", removed));
    expect(given.scales).toMatchObject([{ from: 3, to: 2 }]);
  });

  test("goes before pods for which somebody gave a low cost", () => {
    const given = series(4, { minReplicas: 3 });
    const cheap = withOne(busy(3, 0, 5, 4), "web-2", { deletionCost: { value: -100, ours: false } });
    given.wait(12_000, withOne(cheap, "web-3", removed));
    expect(victimsOf(given)).toEqual(["web-3"]);
  });

  test("goes after pods that are not ready, which a ReplicaSet takes first, and is one more until then", () => {
    const given = series(4, { minReplicas: 1 });
    const unready = withOne(busy(16, 0, 0, 16), "web-2", { ready: false });
    // 64 % and one that may carry its limit are 3 pods at 45 %, beside the one that goes later.
    expect(given.wait(25_000, withOne(unready, "web-3", removed)).scale.reason).toBe("PodsNotMeasured");
    expect(given.drain).toBeUndefined();
  });

  test("is kept while the load needs the others and one more, which is added", () => {
    const given = series(3, { minReplicas: 2 });
    given.wait(2_000, withOne(busy(28, 28, 0), "web-3", removed));
    expect(given.scales).toEqual([{ atMs: 1_000, from: 3, to: 4 }]);
  });

  test("is not removed below minReplicas", () => {
    const given = series(3, { minReplicas: 3 });
    expect(given.wait(25_000, withOne(busy(0, 0, 0), "web-3", removed)).scale.reason).toBe("WithinLimit");
    expect(given.drain).toBeUndefined();
  });

  test("of a StatefulSet goes when its ordinal is the highest, and stays as long as it is not", () => {
    const top = series(3);
    top.wait(12_000, ordered(withOne(busy(20, 19, 0), "web-3", removed)));
    expect(victimsOf(top)).toEqual(["web-3"]);
    const below = series(3);
    below.wait(25_000, ordered(withOne(busy(20, 0, 19), "web-2", removed)));
    expect(below.drain).toBeUndefined();
  });

  test("is only said to go in mode Recommend", () => {
    const given = series(3, { minReplicas: 2, mode: "Recommend" });
    const { scale } = given.wait(12_000, withOne(busy(20, 19, 0), "web-3", removed));
    expect(scale).toMatchObject({ kind: "scale", from: 3, to: 2, act: false });
    expect([given.drain, given.scales, given.costs.size]).toEqual([undefined, [], 0]);
  });

  test("is not counted on where the choice is the controller's", () => {
    const given = series(3, { minReplicas: 2, down: { victims: "Default" } });
    given.wait(25_000, withOne(busy(20, 19, 0), "web-3", removed));
    expect(given.scales).toEqual([]);
  });
});
