import { expect, test } from "vitest";
import { lintRules } from "../../tools/house/lint-rules.ts";

const rooms = ["decide", "cli", "lab", "lab/cli", "lab/sim", "main.ts"];
const { overrides } = lintRules({ rooms, packages: ["node:*", "zod"], depthOf: (room) => room.split("/").length + 1 });
const deniedTo = (room: string): readonly string[] =>
  overrides.find(({ includes }) => includes[0] === `src/${room}/**`)!.linter.rules.style.noRestrictedImports.options
    .patterns[0]!.group;

test("a room is denied the lab whole, from any depth", () => {
  const denied = deniedTo("decide");
  expect(denied).toEqual(expect.arrayContaining(["../lab/**", "../../lab/**", "../main.ts", "node:*"]));
  expect(denied.filter((path) => path.includes("lab/"))).toEqual(["../lab/**", "../../lab/**"]);
});

test("rooms of one folder spell each other without it, and are not denied themselves", () => {
  const denied = deniedTo("lab/sim");
  expect(denied).toEqual(expect.arrayContaining(["../cli/**", "../../cli/**", "../../../cli/**"]));
  expect(denied.filter((path) => path.includes("sim") || path.includes("lab"))).toEqual([]);
  expect(denied.filter((path) => path.includes("decide"))).toEqual([]);
});
