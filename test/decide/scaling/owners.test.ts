import { describe, expect, test } from "vitest";
import { toTime } from "../../../src/api/time.ts";
import { plan } from "../../../src/decide/plan.ts";
import { decideScale } from "../../../src/decide/scaling/decide-scale.ts";
import { fleetOf, isRollingOut } from "../../../src/decide/scaling/fleet.ts";
import { removalOf } from "../../../src/decide/scaling/victims.ts";
import { noticeable } from "../../../src/decide/status/noticeable.ts";
import type { Belonging, Observation, ObservedPod } from "../../../src/decide/world.ts";
import { loaded, observation, observedAt, pool } from "../../builders/builders.ts";

const own = (...controllers: readonly (readonly [kind: string, uid: string])[]): Belonging => ({
  kind: "own",
  controllers: controllers.map(([kind, uid]) => ({ kind, uid })),
});

/** A pod of those controllers, of which the first is the one that made it. */
function ownedBy(name: string, ...controllers: readonly (readonly [kind: string, uid: string])[]): ObservedPod {
  const { pod, ...rest } = loaded(name, 10);
  const [first] = controllers;
  const owner = first && { kind: first[0], uid: first[1] };
  return { ...rest, pod: { ...pod, ...(owner && { owner }) }, belonging: own(...controllers) };
}

const scaled = pool({ scaling: { maxReplicas: 9 } });
const observe = (pods: readonly ObservedPod[], changes: Partial<Observation> = {}) =>
  observation({ pool: scaled, pods, ...changes });
const fleet = (pods: readonly ObservedPod[]) =>
  fleetOf(observe(pods), pods.length, { drained: new Set(), unhealthy: new Map() });

describe("a rollout", () => {
  const set = ["ReplicaSet", "set-1"] as const;

  test.each<[name: string, pods: readonly ObservedPod[], isRollout: boolean]>([
    ["is none of one ReplicaSet", [ownedBy("web-1", set), ownedBy("web-2", set)], false],
    ["is one of two ReplicaSets", [ownedBy("web-1", set), ownedBy("web-2", ["ReplicaSet", "set-2"])], true],
    [
      "is none where each pod has a controller of its own",
      [
        ownedBy("game-1", ["GameServer", "game-1"], ["GameServerSet", "set-1"]),
        ownedBy("game-2", ["GameServer", "game-2"], ["GameServerSet", "set-1"]),
      ],
      false,
    ],
    [
      "is one where these are of two sets",
      [
        ownedBy("game-1", ["GameServer", "game-1"], ["GameServerSet", "set-1"]),
        ownedBy("game-2", ["GameServer", "game-2"], ["GameServerSet", "set-2"]),
      ],
      true,
    ],
    ["is none of a workload that makes its pods itself", [ownedBy("web-1"), ownedBy("web-2")], false],
  ])("%s", (_, pods, isRollout) => {
    expect(isRollingOut(fleet(pods))).toBe(isRollout);
  });

  test("shows in the labels that Argo Rollouts gives", () => {
    const pods = ["a", "b"].map((hash) => {
      const observed = ownedBy(`web-${hash}`, set);
      return { ...observed, pod: { ...observed.pod, labels: { app: "web", "rollouts-pod-template-hash": hash } } };
    });
    expect(isRollingOut(fleet(pods))).toBe(true);
  });
});

test("nobody knows whom controllers of different kinds remove", () => {
  expect(removalOf(fleet([ownedBy("web-1", ["ReplicaSet", "a"]), ownedBy("web-2", ["ReplicaSet", "b"])]))).toBe(
    "ranked",
  );
  expect(removalOf(fleet([ownedBy("web-1", ["ReplicaSet", "a"]), ownedBy("web-2", ["StatefulSet", "b"])]))).toBe(
    "unknown",
  );
});

describe("while it is not known whose a pod is", () => {
  const message = "ReplicaSet web-2 may not be read: forbidden.";
  const known = ownedBy("web-1", ["ReplicaSet", "set-1"]);
  const drain = {
    time: toTime(observedAt - 1_000),
    from: 2,
    to: 1,
    message: "One is enough.",
    pods: [{ name: "web-1", uid: "uid-web-1" }],
  };
  const unread = (problem?: { reason: "OwnersUnread"; message: string }): ObservedPod => ({
    ...loaded("web-2", 90),
    belonging: { kind: "unread", ...(problem && { problem }) },
  });

  test("for a moment, replicas are held, a drain goes on, and status waits", () => {
    const made = plan(observe([known, unread()], { status: { drain } })).plan;
    expect(made.scale).toMatchObject({ kind: "hold", reason: "OwnersPending" });
    expect(made.drain).toEqual(drain);
    expect(made.endpoints.map(({ pod }) => pod)).toEqual(["web-2"]);
    expect(made.settled).toBe(false);
  });

  test("because it may not be, replicas are held and a drain is given up, with what to do", () => {
    const made = plan(observe([known, unread({ reason: "OwnersUnread", message })], { status: { drain } })).plan;
    expect(made.scale).toMatchObject({
      kind: "hold",
      reason: "OwnersUnreadable",
      message: `Whether Deployment web owns web-2 is not known: ${message} Or set spec.scaling.pods to Selected, to count all that the selector matches.`,
    });
    expect(made.drain).toBeUndefined();
    expect(made.endpoints).toHaveLength(2);
    expect(made.settled).toBe(true);
  });

  test("it is no matter when the pod is on its way out", () => {
    const { pod, ...rest } = unread();
    const leaving = { ...rest, pod: { ...pod, terminating: true } };
    expect(decideScale(observe([known, leaving])).decision.reason).not.toBe("OwnersPending");
  });
});

test("a Deployment with no pod of its own is not told to count those of others", () => {
  const stranger: ObservedPod = { ...loaded("debug", 90), belonging: { kind: "foreign" } };
  expect(decideScale(observe([stranger], { target: { uid: "uid-target", replicas: 2 } })).decision).toMatchObject({
    reason: "NoOwnPods",
    message: "Deployment web owns none of the pods that its selector matches: debug.",
  });
});

test("who comes and goes among the others is noticed", () => {
  const before = { foreign: [{ pod: "debug" }] };
  expect(noticeable(before, { foreign: [{ pod: "debug" }] })).toBe("nothing");
  expect(noticeable(before, { foreign: [{ pod: "debug" }, { pod: "report-1", owner: "Job report" }] })).toBe("figures");
  expect(noticeable(before, {})).toBe("figures");
});

describe("what was last known of a target", () => {
  const pods = [ownedBy("web-1", ["ReplicaSet", "set-1"])];
  const verdict = (changes: Partial<Observation>) =>
    plan(observe(pods, changes)).plan.verdicts.find(({ type }) => type === "Ready");

  test("serves on, and says so", () => {
    const targetProblem = {
      reason: "ScaleUnreadable",
      message: "The scale of Deployment web cannot be read.",
    } as const;
    expect(verdict({ targetProblem })).toMatchObject({
      status: "True",
      reason: "ScaleUnreadable",
      message:
        "1 endpoint takes traffic, by what was last known of Deployment web. The scale of Deployment web cannot be read.",
    });
    expect(plan(observe(pods, { targetProblem })).plan.scale).toMatchObject({
      kind: "hold",
      reason: "ScaleUnreadable",
    });
  });

  test("is not old because its replicas are unset", () => {
    const targetProblem = { reason: "ReplicasUnset", message: "Set them." } as const;
    expect(verdict({ targetProblem })).toMatchObject({ status: "True", reason: "EndpointsReady" });
    expect(plan(observe(pods, { targetProblem })).plan.scale).toMatchObject({ kind: "hold", reason: "ReplicasUnset" });
  });
});
