import { describe, expect, test } from "vitest";
import { readAnswer } from "../../../src/observe/sources/query-answer.ts";

const vector = (result: unknown, more: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ status: "success", data: { resultType: "vector", result }, ...more }));
const series = (metric: object, value: unknown = "1", part = "value") => ({
  metric: { evenkeel: part, ...metric },
  value: [1, value],
});

function figuresOf(body: Buffer) {
  const answer = readAnswer(body, "shop");
  if (answer.kind === "failed") throw new Error(answer.failure);
  return answer;
}

describe("an answer", () => {
  test("has values and times by pod", () => {
    const { values, timeOf, isPartial } = figuresOf(
      vector([series({ pod: "a" }, "1.5e1"), series({ pod: "a", namespace: "shop" }, "1700000000.25", "0")]),
    );
    expect([...values]).toEqual([["a", 15]]);
    expect([timeOf("a"), timeOf("b")]).toEqual([1_700_000_000_250, undefined]);
    expect(isPartial).toBe(false);
  });

  test("is as old as the oldest that it is made of, and what has no pod counts for all", () => {
    const { timeOf } = figuresOf(
      vector([
        series({ pod: "a" }, "30", "0"),
        series({ pod: "a" }, "20", "1"),
        series({ pod: "b" }, "10", "1"),
        series({}, "25", "2"),
      ]),
    );
    expect([timeOf("a"), timeOf("b"), timeOf("c")]).toEqual([20_000, 10_000, 25_000]);
  });

  test.each([
    ["no pod", {}],
    ["a pod that is no name", { pod: 7 }],
    ["another namespace", { pod: "a", namespace: "vault" }],
    ["a namespace that is none", { pod: "a", namespace: 7 }],
    ["a part that was not asked for", { pod: "a", evenkeel: 7 }],
  ])("says nothing by a series with %s", (_, metric) =>
    expect(figuresOf(vector([series(metric), series({ pod: "b" })])).values).toEqual(new Map([["b", 1]])),
  );

  test("has no value where there are several series", () =>
    expect(figuresOf(vector([series({ pod: "a", port: "1" }), series({ pod: "a", port: "2" }, "2")])).values).toEqual(
      new Map([["a", undefined]]),
    ));

  test.each([
    ["+Inf", Number.POSITIVE_INFINITY],
    ["-Inf", Number.NEGATIVE_INFINITY],
    ["-0.5", -0.5],
    ["1e400", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["", Number.NaN],
    [" 1", Number.NaN],
    ["0x10", Number.NaN],
    ["1".repeat(100_000), Number.NaN],
    [7, Number.NaN],
    [null, Number.NaN],
    [["1"], Number.NaN],
  ])("reads %j as %d", (text, value) =>
    expect(figuresOf(vector([series({ pod: "a" }, text)])).values.get("a")).toBe(value),
  );

  test("of native histograms has no value", () => {
    const result = [{ metric: { evenkeel: "value", pod: "a" }, histogram: [1, { count: "1" }] }];
    expect(figuresOf(vector(result)).values.get("a")).toBeNaN();
  });

  test.each([
    ["a store that could not be asked", ["rpc error: code = Unavailable"], true],
    ["a note on the query", ["PromQL warning: encountered a mix of histograms and floats"], false],
    ["no warnings", [], false],
    ["warnings that are none", "all is well", false],
    ["a warning that is none", [7], true],
  ])("with %s", (_, warnings, isPartial) => expect(figuresOf(vector([], { warnings })).isPartial).toBe(isPartial));

  test("keeps names like those of an object's own apart", () => {
    const { values, timeOf } = figuresOf(
      vector([series({ pod: "__proto__" }), series({ pod: "a" }, "1", "constructor")]),
    );
    expect(values.get("__proto__")).toBe(1);
    expect(timeOf("toString")).toBe(undefined);
  });
});

test.each([
  ["nothing", ""],
  ["no JSON", "<html>"],
  ["JSON that is cut", '{"status":"success","data":{"resultType":"vector","result":['],
  ["null", "null"],
  ["a list", "[]"],
  ["an error", '{"status":"error","errorType":"bad_data","error":"no"}'],
  ["no data", '{"status":"success"}'],
  ["a scalar", '{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}'],
  ["a matrix", '{"status":"success","data":{"resultType":"matrix","result":[]}}'],
  ["no result", '{"status":"success","data":{"resultType":"vector","result":null}}'],
  ["a series null", '{"status":"success","data":{"resultType":"vector","result":[null]}}'],
  ["a series without labels", '{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]}]}}'],
  ["labels that are none", '{"status":"success","data":{"resultType":"vector","result":[{"metric":"a"}]}}'],
])("%s is no answer", (_, text) =>
  expect(readAnswer(Buffer.from(text), "shop")).toEqual({ kind: "failed", failure: "Malformed" }),
);
