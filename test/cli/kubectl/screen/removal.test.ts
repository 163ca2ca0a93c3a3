import { expect, test } from "vitest";
import type { PodObject, PoolObject } from "../../../../src/cli/kubectl/cluster/pool-object.ts";
import { drainAskedFor, outlooks, removing } from "../../../../src/cli/kubectl/screen/removal.ts";

const podOf = (kind: string | undefined, annotations = {}): PodObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-1",
    namespace: "shop",
    uid: "uid-web-1",
    annotations,
    ownerReferences: kind ? [{ apiVersion: "x/v1", kind, name: "web", uid: "uid-web", controller: true }] : [],
  },
});
const poolOf = (scaling: object | undefined, status: object = {}) =>
  ({
    apiVersion: "evenkeel.io/v1alpha1",
    kind: "LoadBalancerPool",
    metadata: { name: "web", namespace: "shop" },
    spec: { ports: [{ port: 8080 }], ...(scaling && { scaling: { maxReplicas: 9, ...scaling } }) },
    status,
  }) as PoolObject;

test.each([
  [undefined, "nothing"],
  ["false", "nothing"],
  ["true", "keep"],
  ["", "keep"],
  ["2026-01-01", "keep"],
  ["remove", "remove"],
])("the annotation %j asks for %s", (value, asked) =>
  expect(drainAskedFor(podOf("ReplicaSet", value === undefined ? {} : { "evenkeel.io/drain": value }))).toBe(asked),
);

const inactive = {
  conditions: [
    { type: "ScalingActive", status: "False", reason: "ScaledByAnother", message: "", lastTransitionTime: "" },
  ],
};

test.each<[what: string, pool: PoolObject, kind: string | undefined, line: string]>([
  [
    "a ReplicaSet",
    poolOf({}),
    "ReplicaSet",
    "web removes it first when fewer pods are enough, and adds another where its load needs one.",
  ],
  ["mode Recommend", poolOf({ mode: "Recommend" }), "ReplicaSet", "web removes nothing: its mode is Recommend."],
  ["mode Paused", poolOf({ mode: "Paused" }), "ReplicaSet", "web removes nothing: its mode is Paused."],
  ["another autoscaler", poolOf({}, inactive), "ReplicaSet", "web removes nothing now: ScaledByAnother."],
  [
    "down switched off",
    poolOf({ down: { enabled: false } }),
    "ReplicaSet",
    "web removes nothing: its down.enabled is false.",
  ],
  [
    "victims Default",
    poolOf({ down: { victims: "Default" } }),
    "ReplicaSet",
    "web may remove another: its down.victims is Default.",
  ],
  [
    "a StatefulSet",
    poolOf({}),
    "StatefulSet",
    "web removes the highest ordinal first, as StatefulSets do: this one when none is above it.",
  ],
  ["another controller", poolOf({}), "CloneSet", "web may remove another: a CloneSet takes no hints."],
  ["no controller", poolOf({}), undefined, "web may remove another: the pods' controller takes no hints."],
  ["no scaling", poolOf(undefined), "ReplicaSet", "Nothing removes it: none of its pools scales."],
])("with %s it says what becomes of the pod", (_, pool, kind, line) =>
  expect(outlooks([pool, poolOf(undefined)], podOf(kind))).toEqual([line]),
);

test("pools that are about to remove the pod are those whose drain names it", () => {
  const drain = { time: "", from: 2, to: 1, message: "", pods: [{ name: "web-1", uid: "uid-web-1" }] };
  const other = { ...drain, pods: [{ name: "web-1", uid: "uid-of-another" }] };
  const pools = [poolOf({}, { drain }), poolOf({}, { drain: other }), poolOf({})];
  expect(removing(pools, podOf("ReplicaSet"))).toEqual([pools[0]]);
});
