/** A curve of a plot: its mark, and its points from left to right. */
export interface Curve {
  readonly mark: string;
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlotOptions {
  readonly curves: readonly Curve[];
  /** Columns and lines of the field that the curves are drawn in. */
  readonly width: number;
  readonly height: number;
  /** What is higher is an arrow at the upper edge. */
  readonly highest: number;
  /** Where a line stands over the whole height. */
  readonly at: number;
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
}

const axisWidth = 8;
const labelEvery = 4;

/** Position of a value on a logarithmic axis, from 0 to `steps`. */
const scale = (values: readonly number[], steps: number) => {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  return {
    at: (value: number): number => (to > from ? (steps * Math.log(value / from)) / Math.log(to / from) : 0),
    valueAt: (share: number): number => from * (to / from) ** share,
  };
};

/** Writes texts under their places, without overlap with the edge. */
function placeTexts(texts: readonly { readonly text: string; readonly at: number }[], width: number): string {
  const line = Array<string>(width).fill(" ");
  for (const { text, at } of texts) {
    const start = Math.max(0, Math.min(width - text.length, Math.round(at - text.length / 2)));
    for (const [index, letter] of [...text].entries()) line[start + index] = letter;
  }
  return line.join("").trimEnd();
}

/** A plot in plain text, both axes logarithmic; `width` + 10 columns. */
export function plot({ curves, width, height, highest, at, formatX, formatY }: PlotOptions): string[] {
  const all = curves.flatMap(({ points }) => points);
  const columns = scale(
    all.map(({ x }) => x),
    width - 1,
  );
  const rows = scale(
    all.map(({ y }) => Math.min(y, highest)),
    height - 1,
  );
  const field = Array.from({ length: height }, () => Array<string>(width).fill(" "));
  const draw = (column: number, y: number, mark: string): void => {
    field[Math.round(rows.at(Math.min(y, highest)))]![Math.round(column)] = y > highest ? "^" : mark;
  };
  const marked = Math.round(columns.at(at));
  for (const line of field) if (marked >= 0 && marked < width) line[marked] = "|";
  for (const { points } of curves) {
    for (const [index, { x, y }] of points.slice(1).entries()) {
      const before = points[index]!;
      const [start, end] = [columns.at(before.x), columns.at(x)];
      for (let column = Math.ceil(start); column < end; column += 1)
        draw(column, before.y * (y / before.y) ** ((column - start) / (end - start)), ".");
    }
  }
  for (const { points, mark } of curves) for (const { x, y } of points) draw(columns.at(x), y, mark);
  const lines = field.map((line, index) => {
    const label = index % labelEvery === 0 ? formatY(rows.valueAt(index / (height - 1))) : "";
    return `${label.padStart(axisWidth)} |${line.join("")}`.trimEnd();
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => ({
    text: formatX(columns.valueAt(share)),
    at: share * (width - 1),
  }));
  return [
    ...lines.reverse(),
    `${"".padStart(axisWidth)} +${"-".repeat(width)}`,
    `${"".padStart(axisWidth + 2)}${placeTexts(ticks, width)}`,
  ];
}
