import { describe, expect, test } from "vitest";
import { publishProblem } from "../../../src/decide/claims/claims.ts";
import type { Service } from "../../../src/decide/claims/places.ts";
import type { PoolView } from "../../../src/decide/claims/pool-view.ts";
import type { KubeObject } from "../../../src/kube/types.ts";
import { toService } from "../../../src/observe/cluster/project.ts";
import { observedAt, pod, pool as poolBuilder } from "../../builders/builders.ts";

interface Given {
  readonly metadata?: object;
  readonly spec?: object;
}

const http = { name: "http", port: 80, targetPort: "http" };
const controlledBy = (kind: string, name: string, uid: string) => ({
  ownerReferences: [{ apiVersion: "x/v1", kind, name, uid, controller: true }],
});

function service({ metadata, spec }: Given = {}, name = "web", namespace = "shop"): Service {
  return toService({
    metadata: { name, namespace, uid: "uid-service", creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec: { ports: [http], ...spec },
  } as KubeObject);
}
const allowing = (name: string) => ({ annotations: { "evenkeel.io/pool": name } });

const pool = (parts: object = {}, changes: Parameters<typeof poolBuilder>[1] = {}) =>
  poolBuilder({ ...parts }, changes);
const own = controlledBy("LoadBalancerPool", "web", "uid-pool");

function viewOf(given: ReturnType<typeof pool>): PoolView {
  const { namespace, name, uid, generation, deletion } = given;
  const common = { namespace, name, uid, generation, resourceVersion: "1", status: {}, terminating: Boolean(deletion) };
  return { ...common, valid: true, pool: given };
}
const other = (name: string, parts: object = {}, changes: object = {}) =>
  viewOf(pool(parts, { name, uid: `uid-${name}`, createdAt: observedAt - 9_000_000, ...changes }));

const judge = (given: Service | undefined, views: readonly PoolView[] = [], options: object = {}, web = pool()) =>
  publishProblem(web, views, given, options);

const permit = "kubectl annotate service web -n shop evenkeel.io/pool=web";

describe("a pool publishes on", () => {
  test.each<[what: string, given: Service | undefined]>([
    ["a Service that is still to be made", undefined],
    ["its own", service({ metadata: own })],
    ["its own that lacks a port, which it gets", service({ metadata: own, spec: { ports: [] } })],
    ["one that says so", service({ metadata: allowing("web") })],
    [
      "one of another controller that says so",
      service({ metadata: { ...allowing("web"), ...controlledBy("App", "shop", "u") } }),
    ],
    ["one of type LoadBalancer", service({ metadata: allowing("web"), spec: { type: "LoadBalancer" } })],
    ["one of type NodePort", service({ metadata: allowing("web"), spec: { type: "NodePort" } })],
    ["a headless one", service({ metadata: allowing("web"), spec: { clusterIP: "None" } })],
    ["a headless one without any port", service({ metadata: allowing("web"), spec: { clusterIP: "None", ports: [] } })],
    ["one with an empty selector", service({ metadata: allowing("web"), spec: { selector: {} } })],
  ])("%s", (_, given) => {
    expect(judge(given)).toBeUndefined();
  });
});

describe("a pool does not publish on", () => {
  test.each<[what: string, given: Service, expected: { reason: string; standing: string; message: string }]>([
    [
      "one that does not say so",
      service(),
      {
        reason: "ServiceNotAllowed",
        standing: "Retract",
        message: `Service web is not of this pool's making, and does not say that the pool may publish on it: ${permit}, or set another spec.publish.service.`,
      },
    ],
    [
      "one that says so of a pool that is not there",
      service({ metadata: allowing("wbe") }),
      {
        reason: "ServiceNotAllowed",
        standing: "Retract",
        message: `Service web is not of this pool's making, and does not say that the pool may publish on it: ${permit} --overwrite, or set another spec.publish.service.`,
      },
    ],
    [
      "one of another controller",
      service({ metadata: controlledBy("App", "shop", "uid-app") }),
      {
        reason: "ServiceNotAllowed",
        standing: "Retract",
        message: `Service web belongs to App shop, and does not say that the pool may publish on it: ${permit}, or set another spec.publish.service.`,
      },
    ],
    [
      "one with a selector",
      service({ metadata: allowing("web"), spec: { selector: { app: "web" } } }),
      {
        reason: "ServiceHasSelector",
        standing: "Retract",
        message:
          'Service web has a selector, so Kubernetes writes its endpoints: remove the selector, or set another spec.publish.service. To remove it: kubectl patch service web -n shop --type=json -p=\'[{"op":"remove","path":"/spec/selector"}]\'. Then delete what Kubernetes leaves there, Endpoints web and its EndpointSlices: this message will name them.',
      },
    ],
    [
      "one of type ExternalName, whatever its ports",
      service({ spec: { type: "ExternalName", externalName: "db.example.com", ports: [] } }),
      {
        reason: "ServiceIsExternalName",
        standing: "Retract",
        message:
          "Service web is of type ExternalName, an alias of db.example.com that has no endpoints: set another spec.publish.service.",
      },
    ],
    [
      "its own that somebody made an ExternalName",
      service({ metadata: own, spec: { type: "ExternalName", externalName: "db.example.com" } }),
      {
        reason: "ServiceIsExternalName",
        standing: "Retract",
        message:
          "Service web is of type ExternalName, an alias of db.example.com that has no endpoints: delete it, and the pool makes it anew.",
      },
    ],
    [
      "one that is being deleted",
      service({
        metadata: {
          ...own,
          deletionTimestamp: "2026-01-02T00:00:00Z",
          finalizers: ["service.kubernetes.io/load-balancer-cleanup"],
        },
      }),
      {
        reason: "ServiceTerminating",
        standing: "Retract",
        message:
          "Service web is being deleted: nothing is made for it any more. It waits for the finalizer service.kubernetes.io/load-balancer-cleanup. The pool makes another when it is gone.",
      },
    ],
    [
      "one without its port, where what it has goes on",
      service({ metadata: allowing("web"), spec: { ports: [{ name: "web", port: 80 }] } }),
      {
        reason: "ServicePortMissing",
        standing: "Follow",
        message: "Service web has no port named http: add it, or rename the port in spec.ports.",
      },
    ],
    [
      "one whose port of that name is UDP, which never meets",
      service({ metadata: allowing("web"), spec: { ports: [{ name: "http", port: 80, protocol: "UDP" }] } }),
      {
        reason: "ServicePortMissing",
        standing: "Follow",
        message:
          "Port http of Service web is UDP, and a pool publishes TCP: add a TCP port under another name, and rename the port in spec.ports.",
      },
    ],
  ])("%s", (_, given, expected) => {
    expect(judge(given)).toEqual(expected);
  });

  test("one with a selector before it says so, and is told the whole way", () => {
    expect(judge(service({ spec: { selector: { app: "web" } } }))?.message).toContain(
      `or set another spec.publish.service. To remove it: ${permit}; kubectl patch service web -n shop --type=json -p=`,
    );
  });

  test("that of the API server, whatever it says, whether it is there or not", () => {
    const reserved = {
      reason: "ServiceReserved",
      message: "Service kubernetes in namespace default is the API server's: set another spec.publish.service.",
      standing: "Withdraw",
    };
    const inDefault = pool({ publish: { service: "kubernetes" } }, { namespace: "default" });
    const found = service({ metadata: allowing("web") }, "kubernetes", "default");
    expect(judge(found, [], {}, inDefault)).toEqual(reserved);
    expect(judge(undefined, [], {}, inDefault)).toEqual(reserved);
    expect(judge(undefined, [], {}, pool({}, { name: "kubernetes", namespace: "default" }))).toEqual(reserved);
    expect(judge(undefined, [], {}, pool({ publish: { service: "kubernetes" } }))).toBeUndefined();
  });
});

describe("addresses that the Service does not take", () => {
  const dual = service({ metadata: allowing("web"), spec: { ipFamilies: ["IPv4", "IPv6"] } });
  const six = service({ metadata: own, spec: { ipFamilies: ["IPv6"] } });
  const [four, both, none] = [["10.0.0.1"], ["10.0.0.2", "fd00::2"], []].map((addresses) =>
    pod("web-1", { addresses }),
  );

  test("are a problem where no pod has another", () => {
    expect(judge(six, [], { pods: [four, none] })).toEqual({
      reason: "ServiceFamilyMissing",
      message:
        "Service web takes IPv6, and no pod has such an address: set its spec.ipFamilyPolicy to PreferDualStack.",
      standing: "Follow",
    });
  });

  test.each([
    ["one pod has another", six, [four, both]],
    ["the Service takes both", dual, [four]],
    ["no pod has an address yet", six, [none]],
    ["there is no pod", six, []],
    ["the Service does not tell", service({ metadata: own }), [four]],
  ])("are none where %s", (_, given, pods) => {
    expect(judge(given, [], { pods })).toBeUndefined();
  });
});

test("slices that were there before a Service that does not allow them are taken away; what it once allowed only shrinks", () => {
  const madeAt = Date.UTC(2026, 0, 1);
  expect(judge(service(), [], { sinceMs: madeAt - 1_000 })).toMatchObject({ standing: "Withdraw" });
  expect(judge(service(), [], { sinceMs: madeAt })).toMatchObject({ standing: "Retract" });
});

describe("of two pools", () => {
  const rival = other("shop", { publish: { service: "web" } });

  test("the older one makes the Service", () => {
    const expected = {
      reason: "ServiceTaken",
      message: "LoadBalancerPool shop is older and publishes on Service web: set another spec.publish.service.",
      standing: "Retract",
    };
    expect(judge(undefined, [rival])).toEqual(expected);
    expect(
      judge(undefined, [other("shop", { publish: { service: "web" } }, { createdAt: observedAt })]),
    ).toBeUndefined();
  });

  test("one that is being deleted makes none", () => {
    const leaving = other("shop", { publish: { service: "web" } }, { deletion: { finalizers: [] } });
    expect(judge(undefined, [leaving])).toBeUndefined();
  });

  test("an older one takes no Service that the other has made", () => {
    const made = service({ metadata: own });
    expect(judge(made, [rival])).toBeUndefined();
    const wanting = pool({ publish: { service: "web" } }, { name: "shop", uid: "uid-shop", createdAt: 0 });
    expect(judge(made, [viewOf(pool())], {}, wanting)).toEqual({
      reason: "ServiceTaken",
      message: "Service web belongs to LoadBalancerPool web: set another spec.publish.service.",
      standing: "Withdraw",
    });
  });

  test("the one that the Service names publishes", () => {
    const named = service({ metadata: allowing("shop") });
    expect(judge(named, [rival])).toEqual({
      reason: "ServiceTaken",
      message: "Service web is for LoadBalancerPool shop, by evenkeel.io/pool: set another spec.publish.service.",
      standing: "Withdraw",
    });
    const shop = pool({ publish: { service: "web" } }, { name: "shop", uid: "uid-shop", createdAt: observedAt });
    expect(judge(named, [viewOf(pool())], {}, shop)).toBeUndefined();
  });
});
