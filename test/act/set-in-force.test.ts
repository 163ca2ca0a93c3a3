import { beforeEach, expect, test } from "vitest";
import type { Fence } from "../../src/act/fence.ts";
import type { Slice, SliceEndpoint } from "../../src/act/slice.ts";
import { Slices } from "../../src/act/slices.ts";
import { pool as poolBuilder } from "../builders/builders.ts";
import { grantOf, openFence } from "./open-fence.ts";
import { endpointOf, sliceOf } from "./slices.ts";

const pool = poolBuilder();
let fence: Fence;
let slices: Slices;

beforeEach(() => {
  fence = openFence({ now: () => 0 });
  slices = new Slices(fence);
});

const ownerReferences = [
  { apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", name: pool.name, uid: pool.uid, controller: true },
];
function ownSlice(name: string, endpoints: readonly SliceEndpoint[], version: string): Slice {
  const slice = sliceOf(name, endpoints);
  return { ...slice, metadata: { ...slice.metadata, ownerReferences, resourceVersion: version } };
}
const show = (name: string, endpoints: readonly SliceEndpoint[], version = "1") =>
  slices.onChange({ key: `shop/${name}`, current: ownSlice(name, endpoints, version) }, () => undefined);

test("is whom the pool's slices on a Service publish as ready, and says which slice each pod is in", () => {
  show("web-evenkeel-1", [endpointOf("a"), endpointOf("b", { ready: false })]);
  show("web-evenkeel-2", [endpointOf("c")]);
  show("other-evenkeel-1", [endpointOf("d")]);
  expect(slices.inForce(pool, "web")).toEqual({
    weights: new Map(),
    ready: new Set(["uid-a", "uid-c"]),
    sliceOf: new Map([
      ["uid-a", "web-evenkeel-1"],
      ["uid-b", "web-evenkeel-1"],
      ["uid-c", "web-evenkeel-2"],
    ]),
  });
});

test("is not known where the pool has no slice on the Service", () => {
  show("other-evenkeel-1", [endpointOf("d")]);
  expect(slices.inForce(pool, "web")).toBeUndefined();
});

test("is that of what was written before any watch shows it", () => {
  show("web-evenkeel-1", [endpointOf("a")]);
  slices.note(grantOf(fence, pool.uid).pool, ownSlice("web-evenkeel-1", [endpointOf("a", { ready: false })], "2"));
  expect(slices.inForce(pool, "web")?.ready).toEqual(new Set());
});

test("is the same object as long as no slice changes", () => {
  show("web-evenkeel-1", [endpointOf("a")]);
  show("web-evenkeel-2", [endpointOf("b")]);
  const first = slices.inForce(pool, "web");
  show("other-evenkeel-1", [endpointOf("d")]);
  expect(slices.inForce(pool, "web")).toBe(first);
  show("web-evenkeel-2", [endpointOf("b", { ready: false })], "2");
  expect(slices.inForce(pool, "web")?.ready).toEqual(new Set(["uid-a"]));
});

test("leaves out what somebody wrote without saying which pod it is", () => {
  const anonymous = { ...endpointOf("a"), targetRef: undefined } as unknown as SliceEndpoint;
  show("web-evenkeel-1", [anonymous, endpointOf("b")]);
  expect(slices.inForce(pool, "web")?.ready).toEqual(new Set(["uid-b"]));
});
