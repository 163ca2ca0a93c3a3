import { intOrString } from "./int-or-string.ts";

/** A JSON schema as zod prints it and a CRD holds it. */
export interface Schema {
  readonly [key: string]: unknown;
}

const unsupported = [
  "$ref",
  "$defs",
  "definitions",
  "dependencies",
  "patternProperties",
  "additionalItems",
  "const",
  "examples",
  "if",
  "then",
  "else",
  "propertyNames",
  "contains",
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "uniqueItems",
];
const formats = new Set(["int32", "int64", "date-time", "byte", "duration"]);

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

function children(schema: Schema): [string, Schema][] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  return [
    ...properties.map(([name, child]): [string, Schema] => [`.${name}`, child]),
    ...(isSchema(schema.items) ? [["[]", schema.items] as [string, Schema]] : []),
    ...(isSchema(schema.additionalProperties) ? [["{}", schema.additionalProperties] as [string, Schema]] : []),
  ];
}

/**
 * Why the API server would refuse a schema: the rules for structural schemas, fewer junctors than it allows,
 * and a description on every field. Empty when there is nothing to say.
 */
export function structuralProblems(schema: Schema, path = "."): string[] {
  const at = (problem: string) => `${path}: ${problem}`;
  const found: string[] = [];
  if (typeof schema.type !== "string" && !schema[intOrString]) found.push(at("type is missing"));
  if (schema.type === "number") found.push(at("floats are not allowed"));
  if (schema.type === "array" && !schema.items) found.push(at("items is missing"));
  if (schema.additionalProperties === false) found.push(at("additionalProperties is false"));
  if (schema.properties && schema.additionalProperties) found.push(at("properties and additionalProperties"));
  for (const key of unsupported) if (key in schema) found.push(at(`${key} is not supported`));
  if (typeof schema.pattern === "string" && /\(\?|\\[1-9]/.test(schema.pattern)) found.push(at("pattern is not RE2"));
  if (typeof schema.format === "string" && !formats.has(schema.format)) found.push(at(`format ${schema.format}`));
  for (const [key, child] of children(schema)) {
    if (key.startsWith(".") && key !== ".metadata" && typeof child.description !== "string")
      found.push(at(`${key} has no description`));
    found.push(...structuralProblems(child, path === "." ? key : path + key));
  }
  return found;
}
