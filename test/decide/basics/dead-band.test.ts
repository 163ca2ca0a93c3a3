import { expect, test } from "vitest";
import { deadBands, moved } from "../../../src/decide/basics/dead-band.ts";

const band = { share: 0.2, least: 2 };

test.each<[before: number | undefined, after: number | undefined, isMoved: boolean]>([
  [10, 12, false],
  [10, 12.6, true],
  [12.6, 10, true],
  [100, 120, false],
  [100, 126, true],
  [0, 2, false],
  [0, 3, true],
  [undefined, 0, true],
  [0, undefined, true],
  [undefined, undefined, false],
])("from %s to %s: %s", (before, after, isMoved) => expect(moved(before, after, band)).toBe(isMoved));

test("a stream tells of whatever a status tells of", () => {
  for (const figure of ["weight", "connections", "load"] as const) {
    const [status, stream] = [deadBands.status[figure], deadBands.stream[figure]];
    expect([stream.share <= status.share, stream.least <= status.least]).toEqual([true, true]);
  }
});
