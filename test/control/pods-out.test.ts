import { expect, test } from "vitest";
import type { OutForm } from "../../src/api/pool.ts";
import type { Passing } from "../rigs/embedded-stage.ts";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { Publishing } from "../rigs/publishing.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const isScaleRead = ({ method, url }: Passing) => method === "GET" && url.endsWith("/scale");

/** A pool whose slices tell of pods that are out in this form, with its operator and the names of its three pods. */
async function start(out: OutForm) {
  const at = await Publishing.start(3);
  const operator = await at.stage.startOperator();
  await at.createPool("web", { publish: { out } });
  await at.waitForReady("web", 3);
  const [pod, ...others] = await at.pods();
  return { at, operator, pod: pod!, others };
}

const drain = (at: Publishing, pod: string, value: "true" | null) =>
  at.patch(`${at.session.core}/pods/${pod}`, { metadata: { annotations: { "evenkeel.io/drain": value } } });

/** What the slices say of a pod: its conditions, or that they leave it out. */
async function saidOf(at: Publishing, pod: string): Promise<string> {
  const endpoints = (await at.slices("web")).flatMap((slice) => slice.endpoints ?? []);
  const found = endpoints.find(({ targetRef }) => targetRef?.name === pod);
  if (!found) return "left out";
  const { ready, serving, terminating } = found.conditions;
  return `ready ${ready}, serving ${serving}, terminating ${terminating}`;
}

const notReady = "ready false, serving false, terminating false";
const isSaid = (at: Publishing, pod: string, text: string) =>
  waitFor(async () => (await saidOf(at, pod)) === text, `${pod} to be ${text}`);
const areReady = (at: Publishing, names: readonly string[]) =>
  waitFor(async () => (await at.ready("web")).join() === names.join(), `${names} to be ready`);

test("publish.out may change while a pod is out, and what differs is written once", async () => {
  const { at, pod, others } = await start("NotReady");
  await drain(at, pod, "true");
  await isSaid(at, pod, notReady);
  const forms = { Serving: "ready false, serving true, terminating false", Omitted: "left out", NotReady: notReady };
  for (const [out, text] of Object.entries(forms)) {
    const before = performance.now();
    await at.patchPool("web", { spec: { publish: { out } } });
    await isSaid(at, pod, text);
    expect(await at.ready("web")).toEqual(others);
    expect(at.writes(before).filter((write) => write.includes("endpointslices"))).toHaveLength(1);
  }
  await drain(at, pod, null);
  await at.waitForReady("web", 3);
});

test("a pod that was left out comes back into its slice, and nothing is left of it there", async () => {
  const { at, pod } = await start("Omitted");
  await drain(at, pod, "true");
  await isSaid(at, pod, "left out");
  const [slice, ...more] = await at.slices("web");
  expect(more).toEqual([]);
  const { metadata } = await at.session.get(`${at.session.core}/pods/${pod}`);
  expect(slice!.metadata.annotations).toMatchObject({
    "evenkeel.io/out": "Omitted",
    "evenkeel.io/omitted": metadata.uid,
  });
  await drain(at, pod, null);
  await at.waitForReady("web", 3);
  const [after] = await at.slices("web");
  expect(after!.metadata.annotations).not.toHaveProperty("evenkeel.io/omitted");
});

test("a pod that was left out is still the pool's after a start that cannot read the workload", async () => {
  const { at, operator, pod, others } = await start("Omitted");
  await drain(at, pod, "true");
  await isSaid(at, pod, "left out");
  await at.stage.stopOperator(operator);
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", code: 403, reason: "Forbidden", message: "no" });
  at.stage.intercept = (passing) => (isScaleRead(passing) ? [403, body] : undefined);
  const other = await at.stage.startOperator();
  const excluded = async () => (await other.pool("default", "web"))?.excluded;
  await waitFor(async () => JSON.stringify(await excluded())?.includes(pod), "the new operator to know the pod");
  expect(await excluded()).toEqual([{ pod, reason: "Draining" }]);
  expect(await at.ready("web")).toEqual(others);
  expect(await saidOf(at, pod)).toBe("left out");
  await drain(at, pod, null);
  await areReady(at, [pod, ...others].sort());
});

test("nobody who was left out comes in while nothing is known of the workload yet", async () => {
  const { at, operator, pod, others } = await start("Omitted");
  await drain(at, pod, "true");
  await isSaid(at, pod, "left out");
  await at.stage.stopOperator(operator);
  await drain(at, pod, null);
  at.stage.intercept = (passing) => (isScaleRead(passing) ? "hang" : undefined);
  await at.stage.startOperator();
  // Who is gone is taken out without the workload: then the operator has looked.
  const [gone, stays] = others as [string, string];
  await at.session.expect(200, "DELETE", `${at.session.core}/pods/${gone}`, { body: { gracePeriodSeconds: 0 } });
  await areReady(at, [stays]);
  expect(await saidOf(at, pod)).toBe("left out");
  at.stage.intercept = undefined;
  await at.waitForReady("web", 3);
  expect(await at.ready("web")).toContain(pod);
});

test("a pool that goes by what it has published tells of pods that are out in the same form", async () => {
  const { at, operator, pod, others } = await start("Omitted");
  await at.patch(`${poolsPath}/web`, {
    spec: {
      ports: [
        { name: "http", port: 8080 },
        { name: "other", port: 8080 },
      ],
    },
  });
  await at.waitForCondition("web", "False/InvalidSpec");
  await at.stage.stopOperator(operator);
  const other = await at.stage.startOperator();
  await waitFor(async () => (await other.pool("default", "web"))?.endpoints.length === 3, "all three to be served");
  await drain(at, pod, "true");
  await isSaid(at, pod, "left out");
  expect(await at.ready("web")).toEqual(others);
  await drain(at, pod, null);
  await areReady(at, [pod, ...others].sort());
});
