import { expect, test } from "vitest";
import type { Finding } from "../../../src/decide/samples/findings.ts";
import { measureHttp } from "../../../src/observe/sources/measure.ts";
import { metricsFrom, specIn } from "../../builders/metrics.ts";
import { bodyOf, type PageName } from "../../builders/pages/pages.ts";

const reader = (http: object) => measureHttp(specIn(metricsFrom({ source: { http } }), "http"), 60_000);
const measure = (text: string | Buffer, http: object, openMetrics = false) =>
  reader(http)({ kind: "answered", body: Buffer.from(text), openMetrics }, 0);
const sumOf = (text: string, series: object) => measure(text, { connections: { name: "c", ...series } });
const sum = (connections: number) => ({ kind: "measured", connections });
const missing = { kind: "failed", failure: "MetricMissing" };

const page = ['c{code="200"} 1', 'c{code="500"} 2', 'c{code="503",path="/a"} 4', 'c{path="/a"} 8', "c 16", ""].join(
  "\n",
);

test("a pattern is matched by the whole value, and what matches is added up", () => {
  expect(sumOf(page, { match: { code: "5.." } })).toEqual(sum(6));
  expect(sumOf(page, { match: { code: "5" } })).toEqual(missing);
  expect(sumOf(page, { match: { code: "5.*|200" } })).toEqual(sum(7));
  expect(sumOf(page, { match: { code: "^5..$" } })).toEqual(sum(6));
  expect(sumOf(page, { match: { code: "5..", path: ".+" } })).toEqual(sum(4));
  expect(sumOf(page, { match: { code: "5.." }, matchLabels: { path: "/a" } })).toEqual(sum(4));
});

test("a label that is absent has the empty value, as in PromQL", () => {
  expect(sumOf(page, { match: { code: "" } })).toEqual(sum(24));
  expect(sumOf(page, { match: { code: "(5..)?" } })).toEqual(sum(30));
  expect(sumOf(page, { match: { code: ".*" } })).toEqual(sum(31));
  expect(sumOf(page, { match: { code: ".+" } })).toEqual(sum(7));
  expect(sumOf("c 1\n", { match: { code: ".+" } })).toEqual(missing);
});

test("what is matched is the value, not as the page writes it", () => {
  const escaped = 'c{p="a\\nb\\"c\\\\d"} 1\nc{p="zwölf 数"} 2\n';
  expect(sumOf(escaped, { match: { p: 'a.b"c\\\\d' } })).toEqual(sum(1));
  expect(sumOf(escaped, { match: { p: "(?i)ZWÖLF ." } })).toEqual(sum(2));
  expect(sumOf('c{p="a\\tb"} 1\n', { match: { p: "a\\\\tb" } })).toEqual(sum(1));
});

test("a value longer than 1024 bytes matches nothing", () => {
  expect(sumOf(`c{p="${"a".repeat(1_024)}"} 1\n`, { match: { p: "a+" } })).toEqual(sum(1));
  expect(sumOf(`c{p="${"a".repeat(1_025)}"} 1\n`, { match: { p: "a+" } })).toEqual(missing);
});

test.each(["(a+)+", "(a|a)*b", "(.*)*x", "(a*)*b", "a{0,100}b", "(x+x+)+y"])(
  "the hostile pattern %s takes no longer for it",
  (pattern) => {
    const values = Array.from({ length: 400 }, (_, index) => `c{p="${"a".repeat(1_000)}${index}"} 1`);
    const startedAt = process.cpuUsage();
    measure(values.join("\n"), { connections: { name: "c", match: { p: pattern } } });
    const { user, system } = process.cpuUsage(startedAt);
    // A backtracking engine would not be done before the end of the year.
    expect((user + system) / 1e6).toBeLessThan(20);
  },
);

test("a pattern that takes much for every sign is asked of as much less of a page", () => {
  const text = (seed: number) =>
    Array.from({ length: 1_000 }, (_, sign) => "ab"[((sign * 7_919 + seed * 104_729) >> 3) % 2]).join("");
  const values = Array.from({ length: 500 }, (_, index) => `c{p="${text(index)}${index}"} 1`);
  const found: Finding[] = [];
  const read = reader({ connections: { name: "c", match: { p: "(a|b)*a(a|b){50}c?" } } });
  const body = Buffer.from(`${values.join("\n")}\n`);
  const failed = { kind: "failed", failure: "TooManySamples" };
  expect(read({ kind: "answered", body, openMetrics: false }, 0, (finding) => found.push(finding))).toEqual(failed);
  expect(found).toEqual([{ kind: "labels" }]);
  const few = Buffer.from(`${values.slice(0, 2).join("\n")}\nc{p="aaaaab"} 1\n`);
  expect(read({ kind: "answered", body: few, openMetrics: false }, 0)).toMatchObject({ failure: "MetricMissing" });
});

test("a page whose labels hold too much to match is refused, and it is said so", () => {
  const lines = Array.from({ length: 600 }, (_, index) => `c{p="${`${index}`.padEnd(1_000, "a")}"} 1`).join("\n");
  const found: Finding[] = [];
  const read = reader({ connections: { name: "c", match: { p: ".*" } } });
  const answer = { kind: "answered", body: Buffer.from(lines), openMetrics: false } as const;
  expect(read(answer, 0, (finding) => found.push(finding))).toEqual({ kind: "failed", failure: "TooManySamples" });
  expect(found).toEqual([{ kind: "labels" }]);
});

test("values that come again are matched once: a page of 10,000 series with few values is read", () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `c{p="${"a".repeat(200)}${index % 50}",i="${index}"} 1`,
  ).join("\n");
  expect(sumOf(lines, { match: { p: "a+[0-4]" } })).toEqual(sum(1_000));
});

test.each<[PageName, boolean]>([
  ["otel", true],
  ["otelText", false],
])("names of Prometheus 3 are read from %s", (name, openMetrics) => {
  const http = {
    connections: { name: "http.server.active_requests" },
    requests: { name: "http.server.requests_total" },
    errors: { name: "http.server.requests_total", match: { "http.response.status_code": "5.." } },
  };
  const read = (source: object) => measure(bodyOf(name), source, openMetrics);
  expect(read(http)).toEqual({ kind: "measured", connections: 5, requests: 43, errors: 3 });
  const route = (matchLabels: object) => read({ connections: { ...http.connections, matchLabels } });
  expect(route({ "http.route": '/b "q"\n', "url.scheme": "https" })).toEqual(sum(2));
  expect(route({ "http.route": "/c" })).toEqual(missing);
  expect(read({ connections: { name: "http_server_active_requests" } })).toEqual(missing);
});
