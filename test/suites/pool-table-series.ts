import { type PoolRow, refused, spec, valid } from "./pool-table-row.ts";

type Part = Readonly<Record<string, unknown>>;

const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
const http = (parts: Part) => spec({ metrics: { source: { http: { connections: { name: "open" }, ...parts } } } });
const series = (parts: Part) => http({ connections: { name: "open", ...parts } });
const load = (parts: Part) => http({ load: { name: "load", ...parts } });
const json = (parts: Part) => spec({ metrics: { source: { json: parts } } });

/** Which series count, and how a figure is made of them. */
export const seriesRows: readonly PoolRow[] = [
  ...["http.server.active_requests", "a-b", "a/b", "数.ü", "a b"].map((name) =>
    valid(`series name ${name}, as Prometheus 3 has them`, series({ name })),
  ),
  ...['a{b="c"}', "a b ", " a", 'a"b', "a\\b", "a\nb", "a=b", "{}"].map((name) =>
    refused(`series name ${JSON.stringify(name)}`, series({ name }), "spec.metrics.source.http.connections.name"),
  ),
  valid("series label of Prometheus 3", series({ matchLabels: { "http.route": "/a" } })),
  valid("series label by pattern", series({ match: { code: "5..|429", "http.route": "/items/[0-9]+" } })),
  valid("series by label and by pattern", series({ matchLabels: { a: "b" }, match: { code: "5.." } })),
  valid("series by an empty pattern", series({ match: { code: "" } })),
  valid("series by a pattern of 200", series({ match: { code: "a".repeat(200) } })),
  ...["(", "[", "a{1001}", "(?=a)", "\\1", "*", "a**", "(?<!a)b", "\\pX"].map((pattern) =>
    refused(
      `series by the pattern ${pattern}`,
      series({ match: { code: pattern } }),
      "spec.metrics.source.http.connections.match",
    ),
  ),
  refused(
    "series by a pattern of 201",
    series({ match: { code: "a".repeat(201) } }),
    "spec.metrics.source.http.connections.match.code",
  ),
  refused(
    "series by patterns of 17 labels",
    series({ match: labels(17) }),
    "spec.metrics.source.http.connections.match",
  ),
  refused(
    "series by a pattern of a label name that is none",
    series({ match: { "a=b": "x" } }),
    "spec.metrics.source.http.connections.match",
    "label name",
  ),
  valid("http load as a rate", load({ rate: true, capacity: "0.5" })),
  valid("http load as no rate", load({ rate: false, minus: "l_done_total" })),
  valid("http load as a difference", load({ minus: "l_done_total" })),
  valid("http connections as a difference", series({ name: "started_total", minus: "handled_total" })),
  refused(
    "http load as a rate of a difference",
    load({ rate: true, minus: "l_done_total" }),
    "spec.metrics.source.http.load",
    "rate and minus exclude each other",
  ),
  refused("http load with rate as text", load({ rate: "true" }), "spec.metrics.source.http.load.rate"),
  refused("http load with minus of a selector", load({ minus: "a{}" }), "spec.metrics.source.http.load.minus"),
  valid("json load as a rate", json({ load: { pointer: "/cpu/seconds", rate: true, capacity: 2 } })),
  valid("json connections as a difference", json({ connections: { pointer: "/opened", minus: "/closed" } })),
  refused(
    "json load as a rate of a difference",
    json({ load: { pointer: "/a", rate: true, minus: "/b" } }),
    "spec.metrics.source.json.load",
    "rate and minus exclude each other",
  ),
  refused(
    "json minus that is no pointer",
    json({ connections: { pointer: "/a", minus: "b" } }),
    "spec.metrics.source.json.connections.minus",
  ),
];
