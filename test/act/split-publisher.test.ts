import { expect, test } from "vitest";
import { Publisher } from "../../src/act/publisher.ts";
import { Services } from "../../src/act/service.ts";
import { toSlice } from "../../src/act/slice.ts";
import { Slices } from "../../src/act/slices.ts";
import { SplitPublisher } from "../../src/act/split-publisher.ts";
import type { Place, SidePlace } from "../../src/decide/claims/places.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Pool } from "../../src/decide/world.ts";
import { endpointSlices, type KubeObject, services as serviceRef } from "../../src/kube/types.ts";
import { toService } from "../../src/observe/cluster/project.ts";
import { observation, pod, pool as poolBuilder } from "../builders/builders.ts";
import { ended, grantOf, openFence } from "./open-fence.ts";
import { startPoolCluster } from "./start-pool-cluster.ts";

const minute = 60_000;

/** A pool whose write list has moved from one Service to another, of which it knows as little or as much as told. */
async function start() {
  const access = { writers: { matchLabels: { role: "primary" } }, services: { write: "new" } };
  const { objects, pool } = await startPoolCluster({ spec: { access } });
  const fence = openFence({ now: () => performance.now() });
  const slices = new Slices(fence);
  const services = new Services(fence, objects);
  const publisher = new Publisher({ objects, slices, onWrite: () => undefined });
  const split = new SplitPublisher({ services, publisher });
  const grant = grantOf(fence, pool.uid);
  const labelled = (name: string, isWriter: boolean) => ({
    pod: { ...pod(name), namespace: "default", labels: isWriter ? { role: "primary" } : {} },
  });
  const find = async (name: string): Promise<KubeObject | undefined> => {
    const found = await objects.list<KubeObject>(serviceRef, "default", { fieldSelector: `metadata.name=${name}` });
    return found.kind === "ok" ? found.object[0] : undefined;
  };
  /** One pass; brings the pods that each Service is ready with, and who is not there any more. */
  async function pass(writer: string, { sinceMs, now = 10 * minute, changes = {} }: Look = {}) {
    const seen = observation({
      now,
      pool: { ...pool, ...changes },
      pods: ["db-0", "db-1"].map((name) => labelled(name, name === writer)),
    });
    const placeOf = async (name: string): Promise<Place> => {
      const service = await find(name);
      const known = service && { ...toService(service), createdAt: 0 };
      if (known) services.onChange({ key: `default/${name}`, current: known });
      const standing = changes.deletion ? "Retract" : "Follow";
      return { name, standing, ...(known && { service: known }), ...(sinceMs !== undefined && { sinceMs }) };
    };
    const sided = async (name: string): Promise<SidePlace> => ({ ...(await placeOf(name)), side: "write" });
    const current = changes.spec ? [] : [await sided("new")];
    const formers = [await sided("old")];
    const places = { current: await placeOf("web"), formers: [], split: { current, formers } };
    await ended(split.publish({ observation: seen, plan: plan(seen).plan, places }, grant));
    return readyNow();
  }
  /** The same while too little is known for a plan. */
  async function lose(writer: string) {
    const pods = ["db-0", "db-1"].map((name) => labelled(name, name === writer).pod);
    await ended(publisher.lose(pool, pods, grant));
    return readyNow();
  }
  async function readyNow() {
    const listed = await objects.list<KubeObject>(endpointSlices, "default");
    const all = listed.kind === "ok" ? listed.object.map(toSlice) : [];
    return Object.fromEntries(
      all.map(({ metadata, endpoints }) => [
        metadata.name,
        endpoints.flatMap(({ conditions, targetRef }) => (conditions.ready ? targetRef.name : [])),
      ]),
    );
  }
  await ended(services.ensure(pool, { name: "old", side: "write" }, undefined, grant));
  return { pass, lose, find };
}

interface Look {
  readonly sinceMs?: number;
  readonly now?: number;
  readonly changes?: Partial<Pool>;
}

test("a Service of a former name follows who takes writes, until the new one is known", async () => {
  const { pass, find } = await start();
  await pass("db-0");
  expect(await pass("db-0")).toEqual({ "new-evenkeel-1": ["db-0"], "old-evenkeel-1": ["db-0"] });
  expect(await pass("db-1", { sinceMs: 10 * minute - 1_000 })).toEqual({
    "new-evenkeel-1": ["db-1"],
    "old-evenkeel-1": ["db-1"],
  });
  expect(await pass("db-1", { sinceMs: 1 })).toEqual({ "new-evenkeel-1": ["db-1"] });
  expect(await find("old")).toBeUndefined();
});

test("it goes at once where the lists are to have no Services any more", async () => {
  const { pass, find } = await start();
  expect(await pass("db-0")).toEqual({ "old-evenkeel-1": ["db-0"] });
  expect(await pass("db-0", { changes: { spec: poolBuilder().spec } })).toEqual({});
  expect(await find("old")).toBeUndefined();
});

test("it stays while the pool is being deleted, and only loses pods", async () => {
  const { pass, find } = await start();
  await pass("db-0");
  expect(await pass("db-0")).toEqual({ "new-evenkeel-1": ["db-0"], "old-evenkeel-1": ["db-0"] });
  expect(await pass("db-1", { changes: { deletion: { finalizers: [] } } })).toEqual({
    "new-evenkeel-1": [],
    "old-evenkeel-1": [],
  });
  expect(await find("old")).toBeDefined();
});

test("a pod that has lost the labels of a writer leaves while nothing else is known", async () => {
  const { pass, lose } = await start();
  await pass("db-0");
  expect(await lose("db-0")).toEqual({ "old-evenkeel-1": ["db-0"] });
  expect(await lose("db-1")).toEqual({ "old-evenkeel-1": [] });
});
