import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { crd, poolSchema } from "../../src/api/crd.ts";
import type { Schema } from "../../src/api/structural.ts";
import { structuralProblems } from "../../src/api/structural.ts";
import { printCrd } from "../../src/cli/crd.ts";

const schemaAt = (...path: readonly string[]): Schema =>
  path.reduce<Schema>((schema, name) => (schema.properties as Record<string, Schema>)[name]!, poolSchema());

describe("the CRD in the repository", () => {
  test("is fresh", async () => {
    const file = new URL("../../manifests/crd.yaml", import.meta.url);
    expect(parse(await readFile(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(crd())));
  });

  test("is found fresh by the check that CI runs, in manifests/ and in the chart", async () => {
    await expect(printCrd({ write: false, check: true })).resolves.toBeUndefined();
  });
});

describe("the schema", () => {
  test("is structural, and describes every field", () => {
    expect(structuralProblems(poolSchema())).toEqual([]);
  });

  test("shows durations and numbers in text as users write them", () => {
    expect(schemaAt("spec", "metrics", "interval")).toMatchObject({ type: "string", default: "1s" });
    const capacity = schemaAt("spec", "metrics", "source", "http", "load", "capacity");
    expect(capacity).toMatchObject({ "x-kubernetes-int-or-string": true, default: "100" });
    expect(capacity).not.toHaveProperty("type");
    expect(schemaAt("spec", "metrics", "source", "http", "port")).toMatchObject({ default: "metrics" });
  });

  test("asks only for what has no default", () => {
    expect(poolSchema().required).toEqual(["spec"]);
    expect(schemaAt("spec").required).toEqual(["ports"]);
    expect(schemaAt("spec", "scaling").required).toEqual(["maxReplicas"]);
    expect(schemaAt("spec", "targetRef").required).toEqual(["name"]);
    expect(schemaAt("status").required).toBeUndefined();
  });

  test("bounds every integer to 32 bits", () => {
    const integers = (schema: Schema): Schema[] => [
      ...(schema.type === "integer" ? [schema] : []),
      ...Object.values((schema.properties ?? {}) as Record<string, Schema>).flatMap(integers),
      ...(schema.items ? integers(schema.items as Schema) : []),
    ];
    const all = integers(poolSchema());
    expect(all.length).toBeGreaterThan(10);
    for (const { format, minimum, maximum } of all) {
      expect(format).toBe("int32");
      expect(minimum).toBeGreaterThanOrEqual(-(2 ** 31));
      expect(maximum).toBeLessThanOrEqual(2 ** 31 - 1);
    }
  });

  test("gives its rules in CEL, each with a message", () => {
    const rules = schemaAt("spec")["x-kubernetes-validations"] as { rule: string; message: string }[];
    expect(rules).toContainEqual({
      rule: "has(self.targetRef) != has(self.selector)",
      message: "exactly one of targetRef and selector is needed",
    });
    for (const { rule, message } of rules) expect(Math.min(rule.length, message.length)).toBeGreaterThan(10);
  });
});
