import { describe, expect, test } from "vitest";
import { type EndpointSetting, toEntries, toEntry, toPorts, toSlices } from "../../src/act/endpoints.ts";
import { pack } from "../../src/act/pack.ts";
import type { Family } from "../../src/act/slice.ts";
import type { Member } from "../../src/decide/planned.ts";
import type { Pod } from "../../src/decide/world.ts";
import { observedAt, pod, pool } from "../builders/builders.ts";
import { endpointsIn, sliceOf } from "./slices.ts";

const member = (name: string, changes: Parameters<typeof pod>[1] = {}): Member => ({
  pod: pod(name, changes),
  isIn: true,
});
const toEndpoints = (members: readonly Member[], family: Family) => endpointsIn(toEntries(members, family, "NotReady"));
const web = pool();
const make = (
  members: readonly Member[],
  existing: readonly ReturnType<typeof sliceOf>[] = [],
  family: Family = "IPv4",
) =>
  toSlices(
    web,
    { name: "web" },
    family,
    pack(existing, toEntries(members, family, "NotReady"), toPorts(web), 2).write,
    members,
    existing,
  );

describe("a member as an endpoint", () => {
  test("has its address, state, pod, node and zone", () => {
    const going = { ...member("web-1", { zone: "zone-a", terminating: true }), isIn: false };
    expect(toEndpoints([going], "IPv4")).toEqual([
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: false, serving: true, terminating: true },
        targetRef: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-web-1" },
        nodeName: "node-1",
        zone: "zone-a",
      },
    ]);
  });

  test("is in the slices of each family that it has an address of, with the first of each", () => {
    const both = member("web-1", { addresses: ["10.0.0.1", "fd00::1", "10.0.0.2"] });
    const members = [both, member("web-2", { addresses: ["fd00::2"] })];
    const addresses = (family: "IPv4" | "IPv6") => toEndpoints(members, family).map((entry) => entry.addresses[0]);
    expect(addresses("IPv4")).toEqual(["10.0.0.1"]);
    expect(addresses("IPv6")).toEqual(["fd00::1", "fd00::2"]);
  });
});

describe("what an endpoint has beside, as with Kubernetes' own controller", () => {
  const endpointOn = (setting: EndpointSetting, changes: Partial<Pod> = {}, isIn = true) =>
    toEntry({ ...member("web-1", { zone: "zone-a", ...changes }), isIn }, "IPv4", "NotReady", setting)?.endpoint;
  const named = { hostname: "first", subdomain: "crew" };

  test("is the pod's name where its subdomain is the Service", () => {
    expect(endpointOn({ service: "crew" }, named)?.hostname).toBe("first");
    expect(endpointOn({ service: "web" }, named)).not.toHaveProperty("hostname");
    expect(endpointOn({}, named)).not.toHaveProperty("hostname");
  });

  test.each<[prefers: EndpointSetting["prefers"], changes: Partial<Pod>, hints: object | undefined]>([
    [undefined, {}, undefined],
    ["zone", {}, { forZones: [{ name: "zone-a" }] }],
    ["node", {}, { forZones: [{ name: "zone-a" }], forNodes: [{ name: "node-1" }] }],
    ["node", { zone: undefined! }, { forNodes: [{ name: "node-1" }] }],
    ["zone", { zone: undefined! }, undefined],
  ])("are hints where the Service prefers its %s: %j", (prefers, changes, hints) => {
    expect(endpointOn({ prefers }, changes)?.hints).toEqual(hints);
  });

  test("are no hints of who is out, not ready or on the way out", () => {
    expect(endpointOn({ prefers: "zone" }, {}, false)).not.toHaveProperty("hints");
    expect(endpointOn({ prefers: "zone" }, { ready: false }, false)).not.toHaveProperty("hints");
    expect(endpointOn({ prefers: "zone" }, { terminating: true }, false)).not.toHaveProperty("hints");
  });

  test("is the same entry from pass to pass, whatever Services it is on", () => {
    const one = member("web-1", { zone: "zone-a" });
    const first = toEntry(one, "IPv4", "NotReady", { prefers: "zone" });
    expect(toEntry(one, "IPv4", "NotReady", {})).not.toBe(first);
    expect(toEntry(one, "IPv4", "NotReady", { prefers: "zone" })).toBe(first);
  });
});

describe("a slice", () => {
  test("belongs to its Service and to the pool, and goes with the pool", () => {
    const [slice] = make([member("web-1")]);
    expect(slice).toEqual({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "web-evenkeel-1",
        namespace: "shop",
        labels: {
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "evenkeel.io",
        },
        annotations: { "endpoints.kubernetes.io/last-change-trigger-time": expect.any(String) },
        ownerReferences: [
          {
            apiVersion: "evenkeel.io/v1alpha1",
            kind: "LoadBalancerPool",
            name: "web",
            uid: "uid-pool",
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: "IPv4",
      endpoints: toEndpoints([member("web-1")], "IPv4"),
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    });
  });

  test("has the first free name, apart for IPv6", () => {
    const names = (...args: Parameters<typeof make>) => make(...args).map(({ metadata }) => metadata.name);
    const members = Array.from({ length: 5 }, (_, index) => member(`web-${index}`));
    expect(names(members)).toEqual(["web-evenkeel-1", "web-evenkeel-2", "web-evenkeel-3"]);
    const [first, second, ...rest] = toEndpoints(members, "IPv4");
    const existing = [sliceOf("web-evenkeel-2", [first!, second!])];
    expect(rest).toHaveLength(3);
    expect(names(members, existing)).toEqual(["web-evenkeel-1", "web-evenkeel-3"]);
    const v6 = member("web-1", { addresses: ["fd00::1"] });
    expect(names([v6], [], "IPv6")).toEqual(["web-evenkeel-ipv6-1"]);
  });

  test("tells when the newest change of its pods happened, of those that changed", () => {
    const trigger = (members: readonly Member[], existing: readonly ReturnType<typeof sliceOf>[] = []) =>
      make(members, existing)[0]?.metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"];
    const old = member("web-1", { readyChangedAt: observedAt - 60_000 });
    const young = member("web-2", { readyChangedAt: observedAt - 1_000 });
    expect(trigger([old, young])).toBe("2026-01-02T03:04:04.000Z");
    const known = sliceOf("web-evenkeel-1", toEndpoints([young], "IPv4"));
    expect(trigger([old, young], [known])).toBe("2026-01-02T03:03:05.000Z");
    expect(trigger([old], [sliceOf("web-evenkeel-1", toEndpoints([old, young], "IPv4"))])).toBeUndefined();
    expect(trigger([{ ...old, isIn: false, changedAt: observedAt - 2_000 }])).toBe("2026-01-02T03:04:03.000Z");
    const { readyChangedAt: _, ...silent } = pod("web-3");
    expect(trigger([{ ...member("web-3"), pod: silent }])).toBeUndefined();
  });
});
