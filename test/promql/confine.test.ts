import { describe, expect, test } from "vitest";
import type { QueryFault } from "../../src/decide/samples/findings.ts";
import { confineQuery } from "../../src/promql/confine.ts";

/** Without the blanks, which stand between all tokens. */
const bare = (text: string): string => text.replaceAll(" ", "");

function confined(query: string) {
  const answer = confineQuery(query, "shop");
  if (answer.kind === "refused") throw new Error(`${query} is refused: ${answer.fault} at ${answer.at}`);
  return { query: bare(answer.query), ages: answer.ages.map(bare) };
}

describe("the matcher of the namespace", () => {
  test.each([
    ["up", 'up{namespace="shop"}'],
    ["up{}", 'up{namespace="shop"}'],
    ['up{job="a",}', 'up{job="a",namespace="shop"}'],
    ["up{job='a\"b'}", 'up{job="a\\"b",namespace="shop"}'],
    ["up{job=`a\\d`}", 'up{job="a\\\\d",namespace="shop"}'],
    ['{"my.metric"}', '{__name__="my.metric",namespace="shop"}'],
    ['{"my.metric","my.label"=~"a|b"}', '{__name__="my.metric","my.label"=~"a|b",namespace="shop"}'],
    ['{__name__="up"}', '{__name__="up",namespace="shop"}'],
    ["a or b", 'a{namespace="shop"}orb{namespace="shop"}'],
    ["a / on (pod) group_left () b", 'a{namespace="shop"}/on(pod)group_left()b{namespace="shop"}'],
    ["sum by (pod) (rate(a[5m]))", 'sumby(pod)(rate(a{namespace="shop"}[5m]))'],
    ["max_over_time(rate(a[1m])[5m:15s])", 'max_over_time(rate(a{namespace="shop"}[1m])[5m:15s])'],
    ["a @ start() - a offset 5m", 'a{namespace="shop"}@start()-a{namespace="shop"}offset5m'],
    ['label_replace(a, "pod", "b", "", "")', 'label_replace(a{namespace="shop"},"pod","b","","")'],
    ["topk(scalar(b), a)", 'topk(scalar(b{namespace="shop"}),a{namespace="shop"})'],
    ["limitk(2, a)", 'limitk(2,a{namespace="shop"})'],
    ["-a", '-a{namespace="shop"}'],
    ["sum", 'sum{namespace="shop"}'],
    ["vector(1) + on () a", 'vector(1)+on()a{namespace="shop"}'],
  ])("is in every selector of %s", (query, expected) => expect(confined(query).query).toBe(expected));

  test.each([
    ["the same", 'up{namespace="shop"}', 'up{namespace="shop",namespace="shop"}'],
    ["a pattern, which the server reads", 'up{namespace=~".*"}', 'up{namespace=~".*",namespace="shop"}'],
    ["another that is excluded", 'up{namespace!="else"}', 'up{namespace!="else",namespace="shop"}'],
  ])("comes beside %s", (_, query, expected) => expect(confined(query).query).toBe(expected));

  test("comes with further labels, where the server knows several clusters", () => {
    const answer = confineQuery('sum by (pod) (a{cluster="west"} + b)', "shop", { cluster: "east" });
    if (answer.kind === "refused") throw new Error(answer.fault);
    const own = 'cluster="east",namespace="shop"';
    expect(bare(answer.query)).toBe(`sumby(pod)(a{cluster="west",${own}}+b{${own}})`);
    for (const age of answer.ages) expect(age).toContain(`${own}}`);
  });

  test("is written as the server reads it, whatever the namespace is called", () => {
    const answer = confineQuery("up", 'a"},{b');
    expect(answer).toMatchObject({ query: 'up{namespace="a\\"},{b"}' });
  });
});

describe("what another parser would read otherwise is not passed on", () => {
  test.each([
    ["a comment that ends with a carriage return", "a # \r or b"],
    ["a comment with quotes in it", 'a # "\n'],
    ["a comment in braces", "a{# }\n}"],
    ["a comment at the end", "a # b"],
  ])("%s", (_, query) => expect(confined(query).query).toBe('a{namespace="shop"}'));

  test("escapes, which are written out", () =>
    expect(confined(String.raw`a{x="\x41\u00e9\101\U0001F600\n"}`).query).toBe('a{x="AéA😀\\n",namespace="shop"}'));
});

const refusals: [query: string, fault: QueryFault, at: number][] = [
  ['a{namespace="other"}', "OtherNamespace", 2],
  ['a{namespace!="shop"}', "OtherNamespace", 2],
  ['a{"namespace"="other"}', "OtherNamespace", 2],
  [String.raw`a{"name\x73pace"="other"}`, "OtherNamespace", 2],
  ['{__name__=~".+"}', "NoMetric", 0],
  ["sum by (pod) ({job='a'})", "NoMetric", 14],
  ["{}", "NoMetric", 0],
  ['{""}', "NoMetric", 0],
  ["info(a)", "ForeignFunction", 0],
  ['absent(a{pod="b"})', "ForeignFunction", 0],
  ["a[5m]", "NoVector", 0],
  ["(a[5m:1m])", "NoVector", 0],
  ["1", "NoVector", 0],
  ['"a"', "NoVector", 0],
  ["time()", "NoSelector", 0],
  ['label_replace(vector(1), "pod", "a", "", "")', "NoSelector", 0],
  ["max_over_time(a[5m:1m] offset 1h)", "ShiftedSubquery", 14],
  ["max_over_time(a[5m:1m] @ 0)", "ShiftedSubquery", 14],
  ["b + max_over_time((a)[5m:1m] offset 1h)", "ShiftedSubquery", 18],
  [Array.from({ length: 17 }, () => "a").join(" + "), "TooManySelectors", 64],
  ["", "Syntax", 0],
  ["a b", "Syntax", 2],
  ['a{x="b', "Syntax", 6],
  ['a{x="b" or y="c"}', "Syntax", 8],
  ["nothing_known(a)", "Syntax", 13],
  ["a\u00a0+ b", "Syntax", 1],
  ["a{x='\\q'}", "Syntax", 5],
  [String.raw`a{x="\xff"}`, "Syntax", 5],
  ['a{x="\ud800"}', "Syntax", 5],
  ["a offset 1m offset 2m", "Syntax", 20],
  ["a; b", "Syntax", 1],
  ["a) or (b", "Syntax", 1],
];
test.each(refusals)("%s is refused", (query, fault, at) =>
  expect(confineQuery(query, "shop")).toEqual({ kind: "refused", fault, at }),
);

test("nesting is read as deep as anybody nests", () => {
  const nested = (depth: number): string => `${"abs(".repeat(depth)}a${")".repeat(depth)}`;
  expect(confined(nested(50)).query).toContain('a{namespace="shop"}');
  expect(confineQuery(nested(70), "shop")).toMatchObject({ fault: "TooDeep" });
});

/** As long as a query may be. */
const longest: [what: string, query: string][] = [
  ["offsets", `a${" offset 1m".repeat(199)}`],
  ["times", `a${" @ 1".repeat(490)}`],
  ["offsets of a sum", `${"a+".repeat(15)}a${" offset 1m".repeat(190)}`],
  ["parentheses", `${"(".repeat(990)}a${")".repeat(990)}`],
  ["sums", Array.from({ length: 500 }, () => "a").join(" + ")],
  ["signs", `${"-".repeat(1_990)}a`],
  ["subqueries", `abs(a${"[5m:1m]".repeat(280)})`],
  ["a computed range", `rate(a[${"1m+".repeat(600)}1m])`],
];
test.each(longest)("%s without end are refused before they are written anew", (_, query) =>
  expect(confineQuery(query, "shop")).toMatchObject({ fault: "TooDeep" }),
);

describe("the times of samples are asked for", () => {
  const a = 'timestamp(a{namespace="shop"})';
  const by = (time: string) => bare(`min by (namespace, pod) (${time})`);
  test.each<[what: string, query: string, times: readonly string[]]>([
    ["as the selector has them", "a", [a]],
    ["once where it comes twice", "a / a", [a]],
    ["of both sides", "a / b", [a, 'timestamp(b{namespace="shop"})']],
    ["and not of what must not be there", "a unless b", [a]],
    ["of series that are in the range", "rate(a[2m])", [`(${a}>time()-120)`]],
    ["of the oldest of those that are added up", "sum by (pod) (a)", [`minby(pod)(${a})`]],
    [
      "with labels as they are changed",
      'label_replace(a, "pod", "$1", "b", "(.*)")',
      [`label_replace(${a},"pod","$1","b","(.*)")`],
    ],
    ["of all together, for a scalar", "b * scalar(a)", ['timestamp(b{namespace="shop"})', `min(${a})`]],
    ["of now, where an earlier time is beside it", "a - a offset 5m", [a]],
    ["of each as it is, where this grammar has both go together", "b offset 5m - a", [a]],
    [
      "of a range, of the last operand alone",
      "b + rate(a[1m])",
      ['timestamp(b{namespace="shop"})', `(${a}>time()-60)`],
    ],
    ["of an earlier time, where there is nothing else", "a offset 5m", ['timestamp(a{namespace="shop"}offset5m)']],
    ["of an earlier time, with its range", "rate(a[5m] offset 1h)", ['timestamp(a{namespace="shop"}offset1h)']],
    ["of what is chosen from", "topk(3, a)", [a]],
  ])("%s: %s", (_, query, times) => expect(confined(query).ages).toEqual(times.map(by)));
});
