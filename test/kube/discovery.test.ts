import { expect, test } from "vitest";
import { createDiscovery } from "../../src/kube/discovery.ts";
import { Bench } from "./bench.ts";
import { type Answer, fail, json, sleep } from "./faulty-server.ts";

const apps = {
  resources: [
    { name: "deployments", kind: "Deployment", namespaced: true },
    { name: "deployments/scale", kind: "Scale", group: "autoscaling", version: "v1", namespaced: true },
    { name: "deployments/status", kind: "Deployment", namespaced: true },
    { name: "daemonsets", kind: "DaemonSet", namespaced: true },
  ],
};

const answer: Answer = (response, { path }) => {
  if (path === "/apis/apps/v1") json(response, apps);
  else if (path === "/api/v1") json(response, { resources: [{ name: "nodes", kind: "Node", namespaced: false }] });
  else fail(response, 404, "NotFound");
};

test("finds kinds, their scale, and that there is none", async () => {
  await using bench = await Bench.start(answer);
  const { resolve } = createDiscovery({ transport: bench.transport });
  expect(await resolve("apps/v1", "Deployment")).toEqual({
    ref: { group: "apps", version: "v1", plural: "deployments", namespaced: true },
    scalable: true,
  });
  expect(await resolve("apps/v1", "DaemonSet")).toMatchObject({ ref: { plural: "daemonsets" }, scalable: false });
  expect(await resolve("v1", "Node")).toEqual({
    ref: { group: "", version: "v1", plural: "nodes", namespaced: false },
    scalable: false,
  });
  expect(await resolve("apps/v1", "Scale")).toBeUndefined();
  expect(await resolve("argoproj.io/v1alpha1", "Rollout")).toBeUndefined();
});

test("an odd answer hides no kind but those that it does not name", async () => {
  const odd = [null, 7, {}, { name: null, kind: "A" }, { name: "as" }, { name: "bs", kind: 7 }];
  const pages: unknown[] = [{ resources: [...odd, ...apps.resources] }, { resources: null }, {}, null];
  for (const [index, page] of pages.entries()) {
    await using bench = await Bench.start((response) => json(response, page));
    const { resolve } = createDiscovery({ transport: bench.transport });
    const found = await resolve("apps/v1", "Deployment");
    expect(found?.scalable).toBe(index === 0 ? true : undefined);
  }
});

test("remembers what exists for long and what does not for a little", async () => {
  let now = 0;
  await using bench = await Bench.start(answer);
  const { resolve } = createDiscovery({ transport: bench.transport, now: () => now });
  const asked = async (kind: string, apiVersion = "apps/v1"): Promise<number> => {
    const before = bench.server.requests.length;
    await resolve(apiVersion, kind);
    return bench.server.requests.length - before;
  };
  expect(await asked("Deployment")).toBe(1);
  expect(await asked("Rollout", "argoproj.io/v1alpha1")).toBe(1);
  now += 10_000;
  expect(await asked("Deployment")).toBe(0);
  expect(await asked("Missing")).toBe(0);
  expect(await asked("Rollout", "argoproj.io/v1alpha1")).toBe(0);
  now += 10_000;
  expect(await asked("Deployment")).toBe(0);
  expect(await asked("Missing")).toBe(1);
  expect(await asked("Rollout", "argoproj.io/v1alpha1")).toBe(1);
  now += 400_000;
  expect(await asked("Deployment")).toBe(1);
});

test("asks once for many at the same time", async () => {
  await using bench = await Bench.start(async (response, seen) => {
    await sleep(30);
    await answer(response, seen);
  });
  const { resolve } = createDiscovery({ transport: bench.transport });
  const all = await Promise.all(Array.from({ length: 20 }, () => resolve("apps/v1", "Deployment")));
  expect(all.every((found) => found?.scalable)).toBe(true);
  expect(bench.server.requests).toHaveLength(1);
});

test("an outage takes back nothing that was known, and is no proof that something is missing", async () => {
  let now = 0;
  await using bench = await Bench.start(answer, () => ({
    backoff: { baseMs: 10_000, maxMs: 10_000 },
    random: () => 0.99,
  }));
  const { resolve } = createDiscovery({ transport: bench.transport, now: () => now });
  await resolve("apps/v1", "Deployment");
  bench.server.answer = (response) => fail(response, 503, "ServiceUnavailable", { "retry-after": "60" });
  now += 1_000_000;
  expect(await resolve("apps/v1", "Deployment")).toMatchObject({ scalable: true });
  await expect(resolve("v1", "Node")).rejects.toMatchObject({ status: 503 });
  bench.server.answer = answer;
  expect(await resolve("v1", "Node")).toBeDefined();
});

test.each(["", "v1/../x", "apps/v1/namespaces/kube-system/secrets", "../v1", "apps/v1?x=1", "APPS/v1", "apps/"])(
  "%j is no apiVersion and is not asked for",
  async (apiVersion) => {
    await using bench = await Bench.start(answer);
    const { resolve } = createDiscovery({ transport: bench.transport });
    expect(await resolve(apiVersion, "Deployment")).toBeUndefined();
    expect(bench.server.requests).toHaveLength(0);
  },
);
