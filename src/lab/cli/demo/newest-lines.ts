import { clock, right, type Span, type StyledLine, span } from "../../../cli/terminal/text.ts";
import { hanging } from "./play/help-lines.ts";

/** Something that happened. */
export interface Happening {
  /** Since the command's start. */
  readonly atMs: number;
  readonly text: Span;
  /** It is marked, and lasts: so it is told without its time. */
  readonly isTrouble?: boolean;
}

const blank: StyledLine = [];

/** These lines, or those of them that there is room for, in so many. */
export const filled = (lines: readonly StyledLine[], room: number): StyledLine[] => [
  ...lines.slice(0, room),
  ...Array<StyledLine>(Math.max(0, room - lines.length)).fill(blank),
];

/** What happened, the newest at the end: as much of it as fits into so many lines, and nothing of it in part. */
export function newestLines(told: readonly Happening[], width: number, room: number): StyledLine[] {
  let shown: StyledLine[] = [];
  for (const { atMs, text, isTrouble } of told.toSorted((a, b) => a.atMs - b.atMs).toReversed()) {
    const head = isTrouble ? span(" ! ", text.tone) : span(`${right(clock(atMs), 6)} `, "dim");
    const lines = hanging(head, text, width, Math.max(1, room));
    if (shown.length + lines.length > room) break;
    shown = [...lines, ...shown];
  }
  return filled(shown, room);
}
