import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderCarriedFrame } from "../../../../../src/lab/cli/demo/carried/frame.ts";
import type { CarriedScene } from "../../../../../src/lab/cli/demo/carried/scene.ts";
import type { Size } from "../../../../../src/lab/cli/demo/frame.ts";
import { play } from "../scenes.ts";
import { row, scene } from "./scenes.ts";

const draw = (shown: CarriedScene, size: Size): string => `${renderCarriedFrame(shown, size, false).join("\n")}\n`;

describe("a frame of carried traffic, as it looks", () => {
  test.each([
    ["80x24", scene(), { columns: 80, rows: 24 }],
    ["120x24", scene({ failed: 2, trouble: "HAProxy answered 503" }), { columns: 120, rows: 24 }],
    ["narrow-40x10", scene(), { columns: 40, rows: 10 }],
    ["nothing-yet-80x24", scene({ rows: [], answered: 0, events: [] }), { columns: 80, rows: 24 }],
    [
      "played-80x24",
      scene({
        rows: [
          ...scene().rows,
          row("slow-65f88d4b9-fffff", 12.4, 12.2, { state: "frozen", isOut: true, reason: "Unhealthy: TimedOut" }),
        ],
        play: play({
          selected: "slow-65f88d4b9-fffff",
          notes: [{ atMs: 23_000, text: "slow-65f88d4b9-fffff: Unhealthy: TimedOut" }],
        }),
      }),
      { columns: 80, rows: 24 },
    ],
  ])("%s", async (name, shown, size) => {
    await expect(draw(shown, size)).toMatchFileSnapshot(`testdata/frame-${name}.txt`);
  });
});

const shares = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,50}[a-z0-9]$/),
  weight: fc.float({ min: 0, max: 100, noNaN: true }),
  traffic: fc.float({ min: 0, max: 100, noNaN: true }),
});
const scenes = fc
  .record({
    pods: fc.array(shares, { maxLength: 40 }),
    trouble: fc.option(fc.constant("it went wrong"), { nil: undefined }),
  })
  .map(({ pods, trouble }) =>
    scene({ rows: pods.map(({ name, weight, traffic }) => row(name, weight, traffic)), trouble }),
  );
const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 1, max: 80 }) });

describe("a frame of carried traffic, whatever it shows", () => {
  test("stays within the terminal", () => {
    fc.assert(
      fc.property(scenes, sizes, (shown, size) => {
        const lines = renderCarriedFrame(shown, size, false);
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(size.columns);
      }),
    );
  });

  test("has no escape sequence without colour, and the same text with it", () => {
    fc.assert(
      fc.property(scenes, sizes, (shown, size) => {
        const plain = renderCarriedFrame(shown, size, false);
        expect(plain.join("")).not.toContain("\x1b");
        const trimmed = renderCarriedFrame(shown, size, true).map((line) => stripVTControlCharacters(line).trimEnd());
        expect(trimmed).toEqual(plain);
      }),
    );
  });
});
