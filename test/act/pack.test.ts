import { describe, expect, test } from "vitest";
import { pack } from "../../src/act/pack.ts";
import type { Slice, SliceEndpoint, SlicePort } from "../../src/act/slice.ts";
import { endpointOf, endpointsIn, entriesWith, httpPorts, sliceOf } from "./slices.ts";

const endpoints = (...names: readonly string[]): SliceEndpoint[] => names.map((name) => endpointOf(name));
const packed = (
  existing: readonly Slice[],
  wanted: readonly SliceEndpoint[],
  ports: readonly SlicePort[],
  max?: number,
) => pack(existing, entriesWith(wanted), ports, max);
const written = (...given: Parameters<typeof packed>) => {
  const { write, remove } = packed(...given);
  return {
    write: write.map(({ name, entries, changed }) => ({
      name,
      pods: endpointsIn(entries)
        .map(({ targetRef }) => targetRef.name)
        .join(),
      changed: changed.join(),
    })),
    remove,
  };
};
const nothing = { write: [], remove: [] };

describe("pack", () => {
  test("makes an empty slice for nobody, so that consumers see an empty set rather than none", () => {
    expect(written([], [], httpPorts)).toEqual({ write: [{ name: undefined, pods: "", changed: "" }], remove: [] });
    expect(written([sliceOf("web-1", [])], [], httpPorts)).toEqual(nothing);
  });

  test("empties the last slice rather than taking it away", () => {
    expect(written([sliceOf("web-1", endpoints("a"))], [], httpPorts)).toEqual({
      write: [{ name: "web-1", pods: "", changed: "" }],
      remove: [],
    });
  });

  test("fills slices of 100 unless told otherwise", () => {
    const many = Array.from({ length: 250 }, (_, index) => endpointOf(`pod-${index}`));
    expect(packed([], many, httpPorts).write.map(({ entries }) => entries.length)).toEqual([100, 100, 50]);
  });

  test("fills an empty slice before it makes a new one", () => {
    expect(written([sliceOf("web-1", [])], endpoints("a", "b"), httpPorts)).toEqual({
      write: [{ name: "web-1", pods: "a,b", changed: "uid-a,uid-b" }],
      remove: [],
    });
  });

  test("puts what comes into the slice that is written anyway", () => {
    const existing = [sliceOf("web-1", endpoints("a", "b")), sliceOf("web-2", endpoints("c", "d"))];
    expect(written(existing, endpoints("a", "b", "c", "e"), httpPorts, 3)).toEqual({
      write: [{ name: "web-2", pods: "c,e", changed: "uid-e" }],
      remove: [],
    });
  });

  test("else into the fullest slice that has the room", () => {
    const existing = [
      sliceOf("web-1", endpoints("a")),
      sliceOf("web-2", endpoints("b", "c")),
      sliceOf("web-3", endpoints("d", "e", "f")),
    ];
    expect(written(existing, endpoints("a", "b", "c", "d", "e", "f", "g"), httpPorts, 3).write).toEqual([
      { name: "web-2", pods: "b,c,g", changed: "uid-g" },
    ]);
  });

  test("else into a new one, rather than into two that have some room each", () => {
    const existing = [sliceOf("web-1", endpoints("a", "b")), sliceOf("web-2", endpoints("c", "d"))];
    expect(written(existing, endpoints("a", "b", "c", "d", "e", "f"), httpPorts, 3).write).toEqual([
      { name: undefined, pods: "e,f", changed: "uid-e,uid-f" },
    ]);
  });

  test("takes away a slice that has become empty", () => {
    const existing = [sliceOf("web-1", endpoints("a")), sliceOf("web-2", endpoints("b"))];
    expect(written(existing, endpoints("b"), httpPorts)).toEqual({ write: [], remove: ["web-1"] });
  });

  test.each<[what: string, endpoint: SliceEndpoint]>([
    ["readiness", endpointOf("a", { ready: false })],
    ["address", endpointOf("a", { address: "10.0.0.2" })],
    ["node", { ...endpointOf("a"), nodeName: "node-2" }],
    ["zone", { ...endpointOf("a"), zone: "zone-b" }],
  ])("writes a slice in which an endpoint has another %s", (_, endpoint) => {
    const existing = [sliceOf("web-1", endpoints("a", "b")), sliceOf("web-2", endpoints("c"))];
    expect(written(existing, [endpoint, ...endpoints("b", "c")], httpPorts).write).toEqual([
      { name: "web-1", pods: "a,b", changed: "uid-a" },
    ]);
  });

  test("takes a pod that was made anew under its old name for another one", () => {
    const anew = { ...endpointOf("a"), targetRef: { ...endpointOf("a").targetRef, uid: "uid-anew" } };
    expect(written([sliceOf("web-1", endpoints("a"))], [anew], httpPorts).write).toEqual([
      { name: "web-1", pods: "a", changed: "uid-anew" },
    ]);
  });

  test("writes every slice when the ports change, and none when only their order does", () => {
    const admin = { name: "admin", port: 9090, protocol: "TCP" } as const;
    const existing = [sliceOf("web-1", endpoints("a")), sliceOf("web-2", endpoints("b"))];
    const names = (ports: readonly SlicePort[]) =>
      packed(existing, endpoints("a", "b"), ports).write.map(({ name }) => name);
    expect(names([admin])).toEqual(["web-1", "web-2"]);
    const two = existing.map((slice) => ({ ...slice, ports: [admin, ...httpPorts] }));
    expect(written(two, endpoints("a", "b"), [...httpPorts, admin])).toEqual(nothing);
  });

  test("clears what somebody else put into a slice: endpoints of no pod, and a pod twice", () => {
    const { targetRef: _, ...foreign } = endpointOf("x");
    const existing = [
      sliceOf("web-1", [...endpoints("a", "a"), foreign as SliceEndpoint]),
      sliceOf("web-2", endpoints("a", "b")),
    ];
    expect(written(existing, endpoints("a", "b"), httpPorts).write).toEqual([
      { name: "web-1", pods: "a", changed: "" },
      { name: "web-2", pods: "b", changed: "" },
    ]);
  });
});
