import { arrow, box, drawing, type Mark, type Tone, write } from "../svg.ts";

interface Step {
  readonly title: string;
  readonly lines: readonly string[];
  readonly below: string;
  readonly tone?: Tone;
}

const steps: readonly Step[] = [
  { title: "1 choose", lines: ["the least busy pod"], below: "12 connections" },
  {
    title: "2 drain",
    lines: ["out of every list,", "open connections stay"],
    below: "12 … 0 connections",
    tone: "strong",
  },
  { title: "3 mark", lines: ["pod-deletion-cost", "is written once"], below: "none, or 60 s are over", tone: "strong" },
  { title: "4 scale", lines: ["the ReplicaSet", "removes this pod"], below: "the pod is gone", tone: "good" },
];
const width = 158;
const leftOf = (place: number): number => 24 + (width + 36) * place;

const stepAt = ({ title, lines, below, tone }: Step, place: number): Mark => {
  const x = leftOf(place);
  return [
    box({ x, y: 44, width, height: 88 }, title, lines, tone),
    ...(place < steps.length - 1
      ? [
          arrow([
            { x: x + width, y: 88 },
            { x: x + width + 34, y: 88 },
          ]),
        ]
      : []),
    write(below, { at: { x: x + width / 2, y: 156 }, anchor: "middle", tone: "quiet", as: "small" }),
  ].join("\n");
};

/** How a pod is removed. */
export const drain = (): string =>
  drawing("How a pod is removed", 2 * 24 + 4 * width + 3 * 36, 240, [
    ...steps.map(stepAt),
    arrow(
      [
        { x: leftOf(2) + width / 2, y: 168 },
        { x: leftOf(2) + width / 2, y: 204 },
        { x: leftOf(0) + width / 2, y: 204 },
        { x: leftOf(0) + width / 2, y: 168 },
      ],
      { tone: "warm", dashed: true },
    ),
    write("undone if the others get too full, a pod fails or a rollout begins", {
      at: { x: (leftOf(0) + leftOf(2) + width) / 2, y: 224 },
      anchor: "middle",
      tone: "warm",
      as: "small",
    }),
  ]);
