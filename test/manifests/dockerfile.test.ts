import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const linesOf = (file: string): string[] => readFileSync(join(root, file), "utf8").split("\n");

/** What build.ts imports from beside it, by its own imports alone: folders are copied whole. */
const imported = [...readFileSync(join(root, "build.ts"), "utf8").matchAll(/from "\.\/([^"]+)"/g)].map(
  ([, path]) => path!.split("/")[0]!,
);

test("the image's build has all that build.ts imports", () => {
  const copied = linesOf("Dockerfile").flatMap((line) =>
    line.startsWith("COPY ") ? line.split(" ").slice(1, -1) : [],
  );
  const allowed = linesOf(".dockerignore").flatMap((line) => (line.startsWith("!") ? line.slice(1) : []));
  expect(imported.filter((name) => !copied.includes(name))).toEqual([]);
  expect(imported.filter((name) => !allowed.includes(name))).toEqual([]);
});
