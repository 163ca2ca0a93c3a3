import { expect, test } from "vitest";
import { defined } from "../../src/api/defined.ts";

test("fields that are undefined are not there; what is empty, zero, false or null is", () => {
  const kept = defined({ zero: 0, text: "", no: false, nothing: null, gone: undefined });
  expect(Object.entries(kept)).toEqual([
    ["zero", 0],
    ["text", ""],
    ["no", false],
    ["nothing", null],
  ]);
});

test("what is spread over other fields leaves those alone for which it has no value", () => {
  const given: { port?: number } = {};
  expect({ port: 80, ...defined({ port: given.port }) }).toEqual({ port: 80 });
});
