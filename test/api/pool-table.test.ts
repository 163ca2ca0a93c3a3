import { describe, expect, test } from "vitest";
import { pool } from "../../src/api/pool.ts";
import { poolTable } from "../suites/pool-table.ts";
import { spec } from "../suites/pool-table-row.ts";

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

test.each([
  ["http", 0.8, 'must be a whole number, or a decimal in quotes, such as "1.5"'],
  ["json", 1.5, 'must be a whole number, or a decimal in quotes, such as "1.5"'],
  ["resource", 0.5, "must be a CPU quantity, such as 500m or 2. Write a decimal in millicores, such as 1500m"],
] as const)(
  "a capacity of %s that is a number with a fraction is told how to write it: %d",
  (source, capacity, words) => {
    const load = {
      http: { load: { name: "l", capacity } },
      json: { load: { pointer: "/l", capacity } },
      resource: { capacity },
    }[source];
    const { error } = pool.safeParse({
      metadata: { name: "web" },
      spec: spec({ metrics: { interval: "5s", timeout: "1s", source: { [source]: load } } }),
    });
    expect(error?.issues.map(({ message }) => message)).toEqual([words]);
  },
);

test("every pool of the table has its own name, so that a failure points at one", () => {
  const names = poolTable.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
