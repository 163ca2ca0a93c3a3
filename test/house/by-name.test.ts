import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { strategyTypes } from "../../src/api/pool.ts";
import { sourceTypes } from "../../src/api/sources/sources.ts";
import { readSources } from "../../tools/house/sources.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));

/** The rooms of a pass; a command line may ask for what it likes. */
const rooms = /^(?:act|control|decide|observe|serve)\//;

const asksFor = (names: readonly string[]): RegExp => new RegExp(`(?:[!=]==|\\bcase)\\s*"(?:${names.join("|")})"`);

test("asking for a name is seen", () => {
  for (const text of ['if (source.type !== "push")', 'case "push":', 'x ==="push"'])
    expect(asksFor(["pull", "push"]).test(text)).toBe(true);
  expect(asksFor(["push"]).test('{ push: startPush, type: "push" }')).toBe(false);
});

test.each<[what: string, names: readonly string[], except: readonly string[]]>([
  // Where clients report, which is for one source alone.
  ["source", sourceTypes, ["serve/reports/reports.ts"]],
  ["strategy", strategyTypes, []],
])("no file asks by its name which %s a pool has: a table says what it must know", async (_, names, except) => {
  const files = (await readSources(src)).filter(({ path }) => rooms.test(path));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter(({ text }) => asksFor(names).test(text)).map(({ path }) => path)).toEqual(except);
});
