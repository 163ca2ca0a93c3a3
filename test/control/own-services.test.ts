import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { Publishing } from "../rigs/publishing.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requestsTo } from "./published.ts";

const http = { name: "http", port: 8080, protocol: "TCP", targetPort: 8080 };
const admin = { name: "admin", port: 9090, protocol: "TCP", targetPort: 9090 };

async function start(spec: Readonly<Record<string, unknown>> = {}) {
  const at = await Publishing.start();
  await at.createPool("web", spec);
  const operator = await at.stage.startOperator();
  await at.waitForReady("web", 2);
  const serviceWrites = (since = 0) => at.writes(since).filter((write) => / .*\/services(\/|$)/.test(write));
  return { at, operator, serviceWrites };
}

/** A new pool of the name takes over the slice that an orphaned one has left. */
async function expectTakenOver(at: Publishing, left: Slice): Promise<void> {
  const { metadata } = await at.createPool();
  const owned = async () => (await at.slices("web"))[0]?.metadata.ownerReferences?.[0]?.uid === metadata.uid;
  await waitFor(owned, "the slice to be the new pool's");
  expect((await at.slices("web")).map((slice) => slice.metadata.uid)).toEqual([left.metadata.uid]);
}

describe("the pool's own Service", () => {
  test("is made, and not applied", async () => {
    const { at, serviceWrites } = await start();
    expect(serviceWrites()).toEqual(["POST /api/v1/namespaces/default/services"]);
    const { metadata } = await at.service("web");
    expect(metadata.annotations).toEqual({ "evenkeel.io/pool": "web" });
    expect(metadata.ownerReferences).toMatchObject([{ kind: "LoadBalancerPool", name: "web", controller: true }]);
  });

  test("keeps a port that a user adds, and is not written for it", async () => {
    const { at, operator, serviceWrites } = await start();
    await at.patchService("web", { spec: { ports: [http, admin] } });
    // Comes after: the pool's own change, for which the Service is written once.
    const ports = [{ port: 8080 }, { name: "metrics", port: 9100 }];
    await at.patchPool("web", { spec: { ports } });
    const names = async () => (await at.service("web")).spec.ports.map(({ name }: { name: string }) => name).sort();
    await waitFor(async () => (await names()).join() === "admin,http,metrics", "three ports");
    await at.patchPool("web", { spec: { ports: [{ port: 8080 }] } });
    await waitFor(
      async () => (await names()).join() === "admin,http",
      "the pool's own port to go, and the user's to stay",
    );
    const told = async () => (await operator.pool("default", "web"))?.conditions[0]?.message;
    const idle = "The Service's port admin leads nowhere: the pool serves those of spec.ports alone.";
    await waitFor(async () => (await told())?.endsWith(idle), "the idle port to be told of");
    expect(serviceWrites().map((write) => write.split(" ")[0])).toEqual(["POST", "PATCH", "PATCH"]);
  });

  test("gets back what somebody changes on its ports", async () => {
    const { at, serviceWrites } = await start();
    await at.patchService("web", { spec: { ports: [{ ...http, port: 80 }, admin] } });
    await waitFor(async () => (await at.service("web")).spec.ports[0].port === 8080, "the port to be put back");
    expect((await at.service("web")).spec.ports).toEqual([http, admin]);
    expect(serviceWrites()).toHaveLength(2);
  });

  test("is the pool's no more when somebody takes its owner away, and goes on by its word", async () => {
    const { at } = await start();
    await at.patchService("web", { metadata: { ownerReferences: null } });
    await at.remove(`${poolsPath}/web`);
    await waitFor(async () => (await at.slices("web")).length === 0, "the slices to go with the pool");
    await at.createPool();
    await at.waitForReady("web", 2);
    expect((await at.service("web")).metadata.ownerReferences).toBeUndefined();
  });

  test("and its slices serve on under a pool that is made anew after one that was orphaned", async () => {
    const { at } = await start();
    const [before] = await at.slices("web");
    await at.remove(`${poolsPath}/web`, { propagationPolicy: "Orphan" });
    await waitFor(async () => !(await at.find(`${poolsPath}/web`)), "the pool to go");
    await expectTakenOver(at, before!);
    await at.waitForCondition("web", "True/EndpointsReady");
  });

  test("and its slices serve on where they are seen without owner before the deletion is", async () => {
    const { at } = await start();
    const [before] = await at.slices("web");
    await at.patchPool("web", { metadata: { finalizers: ["example.com/held"] } });
    at.stage.cut(({ url }) => (/\/loadbalancerpools\?.*watch=/.test(url) ? "hang" : undefined));
    const since = performance.now();
    await at.remove(`${poolsPath}/web`, { propagationPolicy: "Orphan" });
    const asked = () => requestsTo(at.stage, /^GET .*\/loadbalancerpools\?.*fieldSelector=/, since).length > 0;
    await waitFor(asked, "the API server to be asked for the pool");
    await at.patchPool("web", { metadata: { finalizers: null } });
    await waitFor(async () => !(await at.find(`${poolsPath}/web`)), "the pool to go");
    at.stage.cut();
    await expectTakenOver(at, before!);
  });
});

describe("a slice of the pool's", () => {
  const slicePath = (at: Publishing) => `${at.slicesPath}/web-evenkeel-1`;
  const isWhole = async (at: Publishing, uid: string) => {
    const { metadata } = await at.session.get(slicePath(at));
    return (
      metadata.uid === uid &&
      metadata.labels?.["kubernetes.io/service-name"] === "web" &&
      metadata.labels?.["endpointslice.kubernetes.io/managed-by"] === "evenkeel.io" &&
      metadata.ownerReferences?.[0]?.name === "web"
    );
  };

  test.each<[what: string, metadata: object]>([
    ["its owner", { ownerReferences: null }],
    ["its labels", { labels: null }],
    ["whose it is to somebody else", { labels: { "endpointslice.kubernetes.io/managed-by": "somebody" } }],
    ["its Service to another", { labels: { "kubernetes.io/service-name": "api" } }],
    ["its Service to none", { labels: { "kubernetes.io/service-name": null } }],
  ])("that loses %s is the pool's again", async (_, metadata) => {
    const { at } = await start();
    const { metadata: before } = await at.session.get(slicePath(at));
    await at.patch(slicePath(at), { metadata });
    await waitFor(() => isWhole(at, before.uid), "the slice to be whole");
    await at.waitForReady("web", 2);
  });

  test("that says no more that it was is left alone, as somebody else's is", async () => {
    const { at } = await start();
    await at.patch(slicePath(at), { metadata: { labels: null, ownerReferences: null } });
    expect(await at.waitForCondition("web", "False/SliceNameTaken")).toContain("EndpointSlice web-evenkeel-1 exists");
    expect((await at.session.get(slicePath(at))).metadata.labels).toBeUndefined();
  });

  test("that went before any watch showed it is made again", async () => {
    const at = await Publishing.start();
    await at.createPool();
    let isHeld = true;
    at.stage.intercept = async ({ method, url }) => {
      while (
        isHeld &&
        method === "GET" &&
        /managed-by%3Devenkeel.io.*watch=true|watch=true.*managed-by%3Devenkeel.io/.test(url)
      )
        await sleep(50);
      return undefined;
    };
    await at.stage.startOperator();
    await at.waitForReady("web", 2);
    await at.remove(slicePath(at));
    // The pool has something to write, and finds that there is nothing to write it to.
    await at.patch(`${at.session.deployments}/web`, { spec: { replicas: 3 } });
    await at.waitForReady("web", 3);
    isHeld = false;
  });
});

describe("a pool that gets another Service", () => {
  /** The clock of cluster and operator, which a test may set forward. */
  function movableClock(): (ms: number) => void {
    const real = Date.now.bind(Date);
    let ahead = 0;
    const spy = vi.spyOn(Date, "now").mockImplementation(() => real() + ahead);
    onTestFinished(() => spy.mockRestore());
    return (ms) => {
      ahead += ms;
    };
  }

  test("keeps the former one up to date for a minute, over a restart, and then takes it away", async () => {
    const advance = movableClock();
    const { at, operator } = await start();
    await at.patchPool("web", { spec: { publish: { service: "new" } } });
    await at.waitForReady("new", 2);
    const [first] = await at.pods();
    await at.remove(`${at.session.core}/pods/${first}`);
    await waitFor(async () => !(await at.ready("web")).includes(first!), "the pod to leave the former Service");
    await at.waitForReady("web", 2);
    await at.waitForReady("new", 2);

    advance(30_000);
    await at.stage.stopOperator(operator);
    await at.stage.startOperator();
    const [second] = await at.pods();
    await at.remove(`${at.session.core}/pods/${second}`);
    await waitFor(async () => !(await at.ready("web")).includes(second!), "the pod to leave the former Service");
    await at.waitForReady("web", 2);

    advance(35_000);
    await at.patchPool("web", { metadata: { labels: { touched: "yes" } } });
    await waitFor(async () => !(await at.service("web")), "the former Service to go");
    await waitFor(async () => (await at.slices("web")).length === 0, "its slices to go");
    await at.waitForReady("new", 2);
    await at.waitForCondition("web", "True/EndpointsReady");
  });

  test("keeps the former one for as long as the new one may not be published on", async () => {
    const advance = movableClock();
    const { at } = await start();
    await at.createService("new");
    advance(600_000);
    await at.patchPool("web", { spec: { publish: { service: "new" } } });
    await at.waitForCondition("web", "False/ServiceNotAllowed");
    const [first] = await at.pods();
    await at.remove(`${at.session.core}/pods/${first}`);
    await waitFor(async () => !(await at.ready("web")).includes(first!), "the pod to leave the former Service");
    await at.waitForReady("web", 2);
    // A minute counts from when the pool came, not from when the user made the Service.
    await at.patchService("new", { metadata: { annotations: { "evenkeel.io/pool": "web" } } });
    await at.waitForReady("new", 2);
    await at.waitForCondition("web", "True/EndpointsReady");
    expect(await at.ready("web")).toHaveLength(2);
    advance(61_000);
    await at.patchPool("web", { metadata: { labels: { touched: "yes" } } });
    await waitFor(async () => !(await at.service("web")), "the former Service to go");
  });

  test("leaves a user's Service as it was", async () => {
    const advance = movableClock();
    const at = await Publishing.start();
    const before = await at.createService("web", { metadata: { annotations: { "evenkeel.io/pool": "web" } } });
    await at.createPool();
    await at.stage.startOperator();
    await at.waitForReady("web", 2);
    await at.patchPool("web", { spec: { publish: { service: "new" } } });
    await at.waitForReady("new", 2);
    expect(await at.ready("web")).toHaveLength(2);
    advance(61_000);
    await at.patchPool("web", { metadata: { labels: { touched: "yes" } } });
    await waitFor(async () => (await at.slices("web")).length === 0, "the slices to go");
    expect(await at.service("web")).toEqual(before);
  });
});
