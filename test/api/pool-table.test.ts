import { describe, expect, test } from "vitest";
import { pool } from "../../src/api/pool.ts";
import { poolTable } from "../support/pool-table.ts";
import { spec } from "../support/pool-table-row.ts";

/** A path as the API server prints it. */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");

describe("zod's verdict", () => {
  test.each(poolTable)("$name", ({ poolName, spec, refusal }) => {
    const parsed = pool.safeParse({ metadata: { name: poolName }, spec });
    const issues = (parsed.error?.issues ?? []).map(({ path, message }) => ({ field: fieldOf(path), message }));
    if (!refusal || refusal.isRead) expect(issues).toEqual([]);
    else expect(issues).toContainEqual({ field: refusal.field, message: expect.stringContaining(refusal.says ?? "") });
  });
});

test("a timeout that is longer than any may be now counts as the longest, of samples and of probes", () => {
  const times = { interval: "1h", timeout: "59m" };
  const { metrics } = pool.parse({
    metadata: { name: "web" },
    spec: spec({
      metrics: { ...times, source: { json: { load: { pointer: "/l" } } }, probe: { type: "TCP", ...times } },
    }),
  }).spec;
  expect([metrics?.timeout, metrics?.probe?.timeout]).toEqual([10_000, 10_000]);
});

test("every pool of the table has its own name, so that a failure points at one", () => {
  const names = poolTable.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
