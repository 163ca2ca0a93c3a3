import { describe, expect, test } from "vitest";
import type { Finding } from "../../../src/decide/samples/findings.ts";
import { type MeasureAnswer, measureHttp, measureJson } from "../../../src/observe/sources/measure.ts";
import type { MeasuredAnswer } from "../../../src/observe/sources/measured.ts";
import { metricsFrom, specIn } from "../../builders/metrics.ts";

const failed = (failure: string) => ({ kind: "failed", failure });
const reader = (http: object): MeasureAnswer => measureHttp(specIn(metricsFrom({ source: { http } }), "http"), 60_000);
const jsonReader = (json: object): MeasureAnswer => measureJson(specIn(metricsFrom({ source: { json } }), "json"));
const answer = (text: string, openMetrics = false) =>
  ({ kind: "answered", body: Buffer.from(text), openMetrics }) as const;
const measure = (text: string, http: object): MeasuredAnswer => reader(http)(answer(text), 0);
const whyNot = (read: MeasureAnswer, text: string): Finding[] => {
  const found: Finding[] = [];
  read(answer(text), 0, (finding) => found.push(finding));
  return found;
};

describe("a rate", () => {
  const cpu = { load: { name: "process_cpu_seconds_total", rate: true, capacity: "0.5" } };

  test("is left to whoever knows the value before: the answer has the counter, scaled, and no load", () =>
    expect(measure("process_cpu_seconds_total 12.5\n", cpu)).toEqual({
      kind: "measured",
      counter: { metric: "process_cpu_seconds_total", total: 2_500 },
    }));

  test("adds up series, beside other figures", () =>
    expect(
      measure('c 3\nt_total{cpu="0"} 1\nt_total{cpu="1"} 2\n', {
        connections: { name: "c" },
        load: { name: "t_total", rate: true, capacity: 2 },
      }),
    ).toEqual({ kind: "measured", connections: 3, counter: { metric: "t_total", total: 150, isSum: true } }));

  test("is of a counter of any size: nanoseconds of a year, in cores", () =>
    expect(measure("cpu_ns_total 3.1536e16\n", { load: { name: "cpu_ns_total", rate: true, capacity: 2e9 } })).toEqual({
      kind: "measured",
      counter: { metric: "cpu_ns_total", total: 1.5768e9 },
    }));

  test("begins at 0 where the page declares the counter and has no series of it yet", () => {
    const zero = { kind: "measured", counter: { metric: "r_total", total: 0 } };
    const http = { load: { name: "r_total", rate: true, capacity: 9 } };
    expect(measure("# TYPE r_total counter\n", http)).toEqual(zero);
    expect(reader(http)(answer("# TYPE r counter\n# EOF\n", true), 0)).toEqual(zero);
    expect(measure('#\tTYPE  "r_total"  counter\n', http)).toEqual(zero);
    for (const page of ["", "# HELP r_total x\n", "# TYPE r_totals counter\n", "# TYPEr_total counter\n", "# TYPE"])
      expect(measure(page, http)).toEqual(failed("MetricMissing"));
  });

  test.each(["-1", "NaN", "+Inf"])("of %s is none", (value) =>
    expect(measure(`process_cpu_seconds_total ${value}\n`, cpu)).toEqual(failed("ValueRefused")),
  );

  test("is read from JSON, and must be there", () => {
    const json = { load: { pointer: "/cpu/seconds", rate: true, capacity: "0.5" } };
    expect(jsonReader(json)(answer('{"cpu":{"seconds":2}}'), 0)).toEqual({
      kind: "measured",
      counter: { metric: "/cpu/seconds", total: 400 },
    });
    expect(jsonReader(json)(answer('{"cpu":{}}'), 0)).toEqual(failed("MetricMissing"));
  });
});

describe("a difference", () => {
  const calls = { connections: { name: "started_total", minus: "handled_total" } };

  test("is what has begun less what has ended, over all series of either", () =>
    expect(
      measure('started_total{m="a"} 5\nstarted_total{m="b"} 9\nhandled_total{m="b",code="OK"} 4\n', calls),
    ).toEqual({ kind: "measured", connections: 10 }));

  test("takes the same labels for both", () =>
    expect(
      measure('s{m="a"} 5\ns{m="b"} 9\nh{m="a",code="OK"} 1\nh{m="b",code="OK"} 4\n', {
        connections: { name: "s", minus: "h", matchLabels: { m: "b" } },
      }),
    ).toEqual({ kind: "measured", connections: 5 }));

  test("is never below 0: the two are not read at the same instant", () =>
    expect(measure("started_total 5\nhandled_total 6\n", calls)).toEqual({ kind: "measured", connections: 0 }));

  test("is scaled as a load", () =>
    expect(measure("all 40\nidle 30\n", { load: { name: "all", minus: "idle", capacity: 20 } })).toEqual({
      kind: "measured",
      load: 50,
    }));

  test("needs both", () => {
    expect(measure("handled_total 6\n", calls)).toEqual(failed("MetricMissing"));
    expect(measure("started_total 6\n", calls)).toEqual(failed("MetricMissing"));
    expect(whyNot(reader(calls), "started_total 6\nhandled_totals 1\n")).toEqual([
      { kind: "absent", metric: "handled_total", near: ["handled_totals"] },
    ]);
  });

  test("has nothing to take off before the first end, once the page or another pod shows that the name is right", () => {
    const open = { kind: "measured", connections: 4 };
    expect(measure("started_total 4\n# TYPE handled_total counter\n", calls)).toEqual(open);
    expect(
      measure('started_total{m="Watch"} 4\nhandled_total{m="Check"} 9\n', {
        connections: { ...calls.connections, matchLabels: { m: "Watch" } },
      }),
    ).toEqual(open);
    const ofPool = reader(calls);
    expect(ofPool(answer("started_total 4\n"), 0)).toEqual(failed("MetricMissing"));
    expect(ofPool(answer("started_total 4\nhandled_total 2\n"), 0)).toEqual({ kind: "measured", connections: 2 });
    expect(ofPool(answer("started_total 4\n"), 0)).toEqual(open);
    expect(ofPool(answer("other 4\n"), 0)).toEqual(failed("MetricMissing"));
  });

  test("is 0 where the page declares both and nobody has called yet", () =>
    expect(measure("# TYPE started_total counter\n# TYPE handled_total counter\n", calls)).toEqual({
      kind: "measured",
      connections: 0,
    }));

  test("with a part that is no number is none", () =>
    expect(measure("started_total 4\nhandled_total NaN\n", calls)).toEqual(failed("ValueRefused")));

  test("is read from JSON, and both must be there", () => {
    const read = jsonReader({ connections: { pointer: "/opened", minus: "/closed" } });
    expect(read(answer('{"opened":7,"closed":3}'), 0)).toEqual({ kind: "measured", connections: 4 });
    expect(read(answer('{"opened":3,"closed":7}'), 0)).toEqual({ kind: "measured", connections: 0 });
    expect(read(answer('{"opened":7}'), 0)).toEqual(failed("MetricMissing"));
    expect(whyNot(read, '{"opened":7,"closes":1}')).toEqual([{ kind: "absent", metric: "/closed", near: ["/closes"] }]);
  });
});
