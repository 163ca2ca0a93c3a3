import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pool } from "../../src/api/pool.ts";
import { confineQuery } from "../../src/promql/confine.ts";
import { blocksOf, textOf } from "../tools/documents/pages.ts";

/** Everything under a key `expr` in the page's blocks, and in its tables. */
function queriesIn(page: string): string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "expr" && typeof inner === "string") found.push(inner);
      else look(inner);
    }
  };
  for (const { language, text } of blocksOf(page))
    if (language === "yaml") for (const document of parseAllDocuments(text)) look(document.toJS());
  return found;
}

describe.each(["docs/sources.md", "docs/migration.md"])("%s", (page) => {
  test("shows queries that are asked", () => {
    const queries = queriesIn(page);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(confineQuery(query, "shop"), query).toMatchObject({ kind: "confined" });
  });
});

test("docs/migration.md shows a pool, and queries in the place of the adapter's, that are taken", () => {
  const pools = blocksOf("docs/migration.md").flatMap(({ text }) =>
    text.startsWith("apiVersion: evenkeel.io") ? parseAllDocuments(text).map((document) => document.toJS()) : [],
  );
  expect(pools).toHaveLength(1);
  expect(pool.safeParse(pools[0].spec).success || pool.safeParse(pools[0]).success).toBe(true);
  const rows = [...textOf("docs/migration.md").matchAll(/`expr: ([^`]+)`/g)].map(([, query]) => query!);
  expect(rows.length).toBeGreaterThan(1);
  for (const query of rows) expect(confineQuery(query, "shop"), query).toMatchObject({ kind: "confined" });
});
