import { expect, test } from "vitest";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { Publishing, userService } from "../rigs/publishing.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const access = { writers: { matchLabels: { role: "primary" } } };

/** A pool of two pods, of which the first takes writes. */
async function start(spec: Readonly<Record<string, unknown>> = {}) {
  const at = await Publishing.start();
  const [writer, other] = await waitFor(async () => {
    const pods = await at.pods();
    return pods.length === 2 && pods;
  }, "two pods");
  const label = (pod: string, role: string | null) =>
    at.patch(`${at.session.core}/pods/${pod}`, { metadata: { labels: { role } } });
  await label(writer!, "primary");
  await at.createPool("web", { access, ...spec });
  const operator = await at.stage.startOperator();
  const ready = (service: string, names: readonly string[]) =>
    waitFor(async () => (await at.ready(service)).join() === names.join(), `${service} to lead to ${names}`);
  return { at, operator, writer: writer!, other: other!, label, ready };
}

test("both Services are made once, and written no more while nothing changes", async () => {
  const { at, operator, writer, other, ready } = await start();
  await ready("web-rw", [writer]);
  await ready("web-ro", [writer, other].sort());
  await at.waitForCondition("web", "True/Published", "SplitPublished");
  const settled = performance.now();
  const plans = new Set<string>();
  await waitFor(async () => plans.add((await operator.pool("default", "web"))!.plannedAt).size > 4, "more plans");
  expect(at.writes(settled).filter((write) => /services|endpointslices/.test(write))).toEqual([]);
  const made = at.writes().filter((write) => write === "POST /api/v1/namespaces/default/services");
  expect(made).toHaveLength(3);
});

test("the one for reads spares the primary as long as a replica can be read, and follows a promotion", async () => {
  const { at, writer, other, label, ready } = await start({ access: { ...access, readers: "ReplicasFirst" } });
  await ready("web-ro", [other]);
  await ready("web", [other]);
  await ready("web-rw", [writer]);
  await label(writer, null);
  await label(other, "primary");
  await ready("web-ro", [writer]);
  await ready("web-rw", [other]);
  await at.patchPool("web", { spec: { access: { readers: "Replicas" } } });
  await at.remove(`${at.session.core}/pods/${writer}`);
  await waitFor(async () => !(await at.ready("web-ro")).includes(writer), "the pod that is gone to be out");
  expect(await at.ready("web-ro")).not.toContain(other);
});

test("a Service of the lists that is changed or deleted is put back, and the others are not touched", async () => {
  const { at, writer, ready } = await start();
  await ready("web-rw", [writer]);
  const before = await at.service("web");
  await at.patchService("web-rw", { metadata: { labels: null }, spec: { ports: [{ name: "http", port: 80 }] } });
  await waitFor(async () => (await at.service("web-rw"))?.spec.ports[0].port === 8080, "its port to be put back");
  expect((await at.service("web-rw"))!.metadata.labels).toMatchObject({ "evenkeel.io/access": "write" });
  await at.remove(`${at.session.core}/services/web-rw`);
  await waitFor(() => at.service("web-rw"), "it to be made again");
  await ready("web-rw", [writer]);
  expect((await at.service("web"))!.metadata.resourceVersion).toBe(before!.metadata.resourceVersion);
});

test("a pool's own Service that is taken takes nothing from the lists, nor does a list's from it", async () => {
  const { at, writer, ready } = await start({ publish: { service: "taken" }, access });
  await at.waitForCondition("web", "True/EndpointsReady");
  await at.createService("other", { spec: { selector: { app: "web" } } });
  await at.patchPool("web", { spec: { publish: { service: "other" } } });
  await at.waitForCondition("web", "False/ServiceHasSelector");
  await at.waitForCondition("web", "True/Published", "SplitPublished");
  await ready("web-rw", [writer]);
});

test("a name that somebody has already is left to him until he lets the pool in", async () => {
  const at = await Publishing.start();
  await at.session.create(`${at.session.core}/services`, userService("web-rw"));
  await at.createPool("web", { access: { writers: { all: {} } } });
  await at.stage.startOperator();
  const message = await at.waitForCondition("web", "False/ServiceNotAllowed", "SplitPublished");
  expect(message).toContain("kubectl annotate service web-rw -n default evenkeel.io/pool=web, or set another");
  await at.waitForCondition("web", "True/EndpointsReady");
  await at.waitForReady("web-ro", 2);
  expect(await at.slices("web-rw")).toEqual([]);
  await at.patchService("web-rw", { metadata: { annotations: { "evenkeel.io/pool": "web" } } });
  await at.waitForReady("web-rw", 2);
  await at.waitForCondition("web", "True/Published", "SplitPublished");
  expect((await at.service("web-rw"))!.metadata.ownerReferences).toBeUndefined();
  // It stays when the pool has no lists any more; what the pool wrote there goes.
  await at.patchPool("web", { spec: { access: null } });
  await waitFor(async () => (await at.slices("web-rw")).length === 0, "its slices to go");
  await waitFor(async () => !(await at.service("web-ro")), "the pool's own to go");
  expect(await at.service("web-rw")).toBeDefined();
});

test("a restart on a spec that cannot be read leaves the lists as they are, and lets pods only leave", async () => {
  const { at, operator, writer, other, label, ready } = await start();
  await ready("web-rw", [writer]);
  await operator.stop();
  // As under a schema that has no such rule.
  await at.patchPool("web", { spec: { access: { writers: { all: {} } } } });
  await label(other, "primary");
  await at.stage.startOperator();
  await at.waitForCondition("web", "False/InvalidSpec");
  expect(await at.ready("web-rw")).toEqual([writer]);
  await at.remove(`${at.session.core}/pods/${writer}`);
  await ready("web-rw", []);
  expect(await at.service("web-rw")).toBeDefined();
  expect(await at.service("web-ro")).toBeDefined();
});

test("slices of the lists that a user changes are whole again", async () => {
  const { at, writer, ready } = await start();
  await ready("web-rw", [writer]);
  await at.patch(`${at.slicesPath}/web-rw-evenkeel-1`, {
    metadata: { labels: { "evenkeel.io/access": "read" } },
    endpoints: [],
  });
  await ready("web-rw", [writer]);
  const isWhole = async () => (await at.slices("web-rw"))[0]?.metadata.labels?.["evenkeel.io/access"] === "write";
  await waitFor(isWhole, "its label to be put back");
  await at.remove(`${poolsPath}/web`);
  await waitFor(async () => (await at.slices("web-rw")).length === 0, "the slices to go with the pool");
});
