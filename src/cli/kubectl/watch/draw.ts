import { toTime } from "../../../api/time.ts";
import { lengthOf, oneLine, type StyledLine, span, wrapWithin } from "../../terminal/text.ts";
import type { Picture } from "../screen/show.ts";
import type { WatchState } from "./state.ts";

interface Room {
  readonly columns: number;
  readonly rows: number;
}

const blank: StyledLine = [];

/** Columns that the mark of the selected row takes. */
export const markWidth = 2;

/** Rows around the selected one, as many as there is room for, with a line that says what is left out. */
function windowOf(table: readonly StyledLine[], at: number, room: number): StyledLine[] {
  const [head = [], ...rows] = table;
  if (rows.length + 1 <= room) return [...table];
  const shown = Math.max(1, room - 2);
  const top = Math.max(0, Math.min(rows.length - shown, at - Math.floor(shown / 2)));
  const below = rows.length - top - shown;
  const hidden = [top > 0 ? `${top} above` : [], below > 0 ? `${below} below` : []].flat().join(", ");
  return [head, ...rows.slice(top, top + shown), [span(`  ${hidden}`, "dim")]];
}

const marked = (table: readonly StyledLine[], at: number): StyledLine[] =>
  table.map((line, index) => [index === at + 1 ? span("▸ ", "cyan") : span("  "), ...line]);

/** As many lines as there is room for; the last one says what is left out. */
function cut(lines: readonly StyledLine[], room: number): readonly StyledLine[] {
  if (lines.length <= room) return lines;
  if (room < 1) return [];
  return [...lines.slice(0, room - 1), [span(`… ${lines.length - room + 1} more lines`, "dim")]];
}

/** What the table keeps of the room whatever stands above it: its head, the selected row and those beside it. */
const leastTable = 4;

/** The picture with the row at this place selected. The table gives way to the foot only as far as a third of the room. */
export function fitPicture({ head, table, foot }: Picture, at: number | undefined, room: number): StyledLine[] {
  const shownHead = cut(head, room - Math.min(table.length, leastTable));
  const left = Math.max(0, room - shownHead.length);
  const spare = left - Math.min(table.length, leastTable);
  const footRoom = Math.max(left - table.length, Math.min(foot.length, Math.floor(left / 3), spare));
  const shownFoot = cut(foot, footRoom);
  const tableRoom = left - shownFoot.length;
  const rows = table.length > 0 ? windowOf(at === undefined ? table : marked(table, at), at ?? 0, tableRoom) : [];
  return [...shownHead, ...rows, ...shownFoot].slice(0, Math.max(0, room));
}

/** A panel in place of the picture. */
export function fitPanel({ panel }: WatchState, room: number): StyledLine[] {
  return panel ? panel.lines.slice(panel.top, panel.top + room) : [];
}

/** How to leave a panel, and where it stands if there is more of it. */
function panelText({ lines, top, title }: NonNullable<WatchState["panel"]>, { rows }: Room): string {
  const place = lines.length < rows ? "" : `line ${top + 1} of ${lines.length}, up and down scroll, `;
  return `${place}Escape closes: ${oneLine(title)}`;
}

/** As many of the keys as there is room for; the last ones, which lead to the others, stay. */
function hintsIn(hints: readonly string[], room: number): string {
  const [, ...fewer] = hints;
  const text = hints.map((hint) => `  ${hint}`).join("");
  return text.length <= room || fewer.length === 0 ? text : hintsIn(fewer, room);
}

/** Lines that a trouble may take of the screen. */
const mostTrouble = 3;

/** What the last lines of the screen say: a question, a prompt, what is wrong, what came of something, or the keys. */
export function footOf(
  state: WatchState,
  { trouble, now }: { readonly trouble?: string | undefined; readonly now: number },
  isHeeding: boolean,
  room: Room,
): StyledLine[] {
  const { question, panel, note, filter, isTyping, opened, podOrder, poolOrder } = state;
  if (question) {
    const { pod, undo } = question;
    const text = undo ? `Let ${pod} take traffic again?` : `Drain ${pod}?`;
    const effect = undo ? [] : [span("  no new traffic until it is let back", "dim")];
    return [[span(oneLine(text), "yellow"), span(" y/n"), ...effect]];
  }
  if (isTyping)
    return [[span("/", "cyan"), span(oneLine(filter)), span("▏"), span("  Return keeps it, Escape removes it", "dim")]];
  if (trouble !== undefined)
    return wrapWithin(`! ${oneLine(trouble)}`, room.columns, mostTrouble).map((line) => [span(line, "red")]);
  if (note) return [[span(oneLine(note.text), note.isTrouble ? "red" : "green")]];
  if (panel) return [[span(panelText(panel, room), "dim")]];
  if (!isHeeding) return [[span(`${toTime(now).slice(11, 19)} UTC, Ctrl-C ends`, "dim")]];
  const order = opened === undefined ? poolOrder : podOrder;
  const filtered = filter === "" ? [] : [span(`  /${oneLine(filter)}`, "cyan")];
  const start: StyledLine = [span(`${toTime(now).slice(11, 19)} UTC  by ${order}`, "dim"), ...filtered];
  const goOn = opened === undefined ? "Return open" : "d drain";
  const hints = ["s sort", "/ filter", "e explain", goOn, "q quit", "? keys"];
  return [[...start, span(hintsIn(hints, room.columns - lengthOf(start)), "dim")]];
}

/** Lines of the whole screen, the foot last. */
export function fillScreen(body: readonly StyledLine[], foot: readonly StyledLine[], { rows }: Room): StyledLine[] {
  const shown = body.slice(0, Math.max(0, rows - foot.length));
  const gaps = Array<StyledLine>(Math.max(0, rows - shown.length - foot.length)).fill(blank);
  return [...shown, ...gaps, ...foot].slice(-rows);
}
