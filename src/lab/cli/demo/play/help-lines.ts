import { left, type Span, type StyledLine, span, wrapWithin } from "../../../../cli/terminal/text.ts";
import { type KeyName, keyHelp } from "./key-help.ts";

/** A text behind a head of its own: at most so many lines, of which the last one then has all that is left. */
export function hanging(head: Span, text: Span, width: number, most = Number.POSITIVE_INFINITY): StyledLine[] {
  const indent = head.text.length;
  return wrapWithin(text.text, width - indent, most).map((line, index) => [
    index === 0 ? head : span(" ".repeat(indent)),
    span(line, text.tone),
  ]);
}

/** As many lines as there is room for; the last one, which says how to go back, stays. */
export function fitHelp(lines: readonly StyledLine[], rows: number): readonly StyledLine[] {
  if (lines.length <= rows || rows < 2) return lines;
  const hidden = lines.length - rows + 1;
  return [...lines.slice(0, rows - 2), [span(` … ${hidden} more lines in a taller terminal`, "dim")], lines.at(-1)!];
}

/** Keys stay where they are however wide a terminal is. */
const widest = 80;

/** The keys in lines of this width, at most so many: what has no room in them is left to the help. */
export function keyBar(hints: readonly string[], width: number, most: number): StyledLine[] {
  const bars: string[] = [];
  for (const hint of hints) {
    const last = bars.at(-1);
    if (last !== undefined && last.length + 2 + hint.length <= Math.min(width, widest))
      bars[bars.length - 1] = `${last}  ${hint}`;
    else if (bars.length < most) bars.push(` ${hint}`);
    else break;
  }
  return Array.from({ length: most }, (_, index) => [span(bars[index] ?? "", "dim")]);
}

/** What the keys do, with what columns mean, and where else to look. */
export function helpLines(
  names: readonly KeyName[],
  columns: readonly (readonly [string, string])[],
  elsewhere: readonly string[],
  width: number,
): StyledLine[] {
  const shown = names.map((name) => keyHelp[name]);
  const keys = Math.max(...shown.map((each) => each.keys.length)) + 3;
  return [
    ...hanging(
      span(" "),
      span("All of it is real: the pool, its pods, their connections, what becomes of them.", "bold"),
      width,
    ),
    ...shown.flatMap((each) => hanging(span(` ${left(each.keys, keys - 1)}`, "cyan"), span(each.does), width)),
    ...columns.flatMap(([name, means]) => hanging(span(` ${name}  `, "dim"), span(means), width)),
    [],
    ...elsewhere.map((line) => [span(` ${line}`)]),
    [],
    [span(" q and Ctrl-C end the demo, any other key goes back.", "dim")],
  ];
}
