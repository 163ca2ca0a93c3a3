import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScan, type WantedSeries } from "../../../src/observe/sources/prometheus.ts";

interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number | undefined;
}

const name = fc.constantFrom("a", "b", "ab", "a_b", "a:b", "A1");
const label = fc.constantFrom("x", "y", "_z", "le");
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", '"', "\\", "\n", '\\"\n}#,= ', "on"),
);
const value = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true }));
const line = fc.record<Line>({
  name,
  labels: fc.dictionary(label, text, { maxKeys: 4 }),
  value,
  timestamp: fc.option(fc.integer(), { nil: undefined }),
});
const wanted = fc.array(fc.record<WantedSeries>({ name, matchLabels: fc.dictionary(label, text, { maxKeys: 1 }) }), {
  minLength: 1,
  maxLength: 3,
});

/** How the same lines may be written. */
interface Style {
  readonly quoteNames: boolean;
  readonly lineEnd: string;
  readonly gap: string;
  readonly comment: string;
  readonly openMetrics: boolean;
}
const style = fc.record<Style>({
  quoteNames: fc.boolean(),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  gap: fc.constantFrom(" ", "\t", "  "),
  comment: fc.constantFrom("", "# HELP a {", '# TYPE "'),
  openMetrics: fc.boolean(),
});

const escapeText = (raw: string) => raw.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function print(lines: readonly Line[], { quoteNames, lineEnd, gap, comment, openMetrics }: Style): string {
  const printed = lines.map(({ name, labels, value, timestamp }) => {
    const pairs = Object.entries(labels).map(([key, text]) =>
      quoteNames ? `"${key}"="${escapeText(text)}"` : `${key}="${escapeText(text)}"`,
    );
    const head = quoteNames ? `{${[`"${name}"`, ...pairs].join()}}` : name + (pairs.length ? `{${pairs.join()}}` : "");
    return head + gap + value + (timestamp === undefined ? "" : gap + timestamp);
  });
  return [...printed.flatMap((line) => [line, comment]), ...(openMetrics ? ["# EOF"] : []), ""].join(lineEnd);
}

/** What a scan should find, said in the plainest way. */
function expected(lines: readonly Line[], series: readonly WantedSeries[]): object {
  const isOnce = (told: readonly Line[]): boolean => told.every(({ value }) => Object.is(value, told[0]!.value));
  const found = series.map(({ name, matchLabels }) => {
    const matching = lines.filter(
      (line) =>
        line.name === name &&
        Object.entries(matchLabels ?? {}).every(
          ([key, text]) => (Object.hasOwn(line.labels, key) ? line.labels[key] : "") === text,
        ),
    );
    return [...Map.groupBy(matching, ({ labels }) => JSON.stringify(Object.entries(labels))).values()];
  });
  // A series that is told twice is one, if both say the same.
  if (found.some((each) => !each.every(isOnce))) return { kind: "failed", failure: "ValueRefused" };
  const sums = found.map((each) => (each.length > 0 ? each.reduce((sum, [told]) => sum + told!.value, 0) : undefined));
  return sums.includes(undefined) ? { kind: "failed", failure: "MetricMissing" } : { kind: "values", values: sums };
}

/** A body that counts how often its bytes are looked at. */
function counted(body: Buffer): { readonly body: Buffer; readonly looks: () => number } {
  let looks = 0;
  const proxy = new Proxy(body, {
    get(target, property) {
      if (property === "indexOf") {
        return (byte: number, from: number) => {
          const at = target.indexOf(byte, from);
          looks += (at < 0 ? target.length : at) - from + 1;
          return at;
        };
      }
      if (property === "toString") {
        return (encoding: BufferEncoding, from: number, to: number) => {
          looks += to - from;
          return target.toString(encoding, from, to);
        };
      }
      if (typeof property === "string" && property.charCodeAt(0) < 0x3a) looks++;
      return Reflect.get(target, property, target);
    },
  });
  return { body: proxy, looks: () => looks };
}

const hard = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(
      fc.constantFrom("a", "b{", '"', "\\", "=", ",", "}", " ", "\n", "#", "1", "e", "{", 'x="', "\\!", "NaN", "\r"),
      {
        maxLength: 200,
      },
    )
    .map((parts) => Buffer.from(parts.join(""))),
  fc
    .tuple(
      fc.constantFrom("{", '"', "\\", "\\!", 'a{x="', "\n", 'a{x="",', "a ", "# "),
      fc.integer({ min: 1, max: 150 }),
    )
    .map(([part, times]) => Buffer.from(`a{x="${part.repeat(times)}`)),
);

describe("a scan", () => {
  test("finds what was printed", () =>
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), wanted, style, (lines, series, how) => {
        const found = createScan(series)(Buffer.from(print(lines, how)), { openMetrics: how.openMetrics });
        expect(found).toEqual(expected(lines, series));
      }),
      { numRuns: 2_000 },
    ));

  test("takes anything, and looks at each byte a bounded number of times", () =>
    fc.assert(
      fc.property(hard, wanted, fc.boolean(), (bytes, series, openMetrics) => {
        const { body, looks } = counted(bytes);
        const found = createScan(series)(body, { openMetrics, notBefore: 0 });
        expect(["values", "failed"]).toContain(found.kind);
        expect(looks()).toBeLessThanOrEqual(40 * bytes.length + 20);
      }),
      { numRuns: 3_000 },
    ));

  test("looks twice as often at twice the text", () => {
    for (const part of ['a{x="\\!', 'a{x="y",', "a 1\n", "{{", '"', "a{", "\\\\", "# EOF\n"]) {
      const looksAt = (times: number) => {
        const { body, looks } = counted(Buffer.from(`a{x="${part.repeat(times)}`));
        createScan([{ name: "a", matchLabels: { x: "y" } }])(body);
        return looks();
      };
      expect(looksAt(1_000)).toBeLessThanOrEqual(2 * looksAt(500) + 100);
    }
  });

  test("answers on mutations of good text with numbers that can be readings, or with a failure", () => {
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(5),
      insert: fc.string({
        unit: fc.constantFrom('"', "\\", "\n", "{", "}", ",", "=", " ", "-", "e", "9", "N"),
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        style,
        fc.array(mutation, { maxLength: 4 }),
        (lines, how, changes) => {
          let mutated = print(lines, how);
          for (const { at, remove, insert } of changes) {
            const from = Math.floor(at * mutated.length);
            mutated = mutated.slice(0, from) + insert + mutated.slice(from + remove);
          }
          const found = createScan([{ name: lines[0]!.name }])(Buffer.from(mutated), { openMetrics: how.openMetrics });
          if (found.kind === "values")
            expect(found.values.every((value) => Number.isFinite(value) && value! >= 0)).toBe(true);
          else expect(["Malformed", "MetricMissing", "ValueRefused"]).toContain(found.failure);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
