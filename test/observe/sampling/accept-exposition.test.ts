import { expect, test } from "vitest";
import { acceptExposition } from "../../../src/observe/sampling/accept-exposition.ts";
import { metricsFrom, specIn } from "../../builders/metrics.ts";

const asked = (http: object) => acceptExposition(specIn(metricsFrom({ source: { http } }), "http"));

test("names of Prometheus 3 are asked for where a source has one, and only there", () => {
  const load = { name: "load" };
  for (const source of [
    { load: { name: "http.active" } },
    { load: { ...load, matchLabels: { "http.route": "/" } } },
    { load: { ...load, match: { "http.route": ".*" } } },
    { load: { ...load, minus: "done.total" } },
    { load, requests: { name: "requests" }, errors: { name: "http.errors" } },
  ])
    expect(asked(source)).toContain("escaping=allow-utf-8");
  const classic = { ...load, matchLabels: { code: "a.b" }, match: { path: "/.+" }, minus: "x:y" };
  expect(asked({ load: classic, requests: { name: "http_requests_total" } })).not.toContain("utf-8");
});
