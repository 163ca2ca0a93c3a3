import { expect, test } from "vitest";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { openPrometheus } from "../../src/cli/open-prometheus.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { createLog } from "../../src/telemetry/log.ts";

const open = (...args: readonly string[]) =>
  openPrometheus(readFlags(runFlags, args), createLog({ level: "error", pretty: false }));

test("an operator whose flags say nothing of Prometheus asks none, whatever else they say", async () => {
  expect(await open("--kubeconfig", "file", "--http-port", "0", "--xds-bind", ":18000")).toBeUndefined();
});

test("what is for asking is of no use without whom to ask", async () => {
  await expect(open("--http-port", "0", "--query-tenant", "shop")).rejects.toThrow("--query-tenant is of no use alone");
});
