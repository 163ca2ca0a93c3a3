import { styleText } from "node:util";

export type Tone = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/** A piece of a line. Its text has one column per UTF-16 unit: no wide, combining or control characters. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export type StyledLine = readonly Span[];

export const span = (text: string, tone?: Tone): Span => ({ text, tone });

// Control and format characters must reach no terminal.
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Text from anywhere, safe to show on one line. */
export const oneLine = (text: string): string => text.replace(controls, " ");

/** Text cut to the width, with an ellipsis where something is missing. */
const clip = (text: string, width: number): string =>
  text.length <= width ? text : width < 1 ? "" : `${text.slice(0, width - 1).trimEnd()}…`;

export const left = (text: string, width: number): string => clip(text, width).padEnd(width);
export const right = (text: string, width: number): string => clip(text, width).padStart(width);

/** Columns that a line takes. */
export const lengthOf = (line: StyledLine): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** Two lines in one: the second at the right edge, if both fit. */
export function spread(start: StyledLine, end: StyledLine, width: number): StyledLine {
  const gap = width - lengthOf(start) - lengthOf(end);
  return gap < 2 ? start : [...start, span(" ".repeat(gap)), ...end];
}

/** A line as the terminal gets it: at most `width` columns, and nothing that the terminal would obey. */
export function paint(line: StyledLine, width: number, color: boolean): string {
  let room = width;
  const pieces: string[] = [];
  for (const { text, tone } of line) {
    const all = oneLine(text);
    // Blanks that fill a column are nothing to miss.
    const shown = all.trimEnd().length <= room ? all.slice(0, room) : clip(all, room);
    room -= all.length;
    pieces.push(color && tone && shown !== "" ? styleText(tone, shown, { validateStream: false }) : shown);
    if (room <= 0) break;
  }
  return pieces.join("").trimEnd();
}

/** Text in lines of at most `width` columns, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > Math.max(1, width)) {
    const blank = rest.lastIndexOf(" ", width);
    const at = blank > 0 ? blank : Math.max(1, width);
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

/** Text in lines of this width: at most so many, of which the last one then has all that is left. */
export function wrapWithin(text: string, width: number, most: number): string[] {
  const lines = wrap(text, Math.max(1, width));
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), lines.slice(most - 1).join(" ")];
}

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A horizontal bar of `width` columns, full at `most`. */
export function bar(value: number, most: number, width: number): string {
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  const units = Math.round(share * width * 8);
  return `${"█".repeat(units >> 3)}${eighths[units & 7]}`.padEnd(width);
}

const heights = "▁▂▃▄▅▆▇█";

/** A column of a chart, full at `most`. */
export const column = (value: number, most: number): string =>
  heights[Math.min(7, Math.max(0, Math.floor((value / most) * 8)))]!;

/** Minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const percent = (value: number | undefined, digits: number): string =>
  value === undefined ? "?" : `${value.toFixed(digits)}%`;
