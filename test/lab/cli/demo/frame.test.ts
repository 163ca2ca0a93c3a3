import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderFrame, type Size } from "../../../../src/lab/cli/demo/frame.ts";
import type { Scene } from "../../../../src/lab/cli/demo/scene.ts";
import { endpoint, play, scene } from "./scenes.ts";

const draw = (shown: Scene, size: Size): string => `${renderFrame(shown, size, false).join("\n")}\n`;

const manyPods = scene({
  replicas: 40,
  maxReplicas: 40,
  endpoints: Array.from({ length: 40 }, (_, index) => endpoint(index, 20 + index)),
  loads: Array.from({ length: 40 }, (_, index) => 20 + index),
  trouble: "a sample failed: TimedOut",
});

const nothingYet = scene({
  replicas: 1,
  averageLoad: undefined,
  history: [],
  endpoints: [],
  waiting: [],
  loads: [],
  decision: undefined,
  events: [],
  endsAtMs: undefined,
});

const played = scene({
  strategy: "FastestResponse",
  replicas: 8,
  endpoints: Array.from({ length: 6 }, (_, index) =>
    endpoint(index, 20 + index, {
      ...(index === 1 && { load: 0, note: { fault: "lying", connections: 31, blind: 0.13, following: 0.2 } }),
      ...(index === 2 && { note: { fault: "slow", blind: 0.12, following: 0.02 } }),
    }),
  ),
  waiting: [
    {
      pod: "web-6f7d9c5b48-w6f2k",
      reason: "Unhealthy: TimedOut",
      note: { fault: "frozen", connections: 14, blind: 0.12 },
    },
    { pod: "web-6f7d9c5b48-d5p9t", reason: "Draining", note: { connections: 0, blind: 0.13 } },
  ],
  play: play({
    isPaused: true,
    extraConnections: 56,
    notes: [
      { atMs: 20_100, text: "web-6f7d9c5b48-w6f2k: Unhealthy: TimedOut" },
      { atMs: 23_900, text: "web-6f7d9c5b48-d5p9t: killed; its 19 connections are cut, and another is started" },
    ],
  }),
});

describe("a frame, as it looks", () => {
  test.each([
    ["80x24", scene(), { columns: 80, rows: 24 }],
    ["120x30", scene(), { columns: 120, rows: 30 }],
    ["narrow-40x16", scene(), { columns: 40, rows: 16 }],
    ["many-pods-100x24", manyPods, { columns: 100, rows: 24 }],
    ["nothing-yet-80x24", nothingYet, { columns: 80, rows: 24 }],
    ["played-80x24", played, { columns: 80, rows: 24 }],
    ["played-120x30", played, { columns: 120, rows: 30 }],
    ["played-60x24", played, { columns: 60, rows: 24 }],
    ["help-60x16", scene({ play: play({ showsHelp: true }) }), { columns: 60, rows: 16 }],
    ["help-80x24", scene({ play: play({ showsHelp: true }) }), { columns: 80, rows: 24 }],
  ])("%s", async (name, shown, size) => {
    await expect(draw(shown, size)).toMatchFileSnapshot(`testdata/frame-${name}.txt`);
  });
});

const scenes: fc.Arbitrary<Scene> = fc
  .record({
    pods: fc.integer({ min: 0, max: 60 }),
    waiting: fc.integer({ min: 0, max: 4 }),
    events: fc.integer({ min: 0, max: 9 }),
    load: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    connections: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined }),
    trouble: fc.option(fc.constant("something went wrong"), { nil: undefined }),
    history: fc.array(fc.double({ min: 0, max: 1e4, noNaN: true })),
  })
  .map(({ pods, waiting, events, load, connections, trouble, history }) =>
    scene({
      trouble,
      history,
      averageLoad: load,
      replicas: pods + waiting,
      loads: Array<number | undefined>(pods).fill(load),
      endpoints: Array.from({ length: pods }, (_, index) => endpoint(index, 0, { load, connections, ageMs: load })),
      waiting: Array.from({ length: waiting }, (_, index) => ({ pod: `web-${index}`, reason: "NotReady", note: {} })),
      events: Array.from({ length: events }, (_, index) => ({
        atMs: index * 1_000,
        from: index,
        to: index + 1,
        reason: "LoadAboveLimit",
        averageLoad: load,
        message: "more",
      })),
    }),
  );
const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 1, max: 80 }) });

describe("a frame, whatever it shows", () => {
  test("stays within the terminal", () => {
    fc.assert(
      fc.property(scenes, sizes, (shown, size) => {
        const lines = renderFrame(shown, size, false);
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(size.columns);
      }),
    );
  });

  test("has no escape sequence without colour, and the same text with it", () => {
    fc.assert(
      fc.property(scenes, sizes, (shown, size) => {
        const plain = renderFrame(shown, size, false);
        expect(plain.join("")).not.toContain("\x1b");
        const trimmed = renderFrame(shown, size, true).map((line) => stripVTControlCharacters(line).trimEnd());
        expect(trimmed).toEqual(plain);
      }),
    );
  });

  test("shows the loads and, given the room, every pod", () => {
    fc.assert(
      fc.property(scenes, (shown) => {
        const frame = renderFrame(shown, { columns: 1_000, rows: 200 }, false).join("\n");
        for (const { pod } of [...shown.endpoints, ...shown.waiting]) expect(frame).toContain(pod);
        expect(frame).toContain("[");
      }),
    );
  });
});

test.each([
  [18, 9_999, "18/9999"],
  [18, 11_600, "18/11.6k"],
  [10_000, 99_949, "10.0k/99.9k"],
  [99_950, 116_000, "100k/116k"],
  [999_499, 1_234_567, "999k/1.2M"],
])("the counts of a client are whole after hours, too: %i of %i", (failed, sent, told) => {
  const clients = scene().clients.map((client) => ({ ...client, failed, sent }));
  const rows = renderFrame(scene({ clients }), { columns: 80, rows: 24 }, false).filter((line) => line.includes(": "));
  expect(rows.filter((line) => line.endsWith(`  ${told}`))).toHaveLength(2);
});

test("a load above the limit stands out", () => {
  const [over, under] = [
    renderFrame(scene({ averageLoad: 50.1 }), { columns: 80, rows: 24 }, true),
    renderFrame(scene({ averageLoad: 50 }), { columns: 80, rows: 24 }, true),
  ];
  expect(over[1]).toContain("\x1b[33m50.1%");
  expect(under[1]).toContain("\x1b[32m50.0%");
});
