import { describe, expect, test } from "vitest";
import { plan } from "../../../src/decide/plan.ts";
import type { Plan } from "../../../src/decide/planned.ts";
import { describe as describeStatus } from "../../../src/decide/status/describe.ts";
import type { Observation, ObservedPod } from "../../../src/decide/world.ts";
import { observation, observedAt, orderOf, pod, pool, reading, sample, unmeasured } from "../../builders/builders.ts";

const marked = (name: string, drainRequested: boolean, load = 10): ObservedPod => ({
  pod: pod(name, { drainRequested }),
  reading: reading(sample({ connections: 5, load }), sample({ connections: 5, load }, 1_100)),
});
const look = (pods: readonly ObservedPod[], changes: Partial<Observation> = {}) =>
  plan(observation({ pods, ...changes })).plan;
const listing = (...names: readonly string[]) => ({
  status: { endpoints: names.map((name) => ({ pod: name, address: "10.0.0.1", weight: 1_000, reason: "" })) },
});
const ready = ({ verdicts }: Plan) => verdicts.find(({ type }) => type === "Ready");

describe("a pod that somebody drains", () => {
  test("leaves the lists, serves what it has, and comes back when it is no longer marked", () => {
    const drained = look([marked("web-1", true), marked("web-2", false)]);
    expect(orderOf(drained)).toEqual(["web-2"]);
    expect(drained.excluded).toEqual([{ pod: "web-1", reason: "Draining" }]);
    expect(drained.members.map(({ pod: { name }, isIn }) => [name, isIn])).toEqual([
      ["web-2", true],
      ["web-1", false],
    ]);
    expect(orderOf(look([marked("web-1", false), marked("web-2", false)]))).toHaveLength(2);
  });

  test("is told with what it still has", () => {
    const silent = unmeasured("web-3", { drainRequested: true });
    const drained = look([marked("web-1", true), marked("web-2", false), silent]);
    expect(drained.draining).toEqual([{ pod: "web-1", connections: 5 }, { pod: "web-3" }]);
    const { draining } = describeStatus(observation({ pods: [] }), drained, {});
    expect(draining).toEqual(drained.draining);
    expect(look([marked("web-2", false)])).not.toHaveProperty("draining");
  });

  test("is told with since when, unless it was drained before anybody looked", () => {
    const pods = (...drained: readonly string[]) =>
      ["web-1", "web-2", "web-3"].map((name) => marked(name, drained.includes(name)));
    const at = (now: number, ...drained: readonly string[]) => observation({ now, pods: pods(...drained) });
    const sinces = ({ plan: { draining = [] } }: ReturnType<typeof plan>) =>
      draining.map(({ pod, since }) => [pod, since]);
    const first = plan(at(observedAt, "web-1"));
    expect(sinces(first)).toEqual([["web-1", undefined]]);
    const second = plan(at(observedAt + 100, "web-1", "web-2"), first.memory);
    const third = plan(at(observedAt + 200, "web-1", "web-2"), second.memory);
    expect(sinces(third)).toEqual([
      ["web-1", undefined],
      ["web-2", observedAt + 100],
    ]);
    const none = plan(at(observedAt + 300), third.memory);
    expect(none.memory).not.toHaveProperty("drains");
    expect(sinces(plan(at(observedAt + 400, "web-2"), none.memory))).toEqual([["web-2", observedAt + 400]]);
  });

  test("is told as long as it is measured when it turns unready meanwhile", () => {
    const unready = (name: string): ObservedPod => ({
      ...marked(name, true),
      pod: pod(name, { drainRequested: true, ready: false }),
    });
    const silent = unmeasured("web-3", { drainRequested: true, ready: false });
    const gone = {
      ...marked("web-4", true),
      pod: pod("web-4", { drainRequested: true, ready: false, terminating: true }),
    };
    const drained = look([unready("web-1"), marked("web-2", false), silent, gone]);
    expect(drained.draining).toEqual([{ pod: "web-1", connections: 5 }]);
    expect(drained.excluded.map(({ reason }) => reason)).toEqual(["NotReady", "NotReady", "Terminating"]);
  });

  test.each([true, false])("counts beside the pods that the load needs, ready: %s", (isReady) => {
    const scaled = pool({ scaling: { maxReplicas: 10 } });
    const drained = { ...marked("web-1", true, 90), pod: pod("web-1", { drainRequested: true, ready: isReady }) };
    const pods = [drained, marked("web-2", false, 60), marked("web-3", false, 60)];
    // 120 % are 3 pods, and the drained one, whatever it says itself.
    expect(look(pods, { pool: scaled }).scale).toMatchObject({
      kind: "scale",
      to: 4,
      message: expect.stringContaining("average load 60.0% of 2 measured pods, 1 more drained by hand, limit 50%"),
    });
  });
});

describe("when every pod is to be drained", () => {
  const both = [marked("web-1", true), marked("web-2", true), marked("web-3", true)];

  test("those stay that have the traffic, and Ready says so", () => {
    const kept = look(both, listing("web-2"));
    expect(orderOf(kept)).toEqual(["web-2"]);
    expect(ready(kept)).toMatchObject({ status: "True", reason: "DrainRefused" });
  });

  test("all stay where nobody knows who has it", () => {
    expect(orderOf(look(both)).sort()).toEqual(["web-1", "web-2", "web-3"]);
    expect(orderOf(look(both, listing("gone")))).toHaveLength(3);
  });

  test("a pod that is not ready is no help", () => {
    const pods = [marked("web-1", true), { pod: pod("web-2", { ready: false }) }];
    expect(orderOf(look(pods))).toEqual(["web-1"]);
  });
});
