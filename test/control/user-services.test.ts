import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { foreignSlice, Publishing, userService } from "../rigs/publishing.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const allow = (pool: string) => ({ metadata: { annotations: { "evenkeel.io/pool": pool } } });
const isOf = (name: string) => (write: string) => write.endsWith(`/${name}`);

describe("a Service that a user made", () => {
  test("gets endpoints when it says so by the command that the condition tells, and stays the user's", async () => {
    const at = await Publishing.start();
    const before = await at.createService("web");
    await at.createPool();
    await at.stage.startOperator();
    const message = await at.waitForCondition("web", "False/ServiceNotAllowed");
    expect(message).toContain("kubectl annotate service web -n default evenkeel.io/pool=web,");
    expect(await at.slices("web")).toEqual([]);

    await at.patchService("web", allow("web"));
    await at.waitForCondition("web", "True/EndpointsReady");
    await at.waitForReady("web", 2);
    const used = await at.service("web");
    expect(used.spec).toEqual(before.spec);
    expect(used.metadata.ownerReferences).toBeUndefined();
    expect(at.writes().filter(isOf("services/web"))).toEqual([]);

    await at.remove(`${poolsPath}/web`);
    await waitFor(async () => (await at.slices("web")).length === 0, "the slices to go with the pool");
    expect((await at.service("web")).metadata.uid).toBe(before.metadata.uid);
  });

  test("loses pods that are gone, and gets none, once it says so no more", async () => {
    const at = await Publishing.start();
    await at.createService("web", allow("web"));
    await at.createPool();
    await at.stage.startOperator();
    await at.waitForReady("web", 2);
    await at.patchService("web", { metadata: { annotations: null } });
    await at.waitForCondition("web", "False/ServiceNotAllowed");
    const [gone, stays] = await at.pods();
    await at.remove(`${at.session.core}/pods/${gone}`);
    await waitFor(async () => (await at.pods()).length === 2 && !(await at.pods()).includes(gone!), "another pod");
    await waitFor(async () => (await at.ready("web")).join() === stays, "the slices to name the one that stayed");
    await at.patchService("web", allow("web"));
    await at.waitForReady("web", 2);
  });

  test("that took the place of the pool's own is cleared of it", async () => {
    const at = await Publishing.start();
    await at.createPool();
    const operator = await at.stage.startOperator();
    await at.waitForReady("web", 2);
    await at.stage.stopOperator(operator);
    await at.remove(`${at.session.core}/services/web`);
    // Timestamps are whole seconds.
    await sleep(1_100);
    await at.createService("web");
    await at.stage.startOperator();
    await at.waitForCondition("web", "False/ServiceNotAllowed");
    await waitFor(async () => (await at.slices("web")).length === 0, "the slices to go");
  });

  test("just before the watch shows it is neither adopted nor published on, and outlives the pool", async () => {
    const at = await Publishing.start();
    const isUnseen = Promise.withResolvers<void>();
    at.stage.intercept = async ({ method, url }) => {
      if (method === "GET" && /\/services\?.*watch=true/.test(url)) await isUnseen.promise;
      return undefined;
    };
    const operator = await at.stage.startOperator();
    await waitFor(() => at.stage.passed.some(({ url }) => /\/services\?.*watch=true/.test(url)), "a watch of Services");
    const spec = { type: "LoadBalancer", selector: { app: "legacy" } };
    const before = await at.createService("web", { spec });
    await at.createPool();
    await at.waitForCondition("web", "False/ServiceUnseen");
    isUnseen.resolve();
    const served = async () => (await operator.pool("default", "web"))?.conditions.find(({ type }) => type === "Ready");
    await waitFor(async () => (await served())?.reason === "ServiceHasSelector", "the Service to be seen");
    const after = await at.service("web");
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata).toEqual(before.metadata);
    expect(await at.slices("web")).toEqual([]);
    await at.remove(`${poolsPath}/web`);
    await waitFor(async () => !(await at.find(`${poolsPath}/web`)), "the pool to go");
    expect((await at.service("web")).metadata.uid).toBe(before.metadata.uid);
  });

  test("made at the same moment as the pool is never taken over", async () => {
    const at = await Publishing.start();
    await at.stage.startOperator();
    const spec = { selector: { app: "legacy" } };
    const names = Array.from({ length: 20 }, (_, index) => `race-${index}`);
    const owned = async (name: string) => {
      const path = `${at.session.core}/services`;
      const [made] = await Promise.all([
        at.session.api.request("POST", path, { body: userService(name, { spec }) }),
        at.createPool(name),
      ]);
      await waitFor(async () => (await at.condition(name)) !== undefined, "a status");
      const { metadata, spec: found } = await at.service(name);
      return {
        isUsers: made.status === 201,
        hasSelector: found.selector !== undefined,
        owners: metadata.ownerReferences,
      };
    };
    for (const name of names) {
      const { isUsers, hasSelector, owners } = await owned(name);
      expect([name, hasSelector, owners === undefined]).toEqual([name, isUsers, isUsers]);
    }
  });
});

describe("a pool is no way into", () => {
  test("the API server's Service", async () => {
    const at = await Publishing.start();
    const ports = [{ name: "https", port: 443, targetPort: 6443 }];
    await at.createService("kubernetes", { ...allow("evil"), spec: { ports } });
    await at.createPool("evil", { publish: { service: "kubernetes" } });
    await at.stage.startOperator();
    await at.waitForCondition("evil", "False/ServiceReserved");
    expect(await at.slices("kubernetes")).toEqual([]);
  });

  test("a Service that another pool has made, however old it is itself", async () => {
    const at = await Publishing.start();
    await at.createPool("old");
    await sleep(1_100);
    await at.createPool("web");
    await at.stage.startOperator();
    await at.waitForReady("web", 2);
    await at.patchPool("old", { spec: { publish: { service: "web" } } });
    expect(await at.waitForCondition("old", "False/ServiceTaken")).toContain(
      "Service web belongs to LoadBalancerPool web",
    );
    expect(await at.condition("web")).toMatchObject({ status: "True" });
    // Its own goes on, as the new one is not to be had.
    await at.waitForReady("old", 2);
    const owners = (await at.slices("web")).map(({ metadata }) => metadata.ownerReferences?.[0]?.name);
    expect(owners).toEqual(["web"]);
  });
});

describe("a Service through which nothing can arrive", () => {
  test.each([[undefined], [[]]])("as it is an ExternalName (ports %j)", async (ports) => {
    const at = await Publishing.start();
    const spec = { type: "ExternalName", externalName: "db.example.com", ...(ports && { ports }) };
    await at.createService("web", { ...allow("web"), spec });
    await at.createPool();
    await at.stage.startOperator();
    expect(await at.waitForCondition("web", "False/ServiceIsExternalName")).toContain("an alias of db.example.com");
    expect(await at.slices("web")).toEqual([]);
  });

  test("as its port is UDP", async () => {
    const at = await Publishing.start();
    await at.createService("web", { ...allow("web"), spec: { ports: [{ name: "http", port: 80, protocol: "UDP" }] } });
    await at.createPool();
    await at.stage.startOperator();
    await at.waitForCondition("web", "False/ServicePortMissing");
  });
});

describe("slices of others on the pool's Service", () => {
  const builtIn = "endpointslice-controller.k8s.io";
  const mesh = "endpointslice-mesh-controller.cilium.io";

  test("are told of until they are gone, and keep nobody from publishing", async () => {
    const at = await Publishing.start();
    await at.createPool();
    await at.stage.startOperator();
    await at.waitForCondition("web", "True/EndpointsReady");
    await at.session.create(at.slicesPath, foreignSlice("web-aaaaa", "web", builtIn));
    const message = await at.waitForCondition("web", "False/ForeignEndpointSlices");
    expect(message).toContain("2 endpoints take traffic, but Service web has EndpointSlices of others, too");
    expect(message).toContain(`web-aaaaa (${builtIn})`);
    await at.patch(`${at.session.deployments}/web`, { spec: { replicas: 3 } });
    await waitFor(async () => (await at.ready("web")).filter((name) => name !== "?").length === 3, "a third pod");
    await at.remove(`${at.slicesPath}/web-aaaaa`);
    await at.waitForCondition("web", "True/EndpointsReady");
  });

  test("that the Service says belong there are none", async () => {
    const at = await Publishing.start();
    await at.createPool();
    await at.stage.startOperator();
    await at.session.create(at.slicesPath, foreignSlice("web-mesh", "web", mesh));
    const message = await at.waitForCondition("web", "False/ForeignEndpointSlices");
    const command = `kubectl annotate service web -n default --overwrite evenkeel.io/also-published-by=${mesh}`;
    expect(message).toContain(command);
    await at.patchService("web", { metadata: { annotations: { "evenkeel.io/also-published-by": mesh } } });
    await at.waitForCondition("web", "True/EndpointsReady");
  });

  test("are named before they can be removed, where the pool is still to be let in", async () => {
    const at = await Publishing.start();
    await at.createService("web");
    await at.session.create(at.slicesPath, foreignSlice("web-aaaaa", "web", builtIn));
    await at.createPool();
    await at.stage.startOperator();
    const message = await at.waitForCondition("web", "False/ServiceNotAllowed");
    expect(message).toContain(`Afterwards: Service web has EndpointSlices of others, too`);
    expect(message).toContain(`web-aaaaa (${builtIn})`);
  });
});
