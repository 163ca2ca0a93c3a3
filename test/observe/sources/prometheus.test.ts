import { describe, expect, test } from "vitest";
import {
  createScan,
  defaultScanLimits,
  type ScanOptions,
  type WantedSeries,
} from "../../../src/observe/sources/prometheus.ts";

const connections: WantedSeries = { name: "connections" };

const scan = (text: string, wanted: readonly WantedSeries[] = [connections], options?: ScanOptions) =>
  createScan(wanted)(Buffer.from(text), options);

const values = (...numbers: (number | undefined)[]) => ({ kind: "values", values: numbers });
const failed = (failure: string) => ({ kind: "failed", failure });

describe("finds values", () => {
  const found: [what: string, text: string, value: number][] = [
    ["a plain sample", "connections 5\n", 5],
    ["no line feed at the end", "connections 5", 5],
    ["CRLF", "# HELP connections x\r\nconnections 5\r\n", 5],
    ["blanks and tabs", ' \tconnections\t { a = "b" , } \t5\t \n', 5],
    ["no blank after the labels", 'connections{a="b"}5\n', 5],
    ["empty labels", "connections{} 5\n", 5],
    ["a timestamp", "connections 5 1395066363000\n", 5],
    ["an exemplar", 'connections{a="b"} 5 # {trace_id="x"} 0.5 1.5\n', 5],
    ["a timestamp and an exemplar", 'connections 5 1.5 # {trace_id="} #"} 0.5\n', 5],
    ["exponents", "connections 5e+0\n", 5],
    ["a fraction alone", "connections .5\n", 0.5],
    ["a sign", "connections +5.\n", 5],
    ["minus zero as zero", "connections -0\n", 0],
    ["the sum of all series", 'connections{a="1"} 2\nconnections{a="2"} 3\nother 9\n', 5],
    ["only whole names", "connections_total 9\nconnection 9\nxconnections 9\nconnections 5\n", 5],
    ["names in quotes", '{"connections"} 5\n', 5],
    ["names and labels in quotes", '{"connections", "a.b"="c", d="e"} 5\n', 5],
    ["names with escapes in quotes", '{"a\\"b"} 9\n{"connections",x="\\\\"} 5\n', 5],
    ["lines between blank ones", "\n\n  \nconnections 5\n\n", 5],
    ["lines between odd comments", '#\n# \u0000 {"\n#EOF\n# EOF\nconnections 5\n', 5],
    ["lines among strange values", 'a NaN\nb +Inf\nc{x="\\"}"} -7 # {\nconnections 5\n', 5],
    ["UTF-8 in labels", 'connections{city="Zürich ⚖"} 5\n', 5],
  ];
  test.each(found)("%s", (_, text, value) => expect(scan(text)).toEqual(values(value)));

  test.each([
    ["connections 5\nconnections 5\n", 5],
    ['connections{a="b"} 2\nconnections 1\nconnections{a="b"}  2\nconnections 1\n', 3],
  ])("a series that is told twice once: %j", (text, value) => expect(scan(text)).toEqual(values(value)));

  test("none of two values of the same series", () => {
    const text = 'connections{a="b"} 5\nconnections{a="b"} 6\n';
    expect(scan(text)).toEqual(failed("ValueRefused"));
    expect(scan(`up 1\n${text}`, [{ name: "up" }, { name: "connections", optional: true }])).toEqual({
      ...values(1, undefined),
      faults: new Map([[1, "Repeated"]]),
    });
  });

  test("several series in the order wanted", () =>
    expect(scan("b 2\na 1\n", [{ name: "a" }, { name: "b" }, { name: "b" }])).toEqual(values(1, 2, 2)));
});

describe("matches labels", () => {
  const text = [
    'c{state="active",db="x"} 1',
    'c{db="x",state="idle"} 10',
    'c{state="active",db="a\\"b\\\\c\\nd"} 100',
    'c{state="activeX"} 1000',
    "c 10000",
    "",
  ].join("\n");
  const matched: [matchLabels: Record<string, string>, value: number][] = [
    [{}, 11111],
    [{ state: "active" }, 101],
    [{ state: "active", db: "x" }, 1],
    [{ db: 'a"b\\c\nd' }, 100],
    [{ state: "" }, 10000],
  ];
  test.each(matched)("%j", (matchLabels, value) =>
    expect(scan(text, [{ name: "c", matchLabels }])).toEqual(values(value)),
  );

  test("a series that differs is missing", () =>
    expect(scan(text, [{ name: "c", matchLabels: { state: "gone" } }])).toEqual(failed("MetricMissing")));

  test("an unknown escape stands for itself", () =>
    expect(scan('c{a="\\d"} 1\n', [{ name: "c", matchLabels: { a: "\\d" } }])).toEqual(values(1)));
});

describe("refuses", () => {
  const refused: [failure: string, text: string][] = [
    ["MetricMissing", ""],
    ["MetricMissing", " \n\t\r\n"],
    ["MetricMissing", "# TYPE connections gauge\n"],
    ["MetricMissing", 'connections_bucket{le="1"} 5\n'],
    ["ValueRefused", "connections NaN\n"],
    ["ValueRefused", "connections +Inf\n"],
    ["ValueRefused", "connections -inf\n"],
    ["ValueRefused", "connections -1\n"],
    ["ValueRefused", "connections 1e999\n"],
    ["ValueRefused", "connections 2\nconnections -1\n"],
    ["ValueRefused", 'connections 1.7e308\nconnections{a="b"} 1.7e308\n'],
    ["Malformed", "connections\n"],
    ["Malformed", "connections five\n"],
    ["Malformed", "connections 5x\n"],
    ["Malformed", "connections 0x10\n"],
    ["Malformed", "connections 1_000\n"],
    ["Malformed", "connections 1e\n"],
    ["Malformed", "connections .\n"],
    ["Malformed", "connections -\n"],
    ["Malformed", "connections 5 6 7\n"],
    ["Malformed", "connections 5 soon\n"],
    ["Malformed", "connections {a=b} 5\n"],
    ["Malformed", 'connections {a="b" 5\n'],
    ["Malformed", 'connections {a="b"c="d"} 5\n'],
    ["Malformed", "connections {,} 5\n"],
    ["Malformed", 'connections {a="b",,} 5\n'],
    ["Malformed", 'connections {="b"} 5\n'],
    ["Malformed", 'connections {"other"} 5\n'],
    ["Malformed", '{"connections","other"} 5\n'],
    ["Malformed", '{a="b"} 5\n'],
    ["Malformed", "{} 5\n"],
    ["Malformed", "bad line here {\nconnections 5\n"],
    ["Malformed", "<!doctype html>\n<p>connections 5</p>\n"],
    ["Malformed", '{"connections": 5}'],
    ["Malformed", '{\n  "connections": 5\n}'],
    ["Malformed", "404 page not found\nconnections 5\n"],
    ["Malformed", "\u0000\u0001\u0002"],
    ["Malformed", `connections 5\nother{a="${"\\!".repeat(64)}\n`],
  ];
  test.each(refused)("%s: %j", (failure, text) => expect(scan(text)).toEqual(failed(failure)));

  test("a value that a line feed in a label has forged", () =>
    expect(scan('requests{path="/\nconnections 0\n"} 1\nconnections 5\n')).toEqual(failed("Malformed")));
});

describe("OpenMetrics", () => {
  const openMetrics = { openMetrics: true };

  test("ends with # EOF", () => expect(scan("connections 5\n# EOF\n", [connections], openMetrics)).toEqual(values(5)));

  test("is cut if it does not", () =>
    expect(scan("connections 5\n", [connections], openMetrics)).toEqual(failed("Malformed")));

  test("has nothing after the end", () =>
    expect(scan("connections 5\n# EOF\nconnections 6\n", [connections], openMetrics)).toEqual(failed("Malformed")));

  test("without any sample lacks the metric", () =>
    expect(scan("\n", [connections], openMetrics)).toEqual(failed("MetricMissing")));
});

describe("timestamps", () => {
  test("in milliseconds refuse an old value", () => {
    expect(scan("connections 5 1999", [connections], { notBefore: 2_000 })).toEqual(failed("ValueRefused"));
    expect(scan("connections 5 2000", [connections], { notBefore: 2_000 })).toEqual(values(5));
  });

  test("are seconds in OpenMetrics", () => {
    const options = { notBefore: 2_000, openMetrics: true };
    expect(scan("connections 5 1.999\n# EOF", [connections], options)).toEqual(failed("ValueRefused"));
    expect(scan("connections 5 2.0\n# EOF", [connections], options)).toEqual(values(5));
  });

  test("of series that are not wanted do not matter", () =>
    expect(scan("other 1 0\nconnections 5", [connections], { notBefore: 2_000 })).toEqual(values(5)));
});

describe("limits", () => {
  const tight = { maxSamples: 3 };
  const scanTight = (text: string) => createScan([connections], tight)(Buffer.from(text));

  test("samples, not comments", () => {
    expect(scanTight("# a\n# b\na 1\nb 1\nconnections 1\n")).toEqual(values(1));
    expect(scanTight("connections 1\na 1\nb 1\nc 1\n")).toEqual(failed("TooManySamples"));
  });

  test("10,000 samples unless said otherwise", () => {
    const text = Array.from({ length: 10_000 }, (_, index) => `connections{i="${index}"} 1\n`).join("");
    expect(scan(text)).toEqual(values(10_000));
    expect(scan(`${text}a 1\n`)).toEqual(failed("TooManySamples"));
    expect(defaultScanLimits.maxSamples).toBe(10_000);
  });

  const long = "x".repeat(100_000);
  const many = Array.from({ length: 5_000 }, (_, index) => `l${index}="v"`).join();
  const lines: [what: string, line: string][] = [
    ["a label value of 100 kB", `other{a="${long}"} 1`],
    ["a label name of 100 kB", `other{${long}="a"} 1`],
    ["5,000 labels", `other{${many}} 1`],
    ["5,000 labels before the name", `{${many},"other"} 1`],
    ["a name of 100 kB", `${long} 1`],
    ["a value of 100 kB", `other ${"1".repeat(100_000)}`],
    ["an exemplar of 100 kB", `other 1 # {a="${long}"} 1`],
    ["a HELP of 100 kB", `# HELP other ${long}`],
    ["an empty HELP", "# HELP other\n# HELP\n#"],
    ["a histogram as one value", "other {count:17,sum:324.5,schema:3,positive_spans:[0:2],positive_deltas:[5,-1]}"],
    ["a histogram as one value, with labels", 'other{a="b"} {count:17,sum:324.5} 1520430000'],
  ];
  test.each(lines)("there is none of %s", (_, line) => {
    expect(scan(`${line}\nconnections 7\n`)).toEqual(values(7));
    expect(scan(`connections 7\n${line}\n`)).toEqual(values(7));
  });

  test("nor of what is wanted", () => {
    const matchLabels = { state: "open" };
    const text = `connections{${many},a="${long}",state="open"} 7\nconnections{${many},state="shut"} 9\n`;
    expect(scan(text, [{ name: "connections", matchLabels }])).toEqual(values(7));
  });
});

test("a byte order mark begins no name", () => expect(scan("\uFEFFconnections 7\n")).toEqual(values(7)));

describe("what may be missing", () => {
  const extra: WantedSeries = { name: "extra", optional: true };
  const refused: [fault: string, text: string][] = [
    ["NaN", "extra NaN\n"],
    ["Infinite", "extra +Inf\n"],
    ["Infinite", "extra 1e999\n"],
    ["Negative", "extra -1\n"],
    ["Absurd", 'extra 1.7e308\nextra{a="b"} 1.7e308\n'],
    ["TooOld", "extra 1 5\n"],
    ["NoNumber", "extra {count:1,sum:2}\n"],
    ["NaN", 'extra{a="1"} 1\nextra{a="2"} NaN\nextra{a="3"} -1\n'],
  ];
  test.each(refused)("is missing when it is %s: %j", (fault, text) => {
    const found = { kind: "values", values: [7, undefined], faults: new Map([[1, fault]]) };
    for (const page of [`connections 7\n${text}`, `${text}connections 7\n`])
      expect(scan(page, [connections, extra], { notBefore: 2_000 })).toEqual(found);
  });

  test("is no excuse for a line that is none", () =>
    expect(scan("connections 7\nextra five\n", [connections, extra])).toEqual(failed("Malformed")));
});

describe("says of a failure", () => {
  const tellOf = (text: string, wanted: readonly WantedSeries[] = [connections], options: ScanOptions = {}) => {
    const causes: unknown[] = [];
    scan(text, wanted, { ...options, tell: (cause) => causes.push(cause) });
    return causes;
  };

  test("which line is no sample", () => {
    expect(tellOf("# HELP a b\n\na 1\nbad line\n")).toEqual([{ kind: "line", line: 4 }]);
    expect(tellOf("<html>\n")).toEqual([{ kind: "line", line: 1 }]);
  });

  test("which of the series is absent, and whether it is there with other labels", () => {
    const second = [{ name: "a" }, { name: "c", matchLabels: { state: "open" } }];
    expect(tellOf("a 1\n", second)).toEqual([{ kind: "absent", index: 1, otherLabels: false }]);
    expect(tellOf('a 1\nc{state="shut"} 1\n', second)).toEqual([{ kind: "absent", index: 1, otherLabels: true }]);
  });

  test("which of the series has a value that is none, and of what kind", () => {
    expect(tellOf("a 1\nconnections NaN\n")).toEqual([{ kind: "value", index: 0, fault: "NaN" }]);
    expect(tellOf("connections 1 5\n", [connections], { notBefore: 6 })).toEqual([
      { kind: "value", index: 0, fault: "TooOld" },
    ]);
  });

  test("that OpenMetrics was cut", () =>
    expect(tellOf("connections 1\n", [connections], { openMetrics: true })).toEqual([{ kind: "cut" }]));
});
