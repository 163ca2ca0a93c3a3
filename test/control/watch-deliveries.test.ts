import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { watchDeliveries } from "../../src/control/watch-deliveries.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

test("a replica out of reach is told of once, until it is back or its address is gone", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", pretty: false, destination: { write: (line) => lines.push(line) } });
  const { onDelivery, onGone } = watchDeliveries(createMetrics(new Registry(), { version: "0" }), log);
  const origin = "http://10.0.0.7:8080";
  const why = new Error("nobody there");
  const told = () => lines.splice(0).map((line) => JSON.parse(line).message);
  const out = "a replica takes no reports from this one";
  onDelivery("failed", origin, why);
  onDelivery("failed", origin, why);
  expect(told()).toEqual([out]);
  onDelivery("ok", origin);
  expect(told()).toEqual(["a replica takes reports again"]);
  onDelivery("failed", origin, why);
  onGone(origin);
  onDelivery("ok", origin);
  expect(told()).toEqual([out]);
  onDelivery("failed", origin, why);
  expect(told()).toEqual([out]);
});
