import { describe, expect, test } from "vitest";
import type { Finding } from "../../../src/decide/samples/findings.ts";
import { measureHttp, measureJson } from "../../../src/observe/sources/measure.ts";
import type { MeasuredAnswer } from "../../../src/observe/sources/measured.ts";
import { metricsFrom, specIn } from "../../builders/metrics.ts";

const failed = (failure: string) => ({ kind: "failed", failure });

const measure = (text: string, http: object, { openMetrics = false, now = 0 } = {}): MeasuredAnswer => {
  const spec = specIn(metricsFrom({ source: { http } }), "http");
  return measureHttp(spec, 60_000)({ kind: "answered", body: Buffer.from(text), openMetrics }, now);
};

describe("exposition text", () => {
  const both = { connections: { name: "c" }, load: { name: "l", capacity: "200" } };

  test("gives connections, and load in percent of the capacity", () =>
    expect(measure("c 3\nl 50\n", both)).toEqual({ kind: "measured", connections: 3, load: 25 }));

  test("gives what the source has, alone", () => {
    expect(measure("c 3\n", { connections: { name: "c" } })).toEqual({ kind: "measured", connections: 3 });
    expect(measure("l 3\n", { load: { name: "l" } })).toEqual({ kind: "measured", load: 3 });
    expect(measure("l 0\n", { load: { name: "l", capacity: "0.000001" } })).toEqual({ kind: "measured", load: 0 });
  });

  test("is no sample when one of the two is missing", () =>
    expect(measure("c 3\n", both)).toEqual(failed("MetricMissing")));

  test.each(["c 1e308\nl 1\n", "c 1000000000\nl 1\n", "c 1\nl 1e308\n", "c 1\nl 2000001\n"])(
    "refuses the unbelievable %j",
    (text) => expect(measure(text, both)).toEqual(failed("ValueRefused")),
  );

  test("refuses a value that the pod has kept for more than the age", () => {
    const now = 1_700_000_000_000;
    expect(measure(`c 1 ${now - 60_001}\nl 1\n`, both, { now })).toEqual(failed("ValueRefused"));
    expect(measure(`c 1 ${now - 60_000}\nl 1 ${now + 5_000}\n`, both, { now })).toMatchObject({ kind: "measured" });
    const text = `c 1 ${now / 1_000 - 61}\nl 1\n# EOF\n`;
    expect(measure(text, both, { now, openMetrics: true })).toEqual(failed("ValueRefused"));
  });
});

describe("exposition text with requests", () => {
  const all = {
    connections: { name: "c" },
    load: { name: "l", capacity: "200" },
    requests: { name: "r_total", matchLabels: { code: "200" } },
  };
  const lines = ["c 3", "l 50", 'r_total{code="200",path="/a"} 40', 'r_total{code="200"} 2', 'r_total{code="500"} 9'];
  const text = [...lines, ""].join("\n");
  const measured = { kind: "measured", connections: 3, load: 25 };

  test("gives each as what it is, with the series that match added up, in any order of the lines", () => {
    expect(measure(text, all)).toEqual({ ...measured, requests: 42 });
    expect(measure(text.split("\n").reverse().join("\n"), all)).toEqual({ ...measured, requests: 42 });
  });

  test("does without them as long as there is no such series", () =>
    expect(measure("c 3\nl 50\n", all)).toEqual(measured));

  test.each([
    ["r_total 1e308\nr_total 1e308\n", "Absurd"],
    ["r_total 2e15\n", "Absurd"],
    ["r_total -1\n", "Negative"],
    ["r_total NaN\n", "NaN"],
    ["r_total +Inf\n", "Infinite"],
  ])("does without the requests %j, and says why", (requests, fault) =>
    expect(measure(`c 1\n${requests}`, { connections: { name: "c" }, requests: { name: "r_total" } })).toEqual({
      kind: "measured",
      connections: 1,
      refused: [{ of: "requests", metric: "r_total", fault }],
    }),
  );

  test("does not take another count for them", () => {
    const source = { connections: { name: "c" }, requests: { name: "r_total" }, responseTime: { name: "t" } };
    const responses = { totalMs: 1_000, count: 9 };
    expect(measure("c 1\nt_sum 1\nt_count 9\n", source)).toEqual({ kind: "measured", connections: 1, responses });
    expect(measure("c 1\nr_total NaN\nt_sum 1\nt_count 9\n", source)).toMatchObject({ connections: 1, responses });
    expect(measure("c 1\nr_total NaN\nt_sum 1\nt_count 9\n", source)).not.toHaveProperty("requests");
  });

  test("reads the same from OpenMetrics, with exemplars", () => {
    const open = lines.join("\n").replaceAll("40", '40 # {trace_id="a"} 1');
    expect(measure(`${open}\n# EOF\n`, all, { openMetrics: true })).toEqual(measure(text, all));
  });
});

describe("exposition text with response times", () => {
  const all = { connections: { name: "c" }, responseTime: { name: "latency", matchLabels: { code: "200" } } };
  const text = [
    "c 3",
    "# TYPE latency histogram",
    'latency_bucket{code="200",le="+Inf"} 42',
    'latency_sum{code="200",path="/a"} 1.5',
    'latency_sum{code="200",path="/b"} 0.5',
    'latency_count{code="200",path="/a"} 40',
    'latency_count{code="200",path="/b"} 2',
    'latency_sum{code="500"} 99',
    'latency_count{code="500"} 9',
    "failures 7",
    "",
  ].join("\n");
  const measured = { kind: "measured", connections: 3 };

  test("gives their sum in milliseconds and their count, which serves as requests", () =>
    expect(measure(text, all)).toEqual({ ...measured, requests: 42, responses: { totalMs: 2_000, count: 42 } }));

  test("takes the unit as told", () =>
    expect(measure(text, { ...all, responseTime: { ...all.responseTime, unit: "Milliseconds" } })).toEqual({
      ...measured,
      requests: 42,
      responses: { totalMs: 2, count: 42 },
    }));

  test("prefers requests that are named, and counts errors, of which none is 0", () => {
    const named = { ...all, requests: { name: "c" }, errors: { name: "failures" } };
    expect(measure(text, named)).toEqual({
      ...measured,
      requests: 3,
      errors: 7,
      responses: { totalMs: 2_000, count: 42 },
    });
    expect(measure(text.replace("failures 7", ""), named)).toMatchObject({ errors: 0 });
  });

  test("does without them as long as there is no such series, unless they are all that is asked for", () => {
    expect(measure("c 3\n", all)).toEqual(measured);
    expect(measure("c 3\n", { responseTime: all.responseTime })).toEqual(failed("MetricMissing"));
    expect(measure('c 3\nlatency_sum{code="200"} 1\n', all)).toEqual(measured);
  });

  const sums: [sum: string, count: string, metric: string, fault: string][] = [
    ["NaN", "1", "latency_sum", "NaN"],
    ["1e306", "1", "latency_sum", "Absurd"],
    ["1e16", "1", "latency_sum", "Absurd"],
    ["-1", "1", "latency_sum", "Negative"],
    ["1", "NaN", "latency_count", "NaN"],
    ["1", "2e15", "latency_count", "Absurd"],
  ];
  test.each(sums)("does without a sum %s and a count %s, and says why", (sum, count, metric, fault) => {
    const page = `latency_sum{code="200"} ${sum}\nlatency_count{code="200"} ${count}\n`;
    const measuredSo = measure(`c 3\n${page}`, all);
    expect(measuredSo).toMatchObject({ ...measured, refused: [{ of: "responseTime", metric, fault }] });
    expect(measuredSo).not.toHaveProperty("responses");
    // Where they are all that is asked for, they are what the sample is.
    expect(measure(page, { responseTime: all.responseTime })).toEqual(failed("ValueRefused"));
  });

  test("does not know of errors where their counter is none", () => {
    const source = { ...all, errors: { name: "failures" } };
    const measuredSo = measure(text.replace("failures 7", "failures NaN"), source);
    expect(measuredSo).toMatchObject({ refused: [{ of: "errors", metric: "failures", fault: "NaN" }] });
    expect(measuredSo).not.toHaveProperty("errors");
  });
});

describe("JSON", () => {
  const parts = { connections: { pointer: "/c" }, load: { pointer: "/l", capacity: "1" } };
  const readAs = (json: object, text: string) => {
    const spec = specIn(metricsFrom({ source: { json } }), "json");
    return measureJson(spec)({ kind: "answered", body: Buffer.from(text), openMetrics: false }, 0);
  };
  const read = (text: string) => readAs(parts, text);

  test("gives requests beside connections, beside load, and not at all when they are not asked for", () => {
    const requests = { pointer: "/stats/r" };
    const text = '{"c":3,"l":0.25,"stats":{"r":42}}';
    expect(readAs({ ...parts, requests }, text)).toEqual({ kind: "measured", connections: 3, load: 25, requests: 42 });
    expect(readAs({ load: parts.load, requests }, text)).toEqual({ kind: "measured", load: 25, requests: 42 });
    expect(read(text)).toEqual({ kind: "measured", connections: 3, load: 25 });
    expect(readAs({ ...parts, requests }, '{"c":3,"l":0.25}')).toEqual({
      kind: "measured",
      connections: 3,
      load: 25,
      refused: [{ of: "requests", metric: "/stats/r", fault: "Missing" }],
    });
  });

  test("gives response times and errors by their pointers", () => {
    const responseTime = { sum: "/t/sum", count: "/t/count" };
    const text = '{"t":{"sum":1.5,"count":30},"e":2}';
    const read = { kind: "measured", requests: 30, errors: 2, responses: { totalMs: 1_500, count: 30 } };
    expect(readAs({ responseTime, errors: { pointer: "/e" } }, text)).toEqual(read);
    expect(readAs({ responseTime }, '{"t":{"sum":1.5}}')).toEqual(failed("MetricMissing"));
  });

  test.each([
    ["null", "NoNumber"],
    ['"7 MB"', "NoNumber"],
    ["-1", "Negative"],
    ["1e999", "Infinite"],
    ["1e300", "Absurd"],
  ])("does without errors that are %s", (errors, fault) =>
    expect(
      readAs({ ...parts, requests: { pointer: "/r" }, errors: { pointer: "/e" } }, `{"c":3,"l":1,"r":9,"e":${errors}}`),
    ).toEqual({
      kind: "measured",
      connections: 3,
      load: 100,
      requests: 9,
      refused: [{ of: "errors", metric: "/e", fault }],
    }),
  );

  test("gives connections and load", () =>
    expect(read('{"c":3,"l":0.25}')).toEqual({ kind: "measured", connections: 3, load: 25 }));

  test("refuses what exposition text would be refused for", () => {
    expect(read('{"c":3}')).toEqual(failed("MetricMissing"));
    expect(read('{"c":1e308,"l":0}')).toEqual(failed("ValueRefused"));
    expect(read('{"c":1,"l":-1}')).toEqual(failed("ValueRefused"));
    expect(read('{"c":"CANARY"')).toEqual(failed("Malformed"));
  });
});

describe("says of a failure", () => {
  const found = (source: object, text: string, now = 0) => {
    const findings: Finding[] = [];
    const metrics = metricsFrom({ source });
    const isHttp = metrics.source!.type === "http";
    const measureIt = isHttp ? measureHttp(specIn(metrics, "http"), 60_000) : measureJson(specIn(metrics, "json"));
    measureIt({ kind: "answered", body: Buffer.from(text), openMetrics: false }, now, (finding) =>
      findings.push(finding),
    );
    return findings;
  };
  const open = { http: { connections: { name: "open_conections" } } };

  test("which metric is not there, and what is like it", () => {
    const page = [
      "# HELP open_connections Connections that are open, such as open_conection.",
      "open_connections 7",
      'open_connections_bucket{le="1"} 7',
      'closed_connections{secret="open_conections"} 1',
      '{"open conections"} 1',
      "go_threads 7",
      "",
    ].join("\n");
    expect(found(open, page)).toEqual([
      { kind: "absent", metric: "open_conections", near: ["open_connections", "closed_connections"] },
    ]);
    expect(found(open, "go_threads 7\n")).toEqual([{ kind: "absent", metric: "open_conections", near: [] }]);
  });

  test("that it is there with other labels", () =>
    expect(
      found({ http: { connections: { name: "c", matchLabels: { state: "open" } } } }, 'c{state="shut"} 7\n'),
    ).toEqual([{ kind: "absent", metric: "c", near: [], otherLabels: true }]));

  test("no name that is longer than names are, nor more than three", () => {
    const page = [
      `open_conections_${"x".repeat(200)} 1`,
      ...["a", "b", "c", "d"].map((end) => `open_conections_${end} 1`),
    ];
    expect(found(open, page.join("\n"))).toEqual([
      {
        kind: "absent",
        metric: "open_conections",
        near: ["open_conections_a", "open_conections_b", "open_conections_c"],
      },
    ]);
  });

  test("what is wrong with a value", () => {
    expect(found(open, "open_conections NaN\n")).toEqual([{ kind: "value", metric: "open_conections", fault: "NaN" }]);
    expect(found(open, "open_conections 1e9\n")).toEqual([
      { kind: "value", metric: "open_conections", fault: "Absurd" },
    ]);
    expect(found(open, "open_conections 1 5\n", 1e12)).toEqual([
      { kind: "value", metric: "open_conections", fault: "TooOld" },
    ]);
  });

  test("how many samples may be had, as the pool says", () => {
    const source = { http: { ...open.http, maxSamples: 2 } };
    expect(found(source, "a 1\nb 1\nc 1\n")).toEqual([{ kind: "limit", most: 2 }]);
  });

  test("which pointer leads nowhere, and which would not", () => {
    const json = { json: { connections: { pointer: "/stats/conections" } } };
    const text = JSON.stringify({ stats: { connections: 7, "a b": 1, name: "conections" }, list: [1] });
    expect(found(json, text)).toEqual([{ kind: "absent", metric: "/stats/conections", near: ["/stats/connections"] }]);
    expect(found(json, '{"stats":{"conections":NaN}}')).toEqual([{ kind: "broken", what: "JSON" }]);
    expect(found(json, "<html>")).toEqual([]);
    expect(found(json, '{"stats":{"conections":"seven"}}')).toEqual([
      { kind: "value", metric: "/stats/conections", fault: "NoNumber" },
    ]);
  });
});
