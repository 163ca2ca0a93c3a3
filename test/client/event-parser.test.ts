import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventParser } from "../../src/client/event-parser.ts";

const parse = (...pieces: string[]) => {
  const parser = createEventParser(1_000);
  return pieces.flatMap((piece) => parser.push(piece));
};

test("reads name, data and id, and leaves comments out", () => {
  expect(parse(": alive\n\nevent: pool\nid: 7\ndata: {}\n\n")).toEqual([{ name: "pool", data: "{}", id: "7" }]);
});

test("an id stands until there is another; a name does not", () => {
  expect(parse("id: 1\nevent: x\ndata: a\n\ndata: b\n\nid: 2\u0000\ndata: c\n\nid\ndata: d\n\n")).toEqual([
    { name: "x", data: "a", id: "1" },
    { name: "message", data: "b", id: "1" },
    { name: "message", data: "c", id: "1" },
    { name: "message", data: "d", id: "" },
  ]);
});

test("an id stands that came without data", () => {
  expect(parse("id: 5\n\ndata: a\n\n")).toEqual([{ name: "message", data: "a", id: "5" }]);
});

test("joins lines of data, and needs some", () => {
  expect(parse("data: a\ndata:b\ndata:  c\ndata\n\nevent: nothing\n\n")).toEqual([
    { name: "message", data: "a\nb\n c\n", id: "" },
  ]);
});

test("an event that does not end is none", () => {
  expect(parse("data: a\n")).toEqual([]);
});

test("reads the same from any pieces, with any ends of line, with and without a mark in front", () => {
  const text = ": hi\n\nevent: pool\nid: 1\ndata: a:b\ndata: c\n\ndata: d\n\nevent: gone\ndata: e\n\n";
  const expected = parse(text);
  expect(expected).toHaveLength(3);
  fc.assert(
    fc.property(fc.array(fc.nat(100)), fc.constantFrom("\n", "\r\n", "\r"), fc.boolean(), (cuts, end, marked) => {
      const whole = (marked ? "\uFEFF" : "") + text.replaceAll("\n", end);
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const events = parse(...at.slice(1).map((to, index) => whole.slice(at[index], to)));
      // The last return may be half of an end of line, so the last event may still be to come.
      expect(events).toEqual(end === "\r" ? expected.slice(0, events.length) : expected);
      expect(events.length).toBeGreaterThanOrEqual(2);
    }),
  );
});

test("an event without end is refused, in one line or in many", () => {
  expect(() => parse("data: ", "x".repeat(1_100))).toThrow(/larger than 1000/);
  expect(() => parse(...Array.from({ length: 20 }, () => `data: ${"x".repeat(100)}\n`))).toThrow(/larger than 1000/);
  const parser = createEventParser(1_000);
  for (let event = 0; event < 50; event += 1) expect(parser.push(`data: ${"x".repeat(100)}\n\n`)).toHaveLength(1);
});
