import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/kube/types.ts";
import { toPod } from "../../../src/observe/cluster/project.ts";

const cost = "controller.kubernetes.io/pod-deletion-cost";
const owned = { "f:metadata": { "f:annotations": { ".": {}, [`f:${cost}`]: {} } } };

const look = (metadata: object) =>
  toPod(
    {
      metadata: {
        name: "web-1",
        namespace: "shop",
        uid: "uid",
        creationTimestamp: "2026-01-01T00:00:00Z",
        ...metadata,
      },
    } as KubeObject,
    false,
  );

describe("a pod", () => {
  test("tells when its node took it on", () => {
    const { metadata } = { metadata: { name: "web-1", namespace: "shop", creationTimestamp: "2026-01-01T00:00:00Z" } };
    const status = { phase: "Running", startTime: "2026-01-01T00:00:05Z" };
    expect(toPod({ metadata, status } as KubeObject, false).startedAt).toBe(Date.UTC(2026, 0, 1, 0, 0, 5));
    expect(look({})).not.toHaveProperty("startedAt");
  });

  test("has a name in a Service only with both of its parts", () => {
    const named = (spec: object) => {
      const { hostname, subdomain } = toPod({ metadata: { name: "web-1" }, spec } as KubeObject, false);
      return [hostname, subdomain];
    };
    expect(named({ hostname: "first", subdomain: "crew" })).toEqual(["first", "crew"]);
    expect(named({ subdomain: "crew" })).toEqual([undefined, undefined]);
    expect(named({ hostname: "first" })).toEqual([undefined, undefined]);
  });

  test("declares the ports of its containers first, then those of its sidecars, TCP alone", () => {
    const ports = (name: string, ...list: readonly object[]) => ({ name, ports: list });
    const spec = {
      initContainers: [
        { ...ports("side", { name: "http", containerPort: 9000 }), restartPolicy: "Always" },
        ports("setup", { name: "http", containerPort: 1 }),
      ],
      containers: [
        ports("app", { name: "http", containerPort: 53, protocol: "UDP" }, { name: "http", containerPort: 8080 }),
      ],
    };
    expect(toPod({ metadata: { name: "web-1" }, spec } as KubeObject, false).ports.map(({ port }) => port)).toEqual([
      8080, 9000,
    ]);
  });

  test("tells how often its main containers were started again", () => {
    const { metadata } = { metadata: { name: "web-1", namespace: "shop", creationTimestamp: "2026-01-01T00:00:00Z" } };
    const status = {
      containerStatuses: [{ restartCount: 2 }, { restartCount: 1 }, {}],
      initContainerStatuses: [{ restartCount: 9 }],
    };
    expect(toPod({ metadata, status } as KubeObject, false).restarts).toBe(3);
    expect(look({})).not.toHaveProperty("restarts");
  });

  test("tells when a main container was last started again, if it runs", () => {
    const running = (minute: number, restartCount: number) => ({
      restartCount,
      state: { running: { startedAt: `2026-01-01T00:0${minute}:00Z` } },
    });
    const restartedAt = (...containerStatuses: readonly object[]) =>
      toPod({ metadata: { name: "web-1" }, status: { containerStatuses } } as KubeObject, false).restartedAt;
    expect(restartedAt(running(1, 1), running(3, 2), running(5, 0))).toBe(Date.UTC(2026, 0, 1, 0, 3));
    expect(restartedAt({ restartCount: 1, state: { waiting: {} } })).toBeUndefined();
    expect(restartedAt(running(5, 0))).toBeUndefined();
  });

  test.each([
    [undefined, undefined],
    ["true", true],
    ["", true],
    ["2026-01-01", true],
    ["false", undefined],
  ])("with the drain annotation %j is asked to drain: %j", (value, requested) => {
    expect(look({ annotations: value === undefined ? {} : { "evenkeel.io/drain": value } }).drainRequested).toBe(
      requested,
    );
  });

  test.each([
    ["0", 0],
    ["-5", -5],
    ["2147483647", 2_147_483_647],
    ["-2147483648", -2_147_483_648],
    ["2147483648", undefined],
    ["+1", undefined],
    ["01", undefined],
    ["-0", undefined],
    ["1e3", undefined],
    ["", undefined],
  ])("with the deletion cost %j costs %j", (text, value) => {
    const found = look({ annotations: { [cost]: text } }).deletionCost;
    expect(found).toEqual(value === undefined ? undefined : { value, ours: false });
  });

  test("has a cost of ours only when this operator wrote that very annotation", () => {
    const annotations = { [cost]: "-1" };
    const managed = (...managedFields: readonly object[]) => look({ annotations, managedFields }).deletionCost?.ours;
    expect(managed()).toBe(false);
    expect(managed({ manager: "kubectl", fieldsV1: owned })).toBe(false);
    expect(managed({ manager: "evenkeel", fieldsV1: { "f:metadata": { "f:annotations": { "f:other": {} } } } })).toBe(
      false,
    );
    expect(managed({ manager: "evenkeel" })).toBe(false);
    expect(managed({ manager: "kubectl", fieldsV1: {} }, { manager: "evenkeel", fieldsV1: owned })).toBe(true);
    expect(managed({ manager: "kubectl", fieldsV1: owned }, { manager: "evenkeel", fieldsV1: owned })).toBe(false);
  });

  test("tells the pools whose drains gave it its cost, and what it was before", () => {
    const look7 = (...managers: readonly string[]) =>
      look({
        annotations: { [cost]: "-1", "evenkeel.io/deletion-cost-before-drain": "7" },
        managedFields: managers.map((manager) => ({ manager, fieldsV1: owned })),
      }).deletionCost;
    expect(look7("evenkeel-drain-uid-a")).toEqual({ value: -1, ours: true, pools: ["uid-a"], given: 7 });
    expect(look7("evenkeel-drain-uid-a", "evenkeel-drain-uid-b")?.pools).toEqual(["uid-a", "uid-b"]);
    expect(look7("evenkeel", "evenkeel-drain-uid-a")).toMatchObject({ ours: true, pools: ["uid-a"] });
    expect(look7("evenkeel-drain-uid-a", "kubectl")).toMatchObject({ ours: false, pools: ["uid-a"] });
    expect(look7("evenkeel")).not.toHaveProperty("pools");
    const odd = { [cost]: "-1", "evenkeel.io/deletion-cost-before-drain": "much" };
    expect(look({ annotations: odd }).deletionCost).toEqual({ value: -1, ours: false });
  });

  test("tells the controller that made it", () => {
    const reference = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "set" };
    expect(
      look({
        ownerReferences: [
          { ...reference, kind: "Other", uid: "x" },
          { ...reference, controller: true },
        ],
      }).owner,
    ).toEqual({
      kind: "ReplicaSet",
      uid: "set",
    });
    expect(look({ ownerReferences: [reference] }).owner).toBeUndefined();
  });
});
