import fc from "fast-check";
import { expect, test } from "vitest";
import { pictureDetail, picturePools } from "../../../../src/cli/kubectl/screen/show.ts";
import { arrangePods, arrangePools } from "../../../../src/cli/kubectl/watch/arrange.ts";
import { fillScreen, fitPicture, footOf, markWidth } from "../../../../src/cli/kubectl/watch/draw.ts";
import { helpLines } from "../../../../src/cli/kubectl/watch/key-help.ts";
import { firstState, type WatchState } from "../../../../src/cli/kubectl/watch/state.ts";
import { paint, type StyledLine } from "../../../../src/cli/terminal/text.ts";
import { manyPools, now, podReport, poolDetail } from "../screen/reports.ts";

const drawn = (lines: readonly StyledLine[], columns: number): string[] =>
  lines.map((line) => paint(line, columns, false));

const troubles = [
  {
    type: "MetricsHealthy",
    status: "False" as const,
    reason: "TooFewFresh",
    message: "1 of 4 pods have a fresh sample. ".repeat(6),
  },
];

test.each([
  [80, 24],
  [120, 30],
])("a pool with more pods than rows in %d columns and %d rows", async (columns, rows) => {
  const pods = Array.from({ length: 40 }, (_, index) => podReport(index, { pod: `checkout-${index}` }));
  const detail = { ...poolDetail, pods, troubles };
  const picture = pictureDetail(detail, { columns: columns - markWidth, wide: false, now });
  const state: WatchState = { ...firstState("shop/checkout"), selected: "checkout-30" };
  const body = fitPicture(picture, 30, rows - 1);
  const lines = drawn(fillScreen(body, footOf(state, { now }, true, { columns, rows }), { columns, rows }), columns);
  expect(lines).toHaveLength(rows);
  expect(lines.some((line) => line.startsWith("▸ ") && line.includes("checkout-30 "))).toBe(true);
  expect(lines.join("\n")).toContain("! MetricsHealthy TooFewFresh");
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`testdata/pods-${columns}x${rows}.txt`);
});

test("what is selected is seen, whatever the size, and nothing is longer than the screen", () => {
  const sizes = fc.record({ rows: fc.integer({ min: 1, max: 60 }), columns: fc.integer({ min: 10, max: 200 }) });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 80 }),
      fc.nat(),
      fc.boolean(),
      ({ rows, columns }, count, chosen, bad) => {
        const pods = Array.from({ length: count }, (_, index) => podReport(index, { pod: `p-${index}` }));
        const at = chosen % count;
        const detail = { ...poolDetail, pods, troubles: bad ? troubles : [] };
        const picture = pictureDetail(detail, { columns: Math.max(10, columns - markWidth), wide: false, now });
        const body = fitPicture(picture, at, rows - 1);
        expect(body.length).toBeLessThanOrEqual(Math.max(0, rows - 1));
        const lines = drawn(
          fillScreen(body, footOf(firstState("shop/web"), { now }, true, { columns, rows }), { columns, rows }),
          columns,
        );
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        if (rows >= 6) expect(lines.filter((line) => line.startsWith("▸ "))).toHaveLength(1);
      },
    ),
  );
});

test("what is asked before a drain can be answered where its pod's name is long", () => {
  const question = { pod: `checkout-${"x".repeat(37)}-7f9c6d5b8-2xk4p`, undo: false };
  const [asked] = drawn(footOf({ ...firstState("shop/web"), question }, { now }, true, { columns: 80, rows: 24 }), 80);
  expect(asked).toMatch(/-2xk4p\? y\/n/);
});

test("of the keys, those that lead to the others are seen however narrow the screen is", () => {
  const state = { ...firstState(undefined), filter: "checkout", poolOrder: "trouble" };
  for (const columns of [60, 80, 120]) {
    const [foot] = drawn(footOf(state, { now }, true, { columns, rows: 24 }), columns);
    expect(foot).toMatch(/ q quit {2}\? keys$/);
  }
});

test("a panel says how to leave it, and where it stands if it goes on", () => {
  const panel = { title: "keys", lines: helpLines, top: 2 };
  const foot = (rows: number) =>
    drawn(footOf({ ...firstState(undefined), panel }, { now }, true, { columns: 80, rows }), 80)[0];
  expect(foot(24)).toBe("Escape closes: keys");
  expect(foot(10)).toBe(`line 3 of ${helpLines.length}, up and down scroll, Escape closes: keys`);
});

test("pools in trouble are marked where somebody may not see more of it", () => {
  const look = { columns: 100, wide: false, now, marksTrouble: true };
  const { table } = picturePools(manyPools, look, true);
  const marks = drawn(table.slice(1), 100).map((line) => line.startsWith("!"));
  expect(marks).toEqual(manyPools.map(({ troubles: own }) => own.length > 0));
  expect(marks).toContain(true);
});

test("what is wrong is not cut where there are rows for it", () => {
  const trouble = `the API server is away, trying again: ${"a reason that is long ".repeat(5)}`.trimEnd();
  const foot = drawn(footOf(firstState(undefined), { now, trouble }, true, { columns: 60, rows: 24 }), 60);
  expect(foot.join(" ")).toBe(`! ${trouble}`);
  expect(fillScreen([], [[], [], []], { columns: 60, rows: 2 })).toHaveLength(2);
});

test("the help fits a small terminal", () => {
  expect(helpLines.length).toBeLessThan(23);
  for (const line of helpLines) expect(line.map(({ text }) => text).join("").length).toBeLessThanOrEqual(80);
});

test("rows are filtered and sorted", () => {
  const pods = [
    podReport(0, { pod: "a", load: 10 }),
    podReport(1, { pod: "b", load: 90 }),
    podReport(2, { pod: "c", load: undefined }),
  ];
  const names = (order: string, filter = "") => arrangePods(pods, filter, order).map(({ pod }) => pod);
  expect(names("rank")).toEqual(["a", "b", "c"]);
  expect(names("load")).toEqual(["b", "a", "c"]);
  expect(names("age")).toEqual(["c", "b", "a"]);
  expect(names("rank", "B")).toEqual(["b"]);
  expect(names("rank", "nothing")).toEqual([]);
  const worst = arrangePools(manyPools, "", "trouble");
  expect(worst[0]!.troubles.length).toBe(Math.max(...manyPools.map((pool) => pool.troubles.length)));
  expect(picturePools(worst, { columns: 80, wide: false, now }, true).table).toHaveLength(manyPools.length + 1);
});
