import { arrow, box, drawing, type Mark, rectangle, write } from "../svg.ts";

const pods = [
  { connections: 23, isIn: true },
  { connections: 34, isIn: false },
  { connections: 21, isIn: true },
  { connections: 24, isIn: true },
  { connections: 36, isIn: false },
  { connections: 22, isIn: true },
];
const left = 460;
const topOf = (place: number): number => 52 + 46 * place;

const podAt = ({ connections, isIn }: (typeof pods)[number], place: number): Mark => {
  const y = topOf(place);
  const tone = isIn ? "good" : "out";
  return [
    rectangle({ x: left, y, width: 5.5 * connections, height: 32 }, tone, 4),
    write(`${connections} connections`, { at: { x: left + 10, y: y + 21 }, tone, as: "small" }),
    write(isIn ? "ready" : "full for now", { at: { x: left + 214, y: y + 21 }, tone, as: "small" }),
    ...(isIn
      ? [
          arrow(
            [
              { x: 392, y: 183 },
              { x: left - 4, y: y + 16 },
            ],
            { tone: "good" },
          ),
        ]
      : []),
  ].join("\n");
};

/** New connections go to the pods that slices show as ready. */
export const readySet = (): string =>
  drawing("The ready set", 790, 362, [
    box({ x: 24, y: 155, width: 112, height: 56 }, "clients", ["know nothing"]),
    arrow([
      { x: 136, y: 183 },
      { x: 236, y: 183 },
    ]),
    write(["new", "connections"], { at: { x: 186, y: 153 }, anchor: "middle", tone: "quiet", as: "small" }),
    box({ x: 238, y: 155, width: 154, height: 56 }, "plain Service", ["picks among the ready"]),
    write("Pods", { at: { x: left, y: 34 }, as: "title" }),
    ...pods.map(podAt),
    box({ x: 238, y: 286, width: 154, height: 56 }, "Evenkeel", ["chooses each period"], "strong"),
    arrow(
      [
        { x: 315, y: 286 },
        { x: 315, y: 213 },
      ],
      { tone: "strong" },
    ),
    write("slices", { at: { x: 307, y: 254 }, anchor: "end", tone: "strong", as: "small" }),
    arrow(
      [
        { x: left + 4, y: 331 },
        { x: 394, y: 331 },
      ],
      { tone: "strong", dashed: true },
    ),
    write("open connections of each pod", { at: { x: left + 8, y: 336 }, tone: "strong", as: "small" }),
  ]);
