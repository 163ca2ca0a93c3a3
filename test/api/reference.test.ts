import { expect, test } from "vitest";
import { poolSchema } from "../../src/api/crd.ts";
import { describeFields } from "../../src/api/reference.ts";
import type { Schema } from "../../src/api/structural.ts";

/** Every field of a schema, as a path. */
function pathsOf(schema: Schema, path: string): string[] {
  const inner = (schema.items as Schema | undefined) ?? schema;
  return Object.entries((inner.properties ?? {}) as Record<string, Schema>).flatMap(([name, field]) => [
    `${path}.${name}`,
    ...pathsOf(field, `${path}.${name}`),
  ]);
}

/** The fields of the page's tables, as paths. */
function pathsIn(page: string): string[] {
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const path = section.slice(0, section.indexOf("\n"));
      return [...section.matchAll(/^\| \[?`(\w+)`/gm)].map(([, name]) => `${path}.${name}`);
    });
}

test("the reference tells of every field, once, and of nothing else", () => {
  const { spec, status } = poolSchema().properties as Record<string, Schema>;
  const fields = [...pathsOf(spec!, "spec"), ...pathsOf(status!, "status")];
  expect(pathsIn(describeFields(poolSchema())).sort()).toEqual(fields.sort());
});
