import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Size } from "../../../../../src/lab/cli/demo/frame.ts";
import { renderServiceFrame } from "../../../../../src/lab/cli/demo/service/frame.ts";
import type { ServiceScene } from "../../../../../src/lab/cli/demo/service/scene.ts";
import { blocksOf } from "../../../../tools/documents/pages.ts";
import { row, scene } from "./scenes.ts";

const draw = (shown: ServiceScene, size: Size): string => `${renderServiceFrame(shown, size, false).join("\n")}\n`;

const joined = scene({
  rows: [
    row("plain", [21, 29, 24, 16, 24, 26, 24, 17, 36, 23, 4, 3, 5, 2, 4]),
    row("least-busy", [-20, -20, 18, -21, 19, 17, -19, 18, -20, 17, 9, 10, 8, 11, 9], {
      setting: "readySet: LeastBusy",
    }),
  ],
});

describe("a frame of two Services, as it looks", () => {
  test.each([
    ["80x24", scene(), { columns: 80, rows: 24 }],
    ["120x40", scene(), { columns: 120, rows: 40 }],
    ["joined-80x24", joined, { columns: 80, rows: 24 }],
    ["narrow-40x16", joined, { columns: 40, rows: 16 }],
    ["nothing-yet-80x24", scene({ rows: [row("plain", []), row("least-busy", [])] }), { columns: 80, rows: 24 }],
  ])("%s", async (name, shown, size) => {
    await expect(draw(shown, size)).toMatchFileSnapshot(`testdata/frame-${name}.txt`);
  });
});

const counts = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { maxLength: 60 });
const scenes: fc.Arbitrary<ServiceScene> = fc
  .record({ plain: counts, busy: counts, trouble: fc.option(fc.constant("it went wrong"), { nil: undefined }) })
  .map(({ plain, busy, trouble }) => scene({ rows: [row("plain", plain), row("least-busy", busy)], trouble }));
const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 1, max: 80 }) });

describe("a frame of two Services, whatever it shows", () => {
  test("stays within the terminal, and fills as many lines whatever happens", () => {
    fc.assert(
      fc.property(scenes, scenes, sizes, (shown, other, size) => {
        const lines = renderServiceFrame(shown, size, false);
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(size.columns);
        expect(renderServiceFrame(other, size, false).length).toBe(lines.length);
      }),
    );
  });

  test("has no escape sequence without colour, and the same text with it", () => {
    fc.assert(
      fc.property(scenes, sizes, (shown, size) => {
        const plain = renderServiceFrame(shown, size, false);
        expect(plain.join("")).not.toContain("\x1b");
        const trimmed = renderServiceFrame(shown, size, true).map((line) => stripVTControlCharacters(line).trimEnd());
        expect(trimmed).toEqual(plain);
      }),
    );
  });
});

/** How high a pod's bar is in eighths of a line, in a frame of bars one column wide. */
function heightsOf(frame: readonly string[], service: string): number[] {
  const from = frame.findIndex((line) => line.startsWith(` ${service}`)) + 1;
  const lines = frame.slice(from, from + 10);
  const levels = " ▁▂▃▄▅▆▇█";
  return Array.from({ length: 4 }, (_, pod) =>
    lines.reduce((sum, line) => sum + Math.max(0, levels.indexOf(line.padEnd(60)[5 + 10 * pod]!)), 0),
  );
}

test("bars of both Services have one scale", () => {
  const rows = [row("plain", [80, 40, 20, 0]), row("least-busy", [40, 40, 40, 20])];
  const frame = renderServiceFrame(scene({ rows }), { columns: 120, rows: 60 }, false);
  expect(heightsOf(frame, "plain")).toEqual([80, 40, 20, 0]);
  expect(heightsOf(frame, "least-busy")).toEqual([40, 40, 40, 20]);
});

test("a pod that is full for now is marked, by a word or where that has no room by a cross", () => {
  const [wide, narrow] = [80, 40].map((columns) =>
    renderServiceFrame(joined, { columns, rows: 24 }, false).filter((line) => /^ +(full|×)/.test(line)),
  );
  expect(wide!.map((line) => line.match(/full/g)!.length)).toEqual([5]);
  expect(narrow!.map((line) => line.match(/×/g)!.length)).toEqual([5]);
});

test("trouble is told, and takes the place of an older event", () => {
  const frame = draw(scene({ trouble: "a sample failed: TimedOut" }), { columns: 80, rows: 16 });
  expect(frame).toContain(" ! a sample failed: TimedOut");
});

test("the README shows a frame of two Services, and the figures of its bars", () => {
  const [shown] = blocksOf("README.md").filter(({ text }) => text.includes("least-busy"));
  const lines = shown!.text.split("\n");
  const rows = ["plain", "least-busy"].map((service) => {
    const from = lines.findIndex((line) => line.startsWith(` ${service}`));
    const ready = Number(/(\d+) of 10 ready/.exec(lines[from]!)![1]);
    return { from, ready, counts: lines[from + 6]!.trim().split(/ +/).map(Number), marks: lines[from + 7] ?? "" };
  });
  const [plainRow, busyRow] = rows.map(({ counts }, index) =>
    row(
      index === 0 ? "plain" : "least-busy",
      counts.map((count, pod) => (rows[index]!.marks.slice(5 + 7 * pod).startsWith("full") ? -count : count)),
      {
        setting: index === 0 ? "readySet: All" : "readySet: LeastBusy",
      },
    ),
  );
  const drawn = renderServiceFrame(scene({ rows: [plainRow!, busyRow!] }), { columns: 80, rows: 24 }, false);
  const withoutFigures = (line: string) => line.replace(/ {2}sd\/mean .*/, "");
  for (const { from, ready } of rows) {
    const at = drawn.findIndex((line) => line.startsWith(lines[from]!.split("  ")[0]!));
    expect(drawn.slice(at, at + 7).map(withoutFigures)).toEqual(lines.slice(from, from + 7).map(withoutFigures));
    expect(drawn[at]).toContain(`${ready} of 10 ready`);
  }
});
