import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../src/decide");
const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
const sources = await Promise.all(
  names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
);

const impure =
  /\b(Date|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process|console|performance|crypto|globalThis|await|async|import\()/g;
const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

test.each(sources)("%s names no clock, randomness, timer, network or log", (_, source) => {
  expect(withoutComments(source).match(impure) ?? []).toEqual([]);
});

test.each(sources)("%s imports decide and api alone", (name, source) => {
  for (const [, from] of source.matchAll(/from "([^"]+)"/g)) {
    const room = from!.startsWith(".") && relative(folder, join(folder, dirname(name), from!));
    expect(room && (!room.startsWith("..") || room.startsWith(join("..", "api"))), from).toBe(true);
  }
});

test("the list of sources is the folder's", () => {
  expect(names).toEqual(
    expect.arrayContaining(["plan.ts", join("scaling", "decide-scale.ts"), join("strategies", "rank.ts")]),
  );
});
