import { expect, test } from "vitest";
import * as z from "zod";
import type { Schema } from "../../src/api/structural.ts";
import { structuralProblems } from "../../src/api/structural.ts";

const described = z.string().describe("A text.");
const print = (schema: z.ZodType) => z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as Schema;
const field = (schema: Schema): Schema => ({ type: "object", properties: { a: { description: "A.", ...schema } } });

test("says nothing of a schema that the API server takes", () => {
  const schema = print(
    z.object({
      text: described.max(3).regex(/^a+$/),
      count: z.int32().describe("A number."),
      map: z.record(z.string(), z.string()).describe("A map."),
      list: z.array(z.object({ text: described })).describe("A list."),
    }),
  );
  expect(structuralProblems(schema)).toEqual([]);
});

test.each<[what: string, schema: Schema, problem: string]>([
  ["no type", field({}), ".a: type is missing"],
  ["two types", field({ type: ["string", "null"] }), ".a: type is missing"],
  ["a float", field({ type: "number" }), ".a: floats are not allowed"],
  ["a list of anything", field({ type: "array" }), ".a: items is missing"],
  ["a closed object", field({ type: "object", additionalProperties: false }), ".a: additionalProperties is false"],
  [
    "properties beside additionalProperties",
    field({ type: "object", properties: {}, additionalProperties: { type: "string" } }),
    ".a: properties and additionalProperties",
  ],
  ["a look-ahead", field({ type: "string", pattern: "^(?=a)" }), ".a: pattern is not RE2"],
  ["a back-reference", field({ type: "string", pattern: "^(a)\\1$" }), ".a: pattern is not RE2"],
  ["an unknown format", field({ type: "string", format: "starts_with" }), ".a: format starts_with"],
  ["no description", { type: "object", properties: { a: { type: "string" } } }, ".: .a has no description"],
  ["a fault in a list", field({ type: "array", items: {} }), ".a[]: type is missing"],
  ["a fault in a map", field({ type: "object", additionalProperties: {} }), ".a{}: type is missing"],
  ["a fault two fields down", field(field({ type: "number" })), ".a.a: floats are not allowed"],
  ...["$ref", "const", "anyOf", "oneOf", "allOf", "not", "uniqueItems", "propertyNames", "patternProperties"].map(
    (key): [string, Schema, string] => [key, field({ type: "string", [key]: [] }), `.a: ${key} is not supported`],
  ),
])("finds %s", (_, schema, problem) => {
  expect(structuralProblems(schema)).toContain(problem);
});

test.each<[what: string, schema: z.ZodType]>([
  ["z.unknown", z.unknown()],
  ["z.number", z.number()],
  ["z.strictObject", z.strictObject({ a: described })],
  ["a union of types", z.union([z.int32(), z.string()])],
  ["a discriminated union", z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") })])],
  ["startsWith", z.string().startsWith("/")],
  ["a look-ahead", z.string().regex(/^(?!a)/)],
  ["a shared schema", z.object({ b: z.string().meta({ id: "Shared" }), c: z.string().describe("C.") })],
])("finds %s as zod prints it", (_, schema) => {
  expect(structuralProblems(print(z.object({ a: schema.describe("A.") })))).not.toEqual([]);
});
