import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { customKind } from "../rigs/custom-kind.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { Answer } from "../suites/api-suite/connection.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { readyOn, statusOf, waitForReady } from "./published.ts";

const rollouts = "/apis/example.com/v1/namespaces/default/rollouts";
const replicaSets = "/apis/apps/v1/namespaces/default/replicasets";
const slicesPath = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

const targetRef = { apiVersion: "example.com/v1", kind: "Rollout", name: "shop" };
const selectorOf = (hash: string) => `app=shop,hash=${hash}`;

/** A cluster with a kind whose selector stands in status, and one of it, which nobody has given a status yet. */
async function startStage() {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    customKind("Rollout", { selectorPath: ".status.selector" }),
  );
  const rollout = await session.create(rollouts, {
    apiVersion: "example.com/v1",
    kind: "Rollout",
    metadata: { name: "shop" },
    spec: { replicas: 2 },
  });
  const owner = { apiVersion: "example.com/v1", kind: "Rollout", name: "shop", uid: rollout.metadata.uid };
  return {
    stage,
    session,
    /** The ReplicaSet of a template, as the kind's controller would make it. */
    createReplicaSet: (hash: string, env: Readonly<Record<string, string>> = {}) => {
      const { spec } = workload("shop", { replicas: 2, labels: { app: "shop", hash }, env });
      const metadata = { name: `shop-${hash}`, ownerReferences: [{ ...owner, controller: true }] };
      return session.create(replicaSets, { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec });
    },
    setStatus: (status: object) => session.patch(`${rollouts}/shop/status`, { status }, mergePatch),
    /** Names of the pods that the pool's slices show as ready. */
    published: () => readyOn(stage, "shop"),
    readyOf: async (): Promise<string> => {
      const ready = (await statusOf(stage, "shop")).conditions?.find(({ type }) => type === "Ready");
      return `${ready?.status}/${ready?.reason}`;
    },
    scaleReads: () => stage.passed.filter(({ method, url }) => method === "GET" && url.includes("/scale")),
  };
}

const areOf = (names: readonly string[], hash: string) =>
  names.length === 2 && names.every((name) => name.startsWith(`shop-${hash}-`));

test("a selector that comes late is seen", async () => {
  const { stage, session, createReplicaSet, setStatus, published, readyOf } = await startStage();
  await createReplicaSet("aaa");
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  await stage.startOperator();
  await waitFor(async () => (await readyOf()) === "False/TargetWithoutSelector", "the pool to say what is missing");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await waitFor(async () => areOf(await published(), "aaa"), "the pods to be published");
  await waitFor(async () => (await readyOf()) === "True/EndpointsReady", "the pool to be ready");
});

test("endpoints follow the selector when a new ReplicaSet takes over, and are never empty", async () => {
  const { stage, session, createReplicaSet, setStatus, published } = await startStage();
  await createReplicaSet("aaa");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  await stage.startOperator();
  await waitFor(async () => areOf(await published(), "aaa"), "the first pods to be published");
  // Whatever the slices ever say: a watch misses nothing.
  const seen: number[] = [];
  const watching = new AbortController();
  const { metadata } = await session.get(slicesPath);
  const recording = (async () => {
    const query = { resourceVersion: metadata.resourceVersion };
    for await (const { object } of session.api.watch(slicesPath, query, watching.signal))
      seen.push((object.endpoints ?? []).filter(({ conditions }: Answer) => conditions.ready).length);
  })().catch(() => {});
  await createReplicaSet("bbb");
  const isUp = async () =>
    (await session.get(`${session.core}/pods`, { labelSelector: "hash=bbb" })).items.filter(({ status }: Answer) =>
      status?.conditions?.some(({ type, status: is }: Answer) => type === "Ready" && is === "True"),
    ).length === 2;
  await waitFor(isUp, "the new pods to be ready");
  // Status is busy as ever; the last move is the one that counts.
  for (let count = 0; count < 5; count += 1) await setStatus({ replicas: 2, observed: String(count) });
  await setStatus({ replicas: 2, selector: selectorOf("bbb") });
  // The old pods go at once, before a slow look at the status could come round.
  await session.expect(200, "DELETE", `${replicaSets}/shop-aaa`, { body: { propagationPolicy: "Background" } });
  await waitFor(async () => areOf(await published(), "bbb"), "the new pods to be published");
  watching.abort();
  await recording;
  expect(Math.min(...seen)).toBeGreaterThan(0);
});

test("pods stay published when the selector moves to pods that are not ready yet", async () => {
  const { stage, session, createReplicaSet, setStatus, published } = await startStage();
  await createReplicaSet("aaa");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  const operator = await stage.startOperator();
  const reasonOf = async () =>
    (await operator.pool("default", "shop"))?.conditions.find(({ type }) => type === "Ready")?.reason;
  await waitFor(async () => areOf(await published(), "aaa"), "the first pods to be published");
  await createReplicaSet("bbb", { START_DELAY_MS: "3000" });
  await setStatus({ replicas: 2, selector: selectorOf("bbb") });
  await waitFor(async () => (await reasonOf()) === "SelectorMoved", "the pool to say what it does");
  expect(areOf(await published(), "aaa")).toBe(true);
  await waitFor(async () => areOf(await published(), "bbb"), "the new pods to be published");
  await waitFor(async () => (await reasonOf()) === "EndpointsReady", "the pool to be as it was");
});

test("pods stay published when the selector vanishes, and the pool says so", async () => {
  const { stage, session, createReplicaSet, setStatus, published } = await startStage();
  await createReplicaSet("aaa");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  const operator = await stage.startOperator();
  await waitFor(async () => areOf(await published(), "aaa"), "the pods to be published");
  await setStatus({ selector: null });
  const said = async () =>
    (await operator.pool("default", "shop"))?.conditions.find(({ reason }) => reason === "TargetWithoutSelector");
  expect(await waitFor(said, "the pool to say what is missing")).toMatchObject({
    status: "True",
    message:
      "2 endpoints take traffic, by what was last known of Rollout shop. Rollout shop shows no label selector in its scale subresource.",
  });
  expect(areOf(await published(), "aaa")).toBe(true);
  // What is known goes on to be followed.
  await session.patch(`${replicaSets}/shop-aaa/scale`, { spec: { replicas: 3 } }, mergePatch);
  await waitForReady(stage, "shop", 3);
});

test("a pod whose labels are taken off leaves, though it is the last one", async () => {
  const { stage, session, createReplicaSet, setStatus, published } = await startStage();
  await createReplicaSet("aaa");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  await stage.startOperator();
  await waitFor(async () => areOf(await published(), "aaa"), "the pods to be published");
  await session.expect(200, "DELETE", `${replicaSets}/shop-aaa`, { body: { propagationPolicy: "Orphan" } });
  const names = await published();
  for (const name of names)
    await session.patch(`${session.core}/pods/${name}`, { metadata: { labels: { hash: "quarantine" } } }, mergePatch);
  await waitFor(async () => (await published()).length === 0, "no pod to be published");
  for (const name of names)
    expect((await session.get(`${session.core}/pods/${name}`)).metadata.deletionTimestamp).toBeUndefined();
});

test("a status that never rests costs one look a second, and those of others none", async () => {
  const { stage, session, createReplicaSet, setStatus, published, scaleReads } = await startStage();
  await session.create(rollouts, {
    apiVersion: "example.com/v1",
    kind: "Rollout",
    metadata: { name: "other" },
    spec: { replicas: 1 },
  });
  await createReplicaSet("aaa");
  await setStatus({ replicas: 2, selector: selectorOf("aaa") });
  await session.create(poolsPath, poolOf("shop", { targetRef }));
  await stage.startOperator();
  await waitFor(async () => areOf(await published(), "aaa"), "the pods to be published");
  const before = scaleReads().length;
  const moves = 30;
  const begun = performance.now();
  for (let count = 0; count < moves; count += 1) {
    await setStatus({ count });
    await session.patch(`${rollouts}/other/status`, { status: { count } }, mergePatch);
    await sleep(100);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const reads = scaleReads().slice(before);
  expect(reads.length).toBeGreaterThan(0);
  expect(reads.length).toBeLessThanOrEqual(seconds + 1);
  expect(scaleReads().filter(({ url }) => url.includes("/rollouts/other/"))).toEqual([]);

  // What no pool names any more is neither read nor watched.
  await session.expect(200, "DELETE", `${poolsPath}/shop`);
  await session.create(poolsPath, poolOf("web"));
  await session.create(session.deployments, workload("web"));
  await waitForReady(stage, "web", 1);
  const after = scaleReads().length;
  const watches = stage.passed.filter(({ url }) => url.includes("/rollouts?")).length;
  await setStatus({ selector: selectorOf("bbb") });
  await session.patch(`${session.deployments}/web/scale`, { spec: { replicas: 2 } }, mergePatch);
  await waitForReady(stage, "web", 2);
  expect(
    scaleReads()
      .slice(after)
      .filter(({ url }) => url.includes("/rollouts/")),
  ).toEqual([]);
  expect(stage.passed.filter(({ url }) => url.includes("/rollouts?"))).toHaveLength(watches);
});
