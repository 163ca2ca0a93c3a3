import { describe, expect, test } from "vitest";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { denial, podsOf, readyOn, setReady, waitForCondition, waitForReady } from "./published.ts";

const merge = "application/merge-patch+json";

/** Three pods that are published, beside an older pool, and the operator that does it. */
async function startPublished() {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("older"));
  await session.create(poolsPath, poolOf("older"));
  await session.create(session.deployments, workload("web", { replicas: 3 }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics }));
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", 3);
  await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
  return { stage, operator };
}

/** What keeps a pool from publishing, and the reason that its condition then has. */
const ways: Readonly<Record<string, (stage: EmbeddedStage) => Promise<unknown>>> = {
  ServiceHasSelector: ({ session }) =>
    session.patch(`${session.core}/services/web`, { spec: { selector: { app: "web" } } }, merge),
  ServiceIsExternalName: ({ session }) =>
    session.patch(
      `${session.core}/services/web`,
      { spec: { type: "ExternalName", externalName: "db.example.com" } },
      merge,
    ),
  ServiceNotAllowed: ({ session }) =>
    session.patch(`${session.core}/services/web`, { metadata: { ownerReferences: null, annotations: null } }, merge),
  ServiceTerminating: async ({ session }) => {
    const path = `${session.core}/services/web`;
    await session.patch(path, { metadata: { finalizers: ["example.com/hold"] } }, merge);
    await session.api.request("DELETE", path);
  },
};

describe("a pool that may not publish", () => {
  test.each(Object.entries(ways))(
    "for %s loses pods that go, are unready or come back, and gets none",
    async (reason, end) => {
      const { stage, operator } = await startPublished();
      await end(stage);
      await waitForCondition(stage, "web", "Ready", `False/${reason}`);
      const [first, second, third] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name) as string[];
      await setReady(stage, first!, false);
      expect(await waitForReady(stage, "web", 2)).toEqual([second, third].sort());
      await setReady(stage, first!, true);
      await waitForReady(stage, "web", 3);
      await stage.session.api.request("DELETE", `${stage.session.core}/pods/${second}`);
      const left = await waitForReady(stage, "web", 2);
      expect(left).toEqual([first, third].sort());
      // The pod that came instead is known, and is not added.
      await waitFor(async () => (await operator.pool("default", "web"))?.endpoints.length === 3, "3 pods to be served");
      await setReady(stage, first!, false);
      expect(await waitForReady(stage, "web", 1)).toEqual([third]);
    },
  );
});

test("a Service whose change is refused carries the pods on, old and new", async () => {
  const { stage } = await startPublished();
  stage.intercept = ({ method, url }) =>
    method !== "GET" && url.includes("/services") ? denial("Invalid", "no Services here") : undefined;
  await stage.session.patch(
    `${poolsPath}/web`,
    {
      spec: {
        ports: [
          { name: "http", port: 8080 },
          { name: "metrics", port: 9090 },
        ],
      },
    },
    merge,
  );
  const ready = await waitForCondition(stage, "web", "Ready", "False/PublishRefused");
  expect(ready.message).toContain("no Services here");
  const before = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
  for (const name of before) await stage.session.api.request("DELETE", `${stage.session.core}/pods/${name}`);
  const after = await waitFor(async () => {
    const pods = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
    return pods.length === 3 && pods.every((name) => !before.includes(name)) && pods;
  }, "other pods");
  await waitFor(async () => String(await readyOn(stage, "web")) === String(after), "the new pods to be published");
});

test("where the first Service is refused nothing is published, and it is tried again seldom", async () => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  stage.intercept = ({ method, url }) =>
    method !== "GET" && url.includes("/services") ? denial("Forbidden", "ask the platform team") : undefined;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics }));
  await stage.startOperator();
  const ready = await waitForCondition(stage, "web", "Ready", "False/PublishRefused");
  expect(ready.message).toContain("ask the platform team");
  expect(await readyOn(stage, "web")).toEqual([]);
  expect(stage.passed.filter(({ method, url }) => method !== "GET" && url.includes("/services"))).toHaveLength(1);
  stage.intercept = undefined;
  await waitForReady(stage, "web", 2);
  await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
});

describe("slices that the API server refuses", () => {
  test("are told of with its words, tried seldom, and written when it takes them", async () => {
    const { stage, operator } = await startPublished();
    stage.intercept = ({ method, url }) =>
      method === "PUT" && url.includes("/endpointslices/") ? denial("Invalid", "slices are frozen") : undefined;
    const [first] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
    await setReady(stage, first!, false);
    const ready = await waitForCondition(stage, "web", "Ready", "False/PublishRefused");
    expect(ready.message).toBe(
      "The API server refuses the endpoint slices: deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'cap' with binding 'cap' denied request: slices are frozen.",
    );
    // What is served needs no API server.
    expect((await operator.pool("default", "web"))?.endpoints.map(({ pod }) => pod)).not.toContain(first);
    const tries = () => stage.passed.filter(({ method, url }) => method === "PUT" && url.includes("/endpointslices/"));
    await waitFor(() => tries().length === 2, "a second attempt");
    const gaps = tries().map(({ at }, index, all) => at - (all[index - 1]?.at ?? 0));
    expect(gaps[1]).toBeGreaterThan(2_400);
    stage.intercept = undefined;
    await waitForReady(stage, "web", 2);
    await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
  });
});

test("pods that went while no operator ran leave the slices before the workload is read", async () => {
  const { stage, operator } = await startPublished();
  await stage.stopOperator(operator);
  const [first] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
  await setReady(stage, first!, false);
  stage.intercept = ({ url }) => (url.includes("/deployments/web/scale") ? "hang" : undefined);
  const other = await stage.startOperator();
  const left = await waitForReady(stage, "web", 2);
  expect(left).not.toContain(first);
  // That nothing was known of the workload by then.
  expect(await other.pool("default", "web")).toBeUndefined();
  await setReady(stage, first!, true);
  stage.intercept = undefined;
  await waitForReady(stage, "web", 3);
});
