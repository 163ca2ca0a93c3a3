import { authRows } from "./pool-table-auth.ts";
import { type PoolRow, refused, refusedFromNowOn, spec, valid } from "./pool-table-row.ts";

type Part = Readonly<Record<string, unknown>>;

const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
const source = { http: { connections: { name: "open" } } };
const timing = (interval: unknown, timeout: unknown) => spec({ metrics: { interval, timeout, source } });
const http = (parts: Part) => spec({ metrics: { source: { http: { connections: { name: "open" }, ...parts } } } });
const series = (parts: Part) => http({ connections: { name: "open", ...parts } });
const load = (parts: Part) => http({ load: { name: "load", ...parts } });
const json = (parts: Part) => spec({ metrics: { source: { json: parts } } });
const pointer = (text: unknown) => json({ connections: { pointer: text } });
const resource = (parts: unknown, interval = "15s") => spec({ metrics: { interval, source: { resource: parts } } });

const timingRows: readonly PoolRow[] = [
  valid("interval and timeout by default", spec({ metrics: { source } })),
  valid("interval and timeout null", timing(null, null)),
  valid("interval 200ms", timing("200ms", "100ms")),
  valid("interval 1h", timing("1h", "10s")),
  valid("interval 60m", timing("60m", "10000ms")),
  valid("timeout 10ms", timing("1s", "10ms")),
  valid("timeout 1 ms short of interval", timing("5s", "4999ms")),
  refused("interval 199ms", timing("199ms", "100ms"), "spec.metrics", "interval must be from 200ms"),
  refused("interval 61m", timing("61m", "10s"), "spec.metrics", "interval must be from 200ms"),
  refused("interval 3601s", timing("3601s", "10s"), "spec.metrics", "interval must be from 200ms"),
  refused("interval shorter than the default timeout", timing("500ms", undefined), "spec.metrics", "shorter than"),
  refused("timeout equal to interval", timing("1s", "1000ms"), "spec.metrics", "shorter than interval"),
  refused("timeout 9ms", timing("1s", "9ms"), "spec.metrics", "at least 10ms"),
  refusedFromNowOn("timeout 10001ms", timing("1h", "10001ms"), "spec.metrics", "timeout must be at most 10s"),
  refusedFromNowOn("timeout 59m", timing("60m", "59m"), "spec.metrics", "timeout must be at most 10s"),
  refused("interval without unit", timing("1", "100ms"), "spec.metrics.interval"),
  refused("interval with a sign", timing("-1s", "100ms"), "spec.metrics.interval"),
  refused("interval with a fraction", timing("1.5s", "100ms"), "spec.metrics.interval"),
  refused("interval of two units", timing("1m30s", "100ms"), "spec.metrics.interval"),
  refused("interval with a leading zero", timing("01s", "100ms"), "spec.metrics.interval"),
  refused("interval in days", timing("1d", "100ms"), "spec.metrics.interval"),
  refused("interval of seven digits", timing("1000000s", "100ms"), "spec.metrics.interval"),
  refused("interval a number", timing(1, "100ms"), "spec.metrics.interval"),
  refused("interval empty", timing("", "100ms"), "spec.metrics.interval"),
];

const sourceRows: readonly PoolRow[] = [
  valid("http null beside json", spec({ metrics: { source: { http: null, json: { load: { pointer: "/a" } } } } })),
  valid("metrics null", spec({ metrics: null })),
  refused("no source", spec({ metrics: {} }), "spec.metrics", "needs source, probe or both"),
  refused("an empty source", spec({ metrics: { source: {} } }), "spec.metrics.source", "exactly one of http"),
  refused("an unknown source", spec({ metrics: { source: { csv: {} } } }), "spec.metrics.source", "exactly one of"),
  refused(
    "two sources",
    spec({ metrics: { source: { ...source, json: { load: { pointer: "/load" } } } } }),
    "spec.metrics.source",
    "exactly one of http",
  ),
];

const httpRows: readonly PoolRow[] = [
  valid("http port by number", http({ port: "9090" })),
  valid("http port 65535", http({ port: "65535" })),
  valid("http port name of 15", http({ port: "a".repeat(15) })),
  valid("http over TLS", http({ scheme: "HTTPS" })),
  valid("http without TLS, said", http({ scheme: "HTTP" })),
  valid("http scheme null", http({ scheme: null })),
  refused("http scheme https", http({ scheme: "https" }), "spec.metrics.source.http.scheme"),
  valid("http path /", http({ path: "/" })),
  valid("http path of 256", http({ path: `/${"a".repeat(255)}` })),
  refused("http port 0", http({ port: "0" }), "spec.metrics.source.http.port", "from 1 to 65535"),
  refused("http port 65536", http({ port: "65536" }), "spec.metrics.source.http.port", "from 1 to 65535"),
  refused("http port of 15 digits", http({ port: "9".repeat(15) }), "spec.metrics.source.http.port", "from 1 to"),
  refused("http port name of 16", http({ port: "a".repeat(16) }), "spec.metrics.source.http.port"),
  refused("http port name in capitals", http({ port: "Metrics" }), "spec.metrics.source.http.port"),
  valid("http port without quotes", http({ port: 9090 })),
  refused("http port 0 without quotes", http({ port: 0 }), "spec.metrics.source.http.port", "from 1 to 65535"),
  refused("http port -1", http({ port: -1 }), "spec.metrics.source.http.port"),
  refused("http port 65536 without quotes", http({ port: 65_536 }), "spec.metrics.source.http.port", "from 1 to"),
  refused("http port 80.5", http({ port: 80.5 }), "spec.metrics.source.http.port"),
  refused("http port true", http({ port: true }), "spec.metrics.source.http.port"),
  refused("http path without slash", http({ path: "metrics" }), "spec.metrics.source.http.path"),
  refused("http path to another host", http({ path: "//host/x" }), "spec.metrics.source.http.path"),
  ...[
    "/metrics?format=prometheus",
    "/stats?usedonly&filter=%5Ecluster%5C..*cx_active%24",
    "/?json",
    "/a?b=c?d/e:@",
  ].map((path) => valid(`http path ${path}`, http({ path }))),
  valid("http query of 512", http({ path: `/?${"a".repeat(512)}` })),
  refused("http query of 513", http({ path: `/?${"a".repeat(513)}` }), "spec.metrics.source.http.path"),
  ...[
    ...["/a#b", "/a?b#c", "/a?b c", "/a?b\r\nHost: c", "/a?b%0d%0aHost:c", "/a?b%00", "/a?b%7F", "/a?b%zz", "/a?b%"],
    ...["?a=b", "/@host/a", "/\\\\host/a", "http://host/a", "/a?b\\c", "/a%0ab", "/a?\u00e4", '/a?"b"'],
  ].map((path) => refused(`http path ${JSON.stringify(path)}`, http({ path }), "spec.metrics.source.http.path")),
  ...["consul", "consul.shop.svc:8501", "A-1.example.COM"].map((host) => valid(`http host ${host}`, http({ host }))),
  ...[
    ...["10.0.0.1", "10.0.0.1:80", "[::1]", "a.", "-a", "a_b", "a:b", "a:0", "a/b", "user@a", "a b", "", "*.a"],
    ...["a\r\nX-Forwarded-For: b", "a:123456", "a".repeat(64)],
  ].map((host) => refused(`http host ${JSON.stringify(host)}`, http({ host }), "spec.metrics.source.http.host")),
  refused("http path with a line break", http({ path: "/a\r\nHost: b" }), "spec.metrics.source.http.path"),
  refused("http path of 257", http({ path: `/${"a".repeat(256)}` }), "spec.metrics.source.http.path"),
  refused("http without series", spec({ metrics: { source: { http: {} } } }), "spec.metrics.source.http", "needs"),
  valid("series name of 200", series({ name: "a".repeat(200) })),
  valid("series name with colons", series({ name: "job:open:sum" })),
  valid("series of 16 labels", series({ matchLabels: labels(16) })),
  valid("series label value of 200 signs beyond the BMP", series({ matchLabels: { a: "😀".repeat(200) } })),
  valid("series labels null", series({ matchLabels: null })),
  refused("series name of 201", series({ name: "a".repeat(201) }), "spec.metrics.source.http.connections.name"),
  refused("series name empty", series({ name: "" }), "spec.metrics.source.http.connections.name"),
  refused("series without name", series({ name: undefined }), "spec.metrics.source.http.connections.name"),
  refused(
    "series of 17 labels",
    series({ matchLabels: labels(17) }),
    "spec.metrics.source.http.connections.matchLabels",
  ),
  refused(
    "series with a label name that is none",
    series({ matchLabels: { "a=b": "x" } }),
    "spec.metrics.source.http.connections.matchLabels",
    "label name of Prometheus",
  ),
  refused(
    "series label value of 201",
    series({ matchLabels: { a: "x".repeat(201) } }),
    "spec.metrics.source.http.connections.matchLabels.a",
  ),
  valid("series label value null is no label", series({ matchLabels: { a: null } })),
  ...["1", "0.5", "100", "0.000001", "999999999.999999", "2000000000", "999999999999999.5"].map((capacity) =>
    valid(`capacity ${capacity}`, load({ capacity })),
  ),
  ...["0", "0.0", "0.000000"].map((capacity) =>
    refused(`capacity ${capacity}`, load({ capacity }), "spec.metrics.source.http.load.capacity", "greater than zero"),
  ),
  ...["", "-1", "+1", "1e3", ".5", "1.", "01", "1,5", "1 ", "0x10", "Infinity", "1000000000000000", "0.0000001"].map(
    (capacity) => refused(`capacity "${capacity}"`, load({ capacity }), "spec.metrics.source.http.load.capacity"),
  ),
  valid("http requests", http({ requests: { name: "requests_total", matchLabels: { code: "200" } } })),
  valid("http requests null", http({ requests: null })),
  refused("http requests without name", http({ requests: {} }), "spec.metrics.source.http.requests.name"),
  refused(
    "http requests with a selector in its name",
    http({ requests: { name: 'latency{app="web"}' } }),
    "spec.metrics.source.http.requests.name",
  ),
  refused(
    "http with requests alone",
    http({ connections: undefined, requests: { name: "requests" } }),
    "spec.metrics.source.http",
    "needs connections, load or responseTime",
  ),
  valid("capacity without quotes", load({ capacity: 100 })),
  valid("capacity in nanoseconds without quotes", load({ capacity: 2_000_000_000 })),
  ...[1_024, 8_388_608].map((maxBytes) => valid(`maxBytes ${maxBytes}`, http({ maxBytes }))),
  ...[0, 1_023, 8_388_609, 1.5, "1Mi"].map((maxBytes) =>
    refused(`maxBytes ${maxBytes}`, http({ maxBytes }), "spec.metrics.source.http.maxBytes"),
  ),
  ...[1, 100_000].map((maxSamples) => valid(`maxSamples ${maxSamples}`, http({ maxSamples }))),
  ...[0, 100_001, 1.5, "many"].map((maxSamples) =>
    refused(`maxSamples ${maxSamples}`, http({ maxSamples }), "spec.metrics.source.http.maxSamples"),
  ),
  ...[0, -1, 1e15, 1.5].map((capacity) =>
    refused(`capacity ${capacity} without quotes`, load({ capacity }), "spec.metrics.source.http.load.capacity"),
  ),
  valid("http responseTime", http({ responseTime: { name: "request_duration_seconds", matchLabels: { a: "b" } } })),
  valid("http responseTime alone", http({ connections: undefined, responseTime: { name: "latency" } })),
  valid("http responseTime in milliseconds", http({ responseTime: { name: "latency_ms", unit: "Milliseconds" } })),
  valid("http responseTime.unit null is the default", http({ responseTime: { name: "latency", unit: null } })),
  refused("http responseTime without name", http({ responseTime: {} }), "spec.metrics.source.http.responseTime.name"),
  refused(
    "http responseTime in minutes",
    http({ responseTime: { name: "latency", unit: "Minutes" } }),
    "spec.metrics.source.http.responseTime.unit",
  ),
  valid("http errors with requests", http({ requests: { name: "requests" }, errors: { name: "errors" } })),
  valid("http errors with responseTime", http({ responseTime: { name: "latency" }, errors: { name: "errors" } })),
  refused(
    "http errors of nothing",
    http({ errors: { name: "errors" } }),
    "spec.metrics.source.http",
    "errors needs requests or responseTime",
  ),
];

const jsonRows: readonly PoolRow[] = [
  valid("a pointer", pointer("/stats/open")),
  valid("a pointer with escapes", pointer("/a~1b/c~0d")),
  valid("a pointer to an empty key", pointer("/")),
  valid("a pointer with spaces and other scripts", pointer("/ числа/数")),
  valid("a pointer of 256 signs beyond the BMP", pointer(`/${"😀".repeat(255)}`)),
  valid("maxBytes of JSON", json({ connections: { pointer: "/a" }, maxBytes: 2_097_152 })),
  refused(
    "maxBytes of JSON beyond its ceiling",
    json({ connections: { pointer: "/a" }, maxBytes: 2_097_153 }),
    "spec.metrics.source.json.maxBytes",
  ),
  valid("load and connections", json({ connections: { pointer: "/a" }, load: { pointer: "/b", capacity: "200" } })),
  valid("json over TLS", json({ connections: { pointer: "/a" }, scheme: "HTTPS" })),
  refused(
    "json scheme TLS",
    json({ connections: { pointer: "/a" }, scheme: "TLS" }),
    "spec.metrics.source.json.scheme",
  ),
  valid("json requests", json({ connections: { pointer: "/a" }, requests: { pointer: "/b" } })),
  valid("json requests null", json({ connections: { pointer: "/a" }, requests: null })),
  refused(
    "json requests by name",
    json({ connections: { pointer: "/a" }, requests: { name: "b" } }),
    "spec.metrics.source.json.requests.pointer",
  ),
  refused("json with requests alone", json({ requests: { pointer: "/b" } }), "spec.metrics.source.json", "needs"),
  refused("a pointer of 257", pointer(`/${"a".repeat(256)}`), "spec.metrics.source.json.connections.pointer"),
  refused("a pointer without slash", pointer("stats"), "spec.metrics.source.json.connections.pointer"),
  refused("a pointer with a bad escape", pointer("/a~2"), "spec.metrics.source.json.connections.pointer"),
  refused("an empty pointer", pointer(""), "spec.metrics.source.json.connections.pointer"),
  refused("no pointer", json({ load: {} }), "spec.metrics.source.json.load.pointer"),
  valid("json responseTime", json({ connections: { pointer: "/a" }, responseTime: { sum: "/s", count: "/n" } })),
  valid(
    "json responseTime alone, and errors",
    json({
      responseTime: { sum: "/s", count: "/n", unit: "Milliseconds" },
      errors: { pointer: "/e" },
    }),
  ),
  refused(
    "json responseTime without count",
    json({ responseTime: { sum: "/s" } }),
    "spec.metrics.source.json.responseTime.count",
  ),
  refused(
    "json errors of nothing",
    json({ load: { pointer: "/a" }, errors: { pointer: "/e" } }),
    "spec.metrics.source.json",
    "errors needs requests or responseTime",
  ),
  refused("json without series", json({}), "spec.metrics.source.json", "needs connections, load or responseTime"),
];

const resourceRows: readonly PoolRow[] = [
  valid("resource with its defaults", resource({})),
  valid("resource capacity in millicores", resource({ capacity: "500m" })),
  valid("resource capacity in cores", resource({ capacity: "2" })),
  valid("resource every 5s", resource({}, "5s")),
  refused("resource every 4999ms", resource({}, "4999ms"), "spec.metrics", "at least 5s with source resource"),
  valid("resource memory", resource({ name: "memory" })),
  valid("resource memory with a capacity", resource({ name: "memory", capacity: "512Mi" })),
  valid("resource memory with a capacity in bytes", resource({ name: "memory", capacity: 2_000_000_000 })),
  refused("resource storage", resource({ name: "ephemeral-storage" }), "spec.metrics.source.resource.name"),
  ...["500m", "0", "1.5Gi", "2Ei"].map((capacity) =>
    refused(
      `resource memory of ${capacity}`,
      resource({ name: "memory", capacity }),
      "spec.metrics.source.resource.capacity",
    ),
  ),
  valid("resource of one container", resource({ container: "0-app" })),
  refused(
    "resource of a container by no name",
    resource({ container: "App" }),
    "spec.metrics.source.resource.container",
  ),
  refused(
    "resource of a container without a name",
    resource({ container: "" }),
    "spec.metrics.source.resource.container",
  ),
  valid("resource capacity without quotes", resource({ capacity: 2 })),
  ...[0, -1, 1e7, 0.5].map((capacity) =>
    refused(
      `resource capacity ${capacity} without quotes`,
      resource({ capacity }),
      "spec.metrics.source.resource.capacity",
    ),
  ),
  refused("resource capacity 0", resource({ capacity: "0" }), "spec.metrics.source.resource.capacity"),
  refused("resource capacity 1.5", resource({ capacity: "1.5" }), "spec.metrics.source.resource.capacity"),
  refused("resource capacity in Mi", resource({ capacity: "2Mi" }), "spec.metrics.source.resource.capacity"),
];

const query = (parts: unknown, interval = "15s") => spec({ metrics: { interval, source: { query: parts } } });
const asked = { connections: { expr: "a" }, load: { expr: "b", capacity: "1" } };

const queryRows: readonly PoolRow[] = [
  valid(
    "query of every metric",
    query({ ...asked, requests: { expr: "c" }, errors: { expr: "d" }, responseTime: { expr: "e" } }),
  ),
  valid("query every 5s", query(asked, "5s")),
  refused("query every 4999ms", query(asked, "4999ms"), "spec.metrics", "at least 5s with source query"),
  refused(
    "query of nothing",
    query({ requests: { expr: "a" } }),
    "spec.metrics.source.query",
    "needs connections, load or responseTime",
  ),
  refused(
    "query of errors alone",
    query({ ...asked, errors: { expr: "a" } }),
    "spec.metrics.source.query",
    "errors needs requests",
  ),
  refused("query without text", query({ connections: { expr: "" } }), "spec.metrics.source.query.connections.expr"),
  valid("query of 2000 characters", query({ ...asked, connections: { expr: "a".repeat(2_000) } })),
  refused(
    "query of 2001 characters",
    query({ connections: { expr: "a".repeat(2_001) } }),
    "spec.metrics.source.query.connections.expr",
  ),
  ...["5s", "1h", null].map((maxAge) => valid(`query.maxAge ${maxAge}`, query({ ...asked, maxAge }))),
  ...["4999ms", "61m"].map((maxAge) =>
    refused(
      `query.maxAge ${maxAge}`,
      query({ ...asked, maxAge }),
      "spec.metrics.source.query",
      "maxAge must be from 5s to 1h",
    ),
  ),
];

const push = (expiry: unknown) => spec({ metrics: { source: { push: { expiry } } } });

const pushRows: readonly PoolRow[] = [
  valid("push with its defaults", spec({ metrics: { source: { push: {} } } })),
  valid(
    "push as the connections of LeastConnections",
    spec({ strategy: { type: "LeastConnections" }, metrics: { source: { push: {} } } }),
  ),
  valid("push every hour", spec({ metrics: { interval: "1h", source: { push: { expiry: "1h" } } } })),
  ...["3s", "60m", "3600s", null].map((expiry) => valid(`push.expiry ${expiry}`, push(expiry))),
  ...["2999ms", "2s", "0s", "61m", "2h"].map((expiry) =>
    refused(`push.expiry ${expiry}`, push(expiry), "spec.metrics.source.push", "expiry must be from 3s to 1h"),
  ),
  ...["30", 30, "1m30s", ""].map((expiry) =>
    refused(`push.expiry ${JSON.stringify(expiry)}`, push(expiry), "spec.metrics.source.push.expiry"),
  ),
  refused(
    "push beside json",
    spec({ metrics: { source: { push: {}, json: { load: { pointer: "/load" } } } } }),
    "spec.metrics.source",
    "exactly one of http",
  ),
  refused(
    "LeastLoad with push",
    spec({ strategy: { type: "LeastLoad" }, metrics: { source: { push: {} } } }),
    "spec",
    "LeastLoad needs a load",
  ),
];

export const metricsRows = [
  ...timingRows,
  ...sourceRows,
  ...httpRows,
  ...authRows,
  ...jsonRows,
  ...resourceRows,
  ...queryRows,
  ...pushRows,
];
