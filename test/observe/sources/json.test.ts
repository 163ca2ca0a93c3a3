import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPick } from "../../../src/observe/sources/json.ts";

const pick = (document: string, ...pointers: string[]) => createPick(pointers)(Buffer.from(document));
const failed = (failure: string) => ({ kind: "failed", failure });

const document = JSON.stringify({
  stats: { connections: 5, "a/b": 1, "m~n": 2, "~1": 3, "": 4, list: [10, { x: 11 }] },
  text: "5",
  large: "9007199254740992",
  share: "1.25e-1",
  words: "5 pods",
  workers: [
    { busy: 3, open: [1, 2] },
    { busy: "4", open: [3, 15], last: { backlog: 3 } },
  ],
  nobody: [],
  starred: { "*": 8, other: 1 },
  nodes: { q2w3: { http: { open: 12 } } },
  none: null,
  negative: -1,
});

describe("picks", () => {
  const picked: [pointer: string, value: number][] = [
    ["/stats/connections", 5],
    ["/stats/a~1b", 1],
    ["/stats/m~0n", 2],
    ["/stats/~01", 3],
    ["/stats/", 4],
    ["/stats/list/0", 10],
    ["/stats/list/1/x", 11],
    ["/text", 5],
    ["/large", 9_007_199_254_740_992],
    ["/share", 0.125],
    ["/workers/*/busy", 7],
    ["/workers/*/open/*", 21],
    ["/workers/*/last/backlog", 3],
    ["/starred/*", 8],
    ["/nodes/*/http/open", 12],
    ["/nodes/*/*/open", 12],
  ];
  test.each(picked)("%s", (pointer, value) =>
    expect(pick(document, pointer)).toEqual({ kind: "values", values: [value] }),
  );

  test("several, in order", () =>
    expect(pick(document, "/stats/list/0", "/stats/connections")).toEqual({ kind: "values", values: [10, 5] }));
});

test("a byte order mark is no part of the document", () =>
  expect(pick(`\uFEFF${document}`, "/stats/connections")).toEqual({ kind: "values", values: [5] }));

describe("refuses", () => {
  const refused: [failure: string, document: string, pointer: string][] = [
    ["MetricMissing", document, "/stats/other"],
    ["MetricMissing", document, "/stats/connections/0"],
    ["MetricMissing", document, "/stats/list/2"],
    ["MetricMissing", document, "/stats/list/-"],
    ["MetricMissing", document, "/stats/list/00"],
    ["MetricMissing", document, "/stats/list/length"],
    ["MetricMissing", document, "/constructor"],
    ["MetricMissing", document, "/text/length"],
    ["MetricMissing", "7", "/stats"],
    ["MetricMissing", document, "/nobody/*"],
    ["MetricMissing", document, "/workers/*/idle"],
    ["ValueRefused", document, "/stats/*"],
    ["MetricMissing", document, "/nodes/*/tcp"],
    ["MetricMissing", document, "/text/*"],
    ["ValueRefused", document, "/words"],
    ["ValueRefused", document, "/workers/*"],
    ["ValueRefused", '{"a":[1,null]}', "/a/*"],
    ["ValueRefused", '{"a":[1e308,1e308]}', "/a/*"],
    ...["", " 5", "5 ", "0x5", "05", "1_000", "NaN", "-1", "1e999", "5%", "9".repeat(20)].map(
      (text): [string, string, string] => ["ValueRefused", JSON.stringify({ a: text }), "/a"],
    ),
    ["ValueRefused", document, "/none"],
    ["ValueRefused", document, "/stats"],
    ["ValueRefused", document, "/negative"],
    ["ValueRefused", '{"a":1e999}', "/a"],
    ["Malformed", "", "/a"],
    ["Malformed", "{", "/a"],
    ["Malformed", '{"a":NaN}', "/a"],
    ["Malformed", "<html>", "/a"],
    ["Malformed", "[".repeat(200_000), "/0"],
  ];
  test.each(refused)("%s", (failure, text, pointer) => expect(pick(text, pointer)).toEqual(failed(failure)));
});

test("never throws, and finds what is there", () =>
  fc.assert(
    fc.property(fc.json(), fc.array(fc.string(), { minLength: 1, maxLength: 3 }), fc.nat(), (text, keys, value) => {
      const pointer = keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
      expect(["values", "failed"]).toContain(pick(text, pointer).kind);
      const nested = keys.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
      expect(pick(JSON.stringify(nested), pointer)).toEqual({ kind: "values", values: [value] });
    }),
  ));
