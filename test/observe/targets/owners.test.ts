import { expect, onTestFinished, test } from "vitest";
import { plainConnection } from "../../../src/kube/connection.ts";
import { createDiscovery } from "../../../src/kube/discovery.ts";
import { Transport } from "../../../src/kube/transport.ts";
import { toPod } from "../../../src/observe/cluster/project.ts";
import { belongingOf, type Owning } from "../../../src/observe/targets/belonging.ts";
import { type Controlled, type ControllerRef, Owners, type OwnersTiming } from "../../../src/observe/targets/owners.ts";
import { customKind } from "../../rigs/custom-kind.ts";
import { EmbeddedStage, workload } from "../../rigs/embedded-stage.ts";
import { mergePatch } from "../../suites/api-suite/session.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {} };

/** The embedded cluster, with a kind that owns another of its kind. */
async function startOwners(timing: Partial<OwnersTiming> = {}) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", customKind("Shop"));
  const transport = new Transport({ connection: plainConnection(stage.url) });
  const stopping = new AbortController();
  const owners = new Owners({
    transport,
    discovery: createDiscovery({ transport }),
    onRead: () => {},
    log,
    timing: { retryBaseMs: 10, retryMaxMs: 20, ...timing },
  });
  const running = owners.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
    await transport.close();
  });
  const shops = session.inNamespace("example.com/v1", "shops");
  return {
    stage,
    session,
    owners,
    shops,
    create: async (name: string, owner?: ControllerRef): Promise<ControllerRef> => {
      const { metadata } = await session.create(shops, {
        apiVersion: "example.com/v1",
        kind: "Shop",
        metadata: { name, ...(owner && { ownerReferences: [{ ...owner, controller: true }] }) },
      });
      return { apiVersion: "example.com/v1", kind: "Shop", name, uid: metadata.uid };
    },
    /** Asks until what is known is as wanted. */
    waitForKnown: (object: ControllerRef, wanted: (known: Controlled) => boolean, since?: number) =>
      waitFor(async () => {
        const known = owners.controllerOf(object, "default", since);
        return wanted(known) && known;
      }, "it to be known"),
    reads: () => stage.passed.filter(({ url }) => url.includes("fieldSelector=metadata.name")),
  };
}

const isKnown = ({ kind }: Controlled): boolean => kind === "known";

test("an object is read once, its metadata alone, however often it is asked about", async () => {
  const { create, waitForKnown, owners, reads } = await startOwners();
  const parent = await create("parent");
  const child = await create("child", parent);
  expect(await waitForKnown(child, isKnown)).toMatchObject({ controller: parent });
  for (let count = 0; count < 100; count += 1) owners.controllerOf(child, "default");
  expect(await waitForKnown(parent, isKnown)).not.toHaveProperty("controller");
  expect(reads()).toHaveLength(2);
});

test("what was handed to another controller is seen, at once where that one is new", async () => {
  const { create, waitForKnown, session, shops } = await startOwners({ orphanMs: 50 });
  const child = await create("child");
  expect(await waitForKnown(child, isKnown)).not.toHaveProperty("controller");
  const parent = await create("parent");
  const ownerReferences = [{ ...parent, controller: true }];
  await session.patch(`${shops}/child`, { metadata: { ownerReferences } }, mergePatch);
  await waitForKnown(child, (known) => known.kind === "known" && known.controller?.uid === parent.uid);
  const next = await create("next");
  await session.patch(`${shops}/child`, { metadata: { ownerReferences: [{ ...next, controller: true }] } }, mergePatch);
  const isHanded = (known: Controlled) => known.kind === "known" && known.controller?.uid === next.uid;
  await waitForKnown(child, isHanded, performance.now());
});

test("what is gone, was made anew, or is of no kind that the cluster has, is controlled by nobody", async () => {
  const { create, waitForKnown } = await startOwners();
  const parent = await create("parent");
  const child = await create("child", parent);
  for (const object of [
    { ...child, uid: "another" },
    { ...child, name: "gone", uid: "gone" },
    { ...child, kind: "Market", uid: "unknown-kind" },
    { ...child, apiVersion: "gone.example.com/v1", uid: "unknown-group" },
    { apiVersion: "v1", kind: "Node", name: "node", uid: "node" },
  ])
    expect(await waitForKnown(object, isKnown)).not.toHaveProperty("controller");
});

test("what cannot be read says why, is asked again, and stays as it was known", async () => {
  const { stage, create, waitForKnown, owners } = await startOwners({ staleMs: 0 });
  const parent = await create("parent");
  const child = await create("child", parent);
  const refusal = { kind: "Status", reason: "Forbidden", message: 'shops.example.com "child" is forbidden', code: 403 };
  stage.intercept = ({ url }) => (url.includes("fieldSelector") ? [403, JSON.stringify(refusal)] : undefined);
  const unread = await waitForKnown(child, (known) => known.kind === "unread" && known.problem !== undefined);
  expect(unread).toMatchObject({
    problem: {
      message:
        'Shop child may not be read: shops.example.com "child" is forbidden. Give the operator the right list on shops.example.com (the chart\'s rbac.extraOwners).',
    },
  });
  stage.intercept = undefined;
  await waitForKnown(child, isKnown);
  stage.intercept = ({ url }) =>
    url.includes("fieldSelector") ? [500, JSON.stringify({ kind: "Status" })] : undefined;
  const before = stage.passed.length;
  await waitFor(async () => {
    expect(isKnown(owners.controllerOf(child, "default"))).toBe(true);
    return stage.passed.length > before + 2;
  }, "it to be asked for again");
});

test("a pod belongs to the workload at the end of its chain, and to no other", async () => {
  const { create, waitForKnown, owners, session } = await startOwners();
  const top = await create("top");
  const middle = await create("middle", top);
  const low = await create("low", middle);
  const other = await create("other");
  const podOf = (name: string, owner?: ControllerRef) =>
    toPod(
      {
        metadata: {
          name,
          namespace: "default",
          uid: name,
          creationTimestamp: "2026-01-01T00:00:00Z",
          ...(owner && { ownerReferences: [{ ...owner, controller: true }] }),
        },
      },
      true,
    );
  const workloadOf = ({ apiVersion, kind, uid }: ControllerRef): Owning => ({
    apiVersion,
    kind,
    uid,
    namespace: "default",
    seenSince: 0,
  });
  for (const object of [low, middle, top, other]) await waitForKnown(object, isKnown);
  const ofTop = belongingOf(workloadOf(top), owners);
  expect(ofTop(podOf("a", low))).toEqual({ kind: "own", controllers: [low, middle] });
  expect(ofTop(podOf("b", top))).toEqual({ kind: "own", controllers: [] });
  expect(ofTop(podOf("c", other))).toEqual({ kind: "foreign", controller: other });
  expect(ofTop(podOf("d"))).toEqual({ kind: "foreign" });
  // Nobody has to be asked about what runs to an end, or on each node.
  const job = { apiVersion: "batch/v1", kind: "Job", name: "report", uid: "job" };
  expect(ofTop(podOf("e", job))).toEqual({ kind: "foreign", controller: job });
  // Nor about what is never between a workload of Kubernetes and its pods.
  await session.create(session.deployments, workload("web", { replicas: 0 }));
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web" };
  expect(belongingOf(workloadOf(deployment), owners)(podOf("f", low))).toEqual({ kind: "foreign", controller: low });
});
