import { expect, test } from "vitest";
import type { PodObject, PoolObject } from "../../../../src/cli/kubectl/cluster/pool-object.ts";
import { reportDetail, reportPool } from "../../../../src/cli/kubectl/screen/report.ts";

const poolOf = (status: object): PoolObject =>
  ({ metadata: { namespace: "shop", name: "web" }, spec: { ports: [{ port: 80 }] }, status }) as unknown as PoolObject;

test.each([
  [
    { ready: "3/5", readySet: "2/3" },
    { ready: { count: 3, of: 5 }, readySet: { count: 2, of: 3 } },
  ],
  [{ oldestSample: "<3.8s" }, { oldestSample: { withinMs: 3_800 } }],
  [{ oldestSample: ">2s" }, { oldestSample: { beyondMs: 2_000 } }],
])("%j is told as numbers", (status, expected) => {
  expect(reportPool(poolOf(status))).toMatchObject(expected);
});

test("what an operator of another version writes in another form is left out", () => {
  const report = reportPool(poolOf({ ready: "many", readySet: "", oldestSample: "old" }));
  for (const field of ["ready", "readySet", "oldestSample"]) expect(report).not.toHaveProperty(field);
});

const running = (name: string) =>
  ({
    metadata: { namespace: "shop", name, labels: { app: "web" } },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  }) as unknown as PodObject;

test("of a pod that fails its probe, it says how", () => {
  const pool = poolOf({ endpoints: [{ pod: "web-0" }], unhealthy: [{ pod: "web-1", reason: "TimedOut" }] });
  const { pods } = reportDetail(pool, [running("web-0"), running("web-1"), running("web-2")]);
  expect(pods.slice(1)).toMatchObject([
    { pod: "web-1", reason: "Unhealthy: TimedOut" },
    { pod: "web-2", reason: "ready, not listed in status" },
  ]);
});

test("who takes writes is told where somebody does", () => {
  const condition = { type: "WritersReady", status: "True", reason: "WritersFound", message: "Writes go to db-0." };
  expect(reportPool(poolOf({ conditions: [condition] })).writers).toEqual({
    reason: "WritersFound",
    message: "Writes go to db-0.",
  });
  const none = { ...condition, status: "False", reason: "NoWriter" };
  expect(reportPool(poolOf({ conditions: [none] }))).not.toHaveProperty("writers");
});

test.each([
  ["All", "ready, not listed in status"],
  ["Replicas", "takes writes, is not read"],
])("of a pod that takes writes, with readers %s: %s", (readers, reason) => {
  const primary = {
    metadata: { namespace: "shop", name: "web-0", labels: { role: "primary", app: "web" } },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  } as unknown as PodObject;
  const pool = poolOf({});
  const access = { writers: { matchLabels: { role: "primary" } }, readers };
  const { pods } = reportDetail({ ...pool, spec: { ...pool.spec, access } } as PoolObject, [primary]);
  expect(pods).toMatchObject([{ pod: "web-0", reason }]);
});
