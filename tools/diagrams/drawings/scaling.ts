import { arrow, box, dot, drawing, type Point, polyline, write } from "../svg.ts";

const [left, right, floor] = [64, 776, 214];
const limit = 104;
const heights = [36, 44, 58, 76, 124, 138, 78, 72, 66, 50, 44, 40, 42, 38, 40, 38, 62, 60];
const above = [4, 5];
const at = (place: number): Point => ({ x: left + 18 + 40 * place, y: floor - heights[place]! });

const samples = heights.map((height, place) => dot(at(place), floor - height < limit ? "warm" : "strong"));
const [first, second] = above.map(at) as [Point, Point];

/** When pods are added, and when removed. */
export const scaling = (): string =>
  drawing("Scaling", 800, 330, [
    write("average load", { at: { x: 24, y: 30 }, as: "title" }),
    polyline(
      [
        { x: left, y: limit },
        { x: right, y: limit },
      ],
      { dashed: true },
    ),
    write("50 %", { at: { x: left - 8, y: limit + 5 }, anchor: "end", tone: "quiet", as: "small" }),
    write("maxAverageLoad", { at: { x: right, y: limit - 8 }, anchor: "end", tone: "quiet", as: "code" }),
    polyline(
      heights.map((_, place) => at(place)),
      { tone: "strong" },
    ),
    ...samples,
    write("two samples above the limit", { at: { x: second.x + 14, y: first.y - 26 }, tone: "warm", as: "small" }),
    arrow(
      [
        { x: second.x, y: floor - 2 },
        { x: second.x, y: second.y + 8 },
      ].toReversed(),
      { tone: "good", dashed: true },
    ),
    polyline([
      { x: left, y: floor },
      { x: right, y: floor },
    ]),
    box({ x: second.x - 62, y: floor + 18, width: 124, height: 48 }, "add pods", ["at once"], "good"),
    polyline(
      [
        { x: at(8).x, y: floor + 14 },
        { x: at(8).x, y: floor + 22 },
        { x: at(14).x, y: floor + 22 },
        { x: at(14).x, y: floor + 14 },
      ],
      { tone: "strong" },
    ),
    write("fewer pods are enough, for 5 minutes", {
      at: { x: at(11).x, y: floor + 42 },
      anchor: "middle",
      tone: "strong",
      as: "small",
    }),
    box({ x: at(16).x - 70, y: floor + 18, width: 124, height: 48 }, "drain one pod", ["and remove it"], "strong"),
    write("time, not to scale", { at: { x: left, y: floor + 96 }, tone: "quiet", as: "small" }),
  ]);
