import { expect, test } from "vitest";
import { circlesIn } from "../../tools/house/circles.ts";
import { mostLines, problemsOf } from "../../tools/house/problems.ts";
import { exportedTypesOf, importsOf } from "../../tools/house/sources.ts";

const source = (path: string, text: string) => ({ path, text });

test("imports are seen in every form, types included", () => {
  const text = `import { a } from "./a.ts";
import type { B } from "../b.ts";
import {
  c,
  type D,
} from "./c/d.ts";
export { e } from "./e.ts";
import "./f.ts";
const g = await import("./g.ts");
`;
  expect(importsOf(source("x.ts", text))).toEqual(["./a.ts", "../b.ts", "./c/d.ts", "./e.ts", "./f.ts", "./g.ts"]);
});

test("types are seen that are exported", () => {
  const text = `export interface A {}
export type B<T> = T;
export abstract class C {}
interface D {}
  export type Indented = 1;
export const e = 1;
`;
  expect(exportedTypesOf(source("x.ts", text))).toEqual(["A", "B", "C"]);
});

test.each<[what: string, graph: Record<string, string[]>, circles: string[][]]>([
  ["nothing", {}, []],
  ["a line", { a: ["b"], b: ["c"], c: [] }, []],
  ["a diamond", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
  ["a pair", { a: ["b"], b: ["a"] }, [["a", "b"]]],
  ["a long way round", { a: ["b"], b: ["c"], c: ["d"], d: ["b"] }, [["b", "c", "d"]]],
  [
    "two circles with a bridge",
    { a: ["b"], b: ["a", "c"], c: ["d"], d: ["c"] },
    [
      ["c", "d"],
      ["a", "b"],
    ],
  ],
  ["two circles with a common member", { a: ["b", "c"], b: ["a"], c: ["a"] }, [["a", "b", "c"]]],
  ["what is not there", { a: ["z"] }, []],
])("circles in %s", (_, graph, circles) => {
  expect(circlesIn(new Map(Object.entries(graph)))).toEqual(circles);
});

test("a house without fault has no problem", () => {
  expect(
    problemsOf([
      source("a.ts", 'import type { B } from "./rooms/b.ts";\nexport interface A {}\n'),
      source("rooms/b.ts", "export interface B {}\n"),
    ]),
  ).toEqual([]);
});

test("each fault is named with its files", () => {
  const problems = problemsOf([
    source("a.ts", 'import type { B } from "./rooms/b.ts";\nexport interface Twin {}\n'),
    source("rooms/b.ts", 'import { a } from "../a.ts";\nexport type Twin = 1;\n'),
    source("long.ts", "\n".repeat(mostLines + 1)),
    source("longest.ts", "\n".repeat(mostLines)),
  ]);
  expect(problems).toEqual([
    "These files import each other in a circle, types included: a.ts, rooms/b.ts",
    "The type Twin is exported by a.ts and rooms/b.ts: one word, one thing",
    "long.ts has 301 lines, and 300 are the most: there is a second room inside",
  ]);
});
