import { parser } from "@prometheus-io/lezer-promql";
import fc from "fast-check";
import { expect, test } from "vitest";
import { confineQuery } from "../../src/promql/confine.ts";

const strict = parser.configure({ strict: true });

/** The texts of all selectors of a query. */
function selectorsIn(query: string): string[] {
  const found: string[] = [];
  strict.parse(query).iterate({
    enter: ({ name, from, to }) => void (name === "VectorSelector" && found.push(query.slice(from, to))),
  });
  return found;
}

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom('namespace="x"', "}", "# ", "\r", '\\"', "`", "namespace", ".+", "a} or b{"),
);
/** As people quote it, in the three ways. */
const anyString = fc.tuple(anyText, fc.constantFrom('"', "'", "`")).map(([text, quote]) => {
  if (quote === "`") return `\`${text.replaceAll("`", "")}\``;
  return `${quote}${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll("'", quote === "'" ? "\\'" : "'")
    .replaceAll('\\"', quote === "'" ? '"' : '\\"')}${quote}`;
});
const anyLabel = fc.constantFrom("pod", "job", "namespace", "__name__", '"name\\x73pace"', '"a.b"', "by", "on");
const anyMatcher = fc
  .tuple(anyLabel, fc.constantFrom("=", "!=", "=~", "!~"), anyString)
  .map(([label, op, value]) => `${label}${op}${value}`);
const anyName = fc.constantFrom("up", "sum", "rate", "a:b", "by", "or", "start", "info");
const anySelector = fc
  .tuple(fc.option(anyName, { nil: "" }), fc.array(anyMatcher, { maxLength: 3 }))
  .map(([name, matchers]) => `${name}{${matchers.join(" , ")}}`);
const anyGap = fc.constantFrom(" ", " ", "\n", "\t", " # \" ' `\n", " # \r\n", " # } or up\n");

const { query: anyQuery } = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    anySelector,
    anyName,
    fc
      .tuple(
        tie("query"),
        anyGap,
        fc.constantFrom("or", "and", "unless", "+", "/", "== bool", "* on (pod) group_left ()"),
        tie("query"),
      )
      .map(([left, gap, op, right]) => `${left}${gap}${op}${gap}${right}`),
    fc
      .tuple(fc.constantFrom("rate", "max_over_time"), anySelector, fc.constantFrom("[5m]", "[5m:]", "[1h:1m]"))
      .map(([name, selector, range]) => `${name}(${selector}${range})`),
    tie("query").map((inner) => `label_replace(${inner}, "namespace", "x", "", "")`),
    fc
      .tuple(fc.constantFrom("sum by (pod)", "topk", "count_values", "limitk"), tie("query"))
      .map(([name, inner]) =>
        name === "sum by (pod)"
          ? `${name} (${inner})`
          : `${name}(${name === "count_values" ? '"pod"' : "2"}, ${inner})`,
      ),
    fc
      .tuple(anySelector, fc.constantFrom("offset 5m", "offset -5m", "@ 0", "@ end()"))
      .map(([selector, modifier]) => `${selector} ${modifier}`),
    tie("query").map((inner) => `(${inner})`),
    tie("query").map((inner) => `absent(${inner})`),
  ),
}));

const isWithin = (query: string): boolean =>
  selectorsIn(query).every((selector) => selector.endsWith('namespace="shop"}'));

test("every selector of what is asked has the matcher of the namespace", () => {
  let asked = 0;
  fc.assert(
    fc.property(anyQuery, (query) => {
      const answer = confineQuery(query, "shop");
      if (answer.kind === "refused") return;
      asked += 1;
      expect([answer.query, ...answer.ages].filter((one) => !isWithin(one))).toEqual([]);
      expect(selectorsIn(answer.query)).toHaveLength(selectorsIn(query).length);
    }),
    { numRuns: 2_000 },
  );
  expect(asked).toBeGreaterThan(200);
});

test("any text is read or refused, and what is asked is read the same once more", () => {
  fc.assert(
    fc.property(fc.oneof(anyQuery, fc.string({ unit: "binary" }), fc.mixedCase(anyQuery)), (query) => {
      const answer = confineQuery(query, "shop");
      if (answer.kind === "refused") {
        expect(answer.at).toBeLessThanOrEqual(query.length);
        return;
      }
      const again = confineQuery(answer.query, "shop");
      expect(again.kind).toBe("confined");
      expect(isWithin((again as typeof answer).query)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
