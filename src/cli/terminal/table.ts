import { left, right, type Span, type StyledLine, span } from "./text.ts";

/** A column of a table. */
export interface TableColumn<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Span;
  readonly align?: "right";
  /** It may be cut down to this many columns, with an ellipsis. */
  readonly least?: number;
  /** It is left out where there is no room, those of the highest number first. Absent: it always stays. */
  readonly drop?: number;
}

const gap = 2;

const natural = <Row>({ title, cell }: TableColumn<Row>, rows: readonly Row[]): number =>
  Math.max(title.length, ...rows.map((row) => cell(row).text.length));

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1);

/** Widths within the room as far as can be: columns that may be cut give it, the last one first. */
function fit<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[], room: number): number[] {
  const widths = columns.map((column) => natural(column, rows));
  for (let index = columns.length - 1; index >= 0 && total(widths) > room; index -= 1) {
    const { least = Number.POSITIVE_INFINITY, title } = columns[index]!;
    const floor = Math.max(title.length, Math.min(least, widths[index]!));
    widths[index] = Math.max(floor, widths[index]! - (total(widths) - room));
  }
  return widths;
}

/** Without the column that may be missed most easily; undefined when all have to stay. */
function dropOne<Row>(columns: readonly TableColumn<Row>[]): TableColumn<Row>[] | undefined {
  const most = Math.max(0, ...columns.map(({ drop = 0 }) => drop));
  const index = columns.findLastIndex(({ drop = 0 }) => drop === most);
  return most === 0 ? undefined : columns.toSpliced(index, 1);
}

/** A table with its head, in `room` columns if that can be: by cutting cells, else by leaving out columns. */
export function layTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[], room: number): StyledLine[] {
  let shown = columns;
  let sizes = fit(shown, rows, room);
  while (total(sizes) > room) {
    const fewer = dropOne(shown);
    if (!fewer) break;
    shown = fewer;
    sizes = fit(shown, rows, room);
  }
  const toLine = (cellOf: (column: TableColumn<Row>) => Span): StyledLine =>
    shown.flatMap((column, index) => {
      const { text, tone } = cellOf(column);
      const sized = column.align === "right" ? right(text, sizes[index]!) : left(text, sizes[index]!);
      return index === 0 ? [span(sized, tone)] : [span(" ".repeat(gap)), span(sized, tone)];
    });
  return [toLine(({ title }) => span(title, "dim")), ...rows.map((row) => toLine(({ cell }) => cell(row)))];
}
