import { expect, test } from "vitest";
import { readableSpec } from "../../../src/observe/cluster/readable-spec.ts";

const metrics = { source: { http: { connections: { name: "app_connections" } } } };
const read = (spec: object) =>
  readableSpec({ name: "web" }, { targetRef: { name: "web" }, ports: [{ port: 8080 }], metrics, ...spec });

test.each<[what: string, spec: object]>([
  [
    "its metrics",
    { metrics: { ...metrics, timeout: "5s" }, publish: { out: "Omitted", readySet: { type: "LeastBusy" } } },
  ],
  ["the ready set itself", { publish: { out: "Omitted", readySet: { type: "LeastBusy", period: "1ms" } } }],
])("a pool with a ready set whose spec is refused for %s publishes everybody, as it publishes else", (_, spec) => {
  expect(read(spec)?.publish).toMatchObject({ out: "Omitted", readySet: { type: "All" } });
});

test("nothing is read of a spec that does not say where to publish", () => {
  expect(read({ publish: "web" })).toBeUndefined();
  expect(read({ publish: { service: 3 } })).toBeUndefined();
});
