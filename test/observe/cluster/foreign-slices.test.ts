import { describe, expect, test } from "vitest";
import { besideProblem, type SliceView } from "../../../src/decide/claims/beside.ts";
import type { KubeObject } from "../../../src/kube/types.ts";
import { ForeignSlices, toSliceView } from "../../../src/observe/cluster/foreign-slices.ts";
import { toService } from "../../../src/observe/cluster/project.ts";
import { pool } from "../../builders/builders.ts";

const builtIn = "endpointslice-controller.k8s.io";
const mirroring = "endpointslicemirroring-controller.k8s.io";
const mesh = "endpointslice-mesh-controller.cilium.io";

const slice = (name: string, manager?: string, owner?: SliceView["owner"], service = "web"): SliceView => ({
  namespace: "shop",
  name,
  service,
  ...(manager !== undefined && { manager }),
  ...(owner && { owner }),
});
const service = (annotations = {}) =>
  toService({ metadata: { name: "web", namespace: "shop", uid: "u", annotations } } as KubeObject);
const judge = (slices: readonly SliceView[], annotations = {}) => besideProblem(pool(), service(annotations), slices);

describe("slices of others on a pool's Service", () => {
  test("are named with whoever keeps them, and with the commands that remove them for good, in their order", () => {
    expect(judge([slice("web-zz", mirroring), slice("web-aa", builtIn)])).toEqual({
      reason: "ForeignEndpointSlices",
      message: `Service web has EndpointSlices of others, too, of which this pool knows neither health nor drain: web-aa (${builtIn}), web-zz (${mirroring}). Delete them: kubectl delete endpoints web -n shop; kubectl delete endpointslices -n shop web-aa. If they are meant to be there: kubectl annotate service web -n shop --overwrite evenkeel.io/also-published-by=${mirroring}.`,
    });
  });

  test("that Kubernetes left behind are never meant to be there", () => {
    expect(judge([slice("web-aa", builtIn)])?.message).toMatch(/kubectl delete endpointslices -n shop web-aa\.$/);
  });

  test("that nobody says to keep are named so", () => {
    expect(judge([slice("by-hand")])?.message).toMatch(
      /: by-hand \(managed by nobody\)\. Delete them: kubectl delete endpointslices -n shop by-hand\.$/,
    );
  });

  test("of another pool are told as that one's", () => {
    const owner = { kind: "LoadBalancerPool", name: "shop", uid: "uid-shop" };
    expect(judge([slice("web-evenkeel-2", "evenkeel.io", owner)])?.message).toContain(
      ": web-evenkeel-2 (LoadBalancerPool shop). ",
    );
  });

  test("are no problem where the Service says that they belong there", () => {
    const both = { "evenkeel.io/also-published-by": `submariner.io, ${mesh}` };
    expect(judge([slice("web-far", mesh)], both)).toBeUndefined();
    expect(judge([slice("web-far", mesh), slice("web-aa", builtIn)], both)?.message).not.toContain("web-far");
    const one = { "evenkeel.io/also-published-by": "submariner.io" };
    expect(judge([slice("web-far", mesh)], one)?.message).toContain(
      `--overwrite evenkeel.io/also-published-by=submariner.io,${mesh}.`,
    );
  });

  test("of this pool that have lost a label, or of a former pool of its name, are not others'", () => {
    const lost = slice("web-evenkeel-1", undefined, { kind: "LoadBalancerPool", name: "web", uid: "uid-pool" });
    expect(judge([lost])).toBeUndefined();
  });

  test("are told by five, and deleted by their labels, where there are many", () => {
    const many = Array.from({ length: 7 }, (_, index) => slice(`web-${index}`, index < 6 ? builtIn : undefined));
    const { message } = judge(many)!;
    expect(message).toContain(`web-4 (${builtIn}) and 2 more. Delete them: `);
    expect(message).toContain(
      `kubectl delete endpointslices -n shop -l 'kubernetes.io/service-name=web,endpointslice.kubernetes.io/managed-by=${builtIn}'; kubectl delete endpointslices -n shop -l 'kubernetes.io/service-name=web,!endpointslice.kubernetes.io/managed-by'.`,
    );
  });
});

describe("what is known of them", () => {
  const raw = (labels: object, resourceVersion = "1"): KubeObject =>
    ({ metadata: { namespace: "shop", name: "web-aa", resourceVersion, labels } }) as KubeObject;
  const of = (name: string, manager = builtIn) => ({
    "kubernetes.io/service-name": name,
    "endpointslice.kubernetes.io/managed-by": manager,
  });

  test("is of slices that stand on a Service alone", () => {
    expect(toSliceView(raw({}))).toBeUndefined();
    expect(toSliceView(raw({ "kubernetes.io/service-name": "" }))).toBeUndefined();
    expect(toSliceView(raw(of("web")))).toEqual(slice("web-aa", builtIn));
  });

  test("follows them, and is news only where it is another", () => {
    const known = new ForeignSlices();
    const key = "shop/web-aa";
    const [first, same, moved] = [raw(of("web")), raw(of("web"), "2"), raw(of("api"), "3")].map(toSliceView);
    expect(known.apply({ key, current: first! }).map(({ service: name }) => name)).toEqual(["web"]);
    expect(known.apply({ key, current: same!, previous: first! })).toEqual([]);
    expect(known.apply({ key, current: moved!, previous: same! }).map(({ service: name }) => name)).toEqual([
      "api",
      "web",
    ]);
    expect(known.on("shop", "web")).toEqual([]);
    expect(known.on("shop", "api")).toHaveLength(1);
    expect(known.on("other", "api")).toEqual([]);
    known.apply({ key, previous: moved! });
    expect(known.on("shop", "api")).toEqual([]);
  });
});
