import {
  clock,
  column,
  left,
  paint,
  right,
  type Span,
  type StyledLine,
  span,
  spread,
} from "../../../../cli/terminal/text.ts";
import type { Size } from "../frame.ts";
import { exportCommand } from "../kubeconfig.ts";
import { titleLine } from "../title-line.ts";
import { formatFigure, formatSpread, type ServiceRow, type ServiceScene } from "./scene.ts";

const blank: StyledLine = [];
/** Two lines of header and of footer, and the last event or trouble. */
const leastRows = 5;
const chartRows = { least: 3, most: 10 };
const mostEvents = 3;
const axis = 5;
const widestBar = 8;
const heights = " ▁▂▃▄▅▆▇█";

const header = (scene: ServiceScene, width: number): StyledLine[] => {
  const { holdMs, periodMs, rows } = scene;
  const failed = rows.reduce((sum, { traffic }) => sum + traffic.failed, 0);
  const opened = rows.map(({ traffic }) => traffic.opened).join(" + ");
  return [
    titleLine(
      [span(" evenkeel", "bold"), span("  two Services, equal pods, the same blind clients", "cyan")],
      scene,
      width,
    ),
    spread(
      [span(` connections of ${holdMs / 1_000}s, period ${periodMs / 1_000}s`)],
      [span(`${opened} opened`, "dim"), span(`, ${failed} failed `, failed > 0 ? "red" : "dim")],
      width,
    ),
  ];
};

/** With as many of the figures as there is room for: the spread last of all. */
function title({ service, setting, pods, ready, spread: figures }: ServiceRow, width: number): StyledLine {
  const name = span(` ${service}`, "cyan");
  const [sd, max] = [formatFigure(figures?.sdOverMean), formatFigure(figures?.maxOverMean)];
  const counts = `${ready} of ${pods.length} ready`;
  const variants: readonly [StyledLine, StyledLine][] = [
    [
      [name, span(`  ${setting}`, "dim")],
      [span(`${counts}  `), span(`${formatSpread(figures)} `, "bold")],
    ],
    [[name], [span(`${counts}  `), span(`${formatSpread(figures)} `, "bold")]],
    [[name], [span(`${ready}/${pods.length}  `), span(`${sd}  ${max} `, "bold")]],
  ];
  const fitting = variants.map(([start, end]) => spread(start, end, width)).find((line) => line.length > 3);
  return fitting ?? [name, span(`  ${sd}`, "bold")];
}

interface Columns {
  /** Of a pod, with the gap behind its bar. */
  readonly cell: number;
  readonly bar: number;
  /** Connections of a full bar: the same in all rows. */
  readonly most: number;
}

function layOut({ rows }: ServiceScene, width: number): Columns {
  const count = Math.max(1, ...rows.map(({ pods }) => pods.length));
  const cell = Math.max(1, Math.min(widestBar + 2, Math.floor((width - axis) / count)));
  const most = Math.max(10, ...rows.flatMap(({ pods }) => pods.map(({ connections }) => connections)));
  return { cell, bar: Math.max(1, Math.min(widestBar, cell - 1)), most };
}

/** The bars, top line first, before a line at the height of the mean. */
function chart({ pods, mean }: ServiceRow, { cell, bar, most }: Columns, height: number): StyledLine[] {
  const eighths = (value: number): number => Math.round((value / most) * height * 8);
  const meanLine = mean > 0 ? Math.min(height - 1, Math.floor(eighths(mean) / 8)) : -1;
  return Array.from({ length: height }, (_, index) => {
    const line = height - 1 - index;
    const ground = line === meanLine ? "┄" : " ";
    const bars = pods.flatMap(({ connections, isFull }): Span[] => {
      const filled = Math.min(8, eighths(connections) - 8 * line);
      const gap = span(ground.repeat(cell - bar), "dim");
      if (filled <= 0) return [span(ground.repeat(bar), "dim"), gap];
      return [span(heights[filled]!.repeat(bar), isFull ? "yellow" : "cyan"), gap];
    });
    const label = line === meanLine ? `${right(mean.toFixed(0), axis - 2)} ┄` : " ".repeat(axis);
    return [span(label, "dim"), ...bars];
  });
}

const underBars = (pods: ServiceRow["pods"], textOf: (pod: ServiceRow["pods"][number]) => Span, { cell }: Columns) => [
  span(" ".repeat(axis)),
  ...pods.map((pod) => {
    const { text, tone } = textOf(pod);
    return span(left(text, cell), tone);
  }),
];

/** How many connections each pod has, and which ones are full for now. */
const numbers = ({ pods }: ServiceRow, columns: Columns): StyledLine =>
  columns.cell > String(columns.most).length
    ? underBars(pods, ({ connections }) => span(String(connections)), columns)
    : blank;

const marks = ({ pods }: ServiceRow, columns: Columns): StyledLine => {
  const mark = columns.cell > 4 ? "full" : "×";
  return underBars(pods, ({ isFull }) => span(isFull ? mark : "", "yellow"), columns);
};

/** The spread over time: a column a second. */
const history = ({ history: figures }: ServiceRow, most: number, width: number): StyledLine => [
  span(left(" sd/mean", axis + 5), "dim"),
  span(
    figures
      .slice(-Math.max(1, width - axis - 5))
      .map((figure) => column(figure, most))
      .join(""),
  ),
];

const footer = ({ kubeconfig, pageUrl }: ServiceScene, width: number, ends: string): StyledLine[] => [
  spread([span(` ${exportCommand(kubeconfig)}`)], [span(`${ends} `, "dim")], width),
  spread([span(" page "), span(pageUrl, "cyan")], [span("┄ mean, full: full for now ", "dim")], width),
];

/**
 * Two rows of bars, a bar for each pod, scaled alike: at most `rows` lines of at most `columns` columns. Where there is
 * little room, blank lines go first, then past events, then the lines under the bars, then lines of the bars.
 */
export function renderServiceFrame(
  scene: ServiceScene,
  { columns: width, rows: height }: Size,
  color: boolean,
  ends = "Ctrl-C ends",
): string[] {
  const { rows, events, trouble } = scene;
  let room = height - leastRows - rows.length;
  const take = (lines: number): boolean => {
    if (lines > room) return false;
    room -= lines;
    return true;
  };
  let bars = 0;
  while (bars < chartRows.least && take(rows.length)) bars += 1;
  const hasNumbers = take(rows.length);
  const hasMarks = take(rows.length);
  while (bars < 5 && take(rows.length)) bars += 1;
  const hasGaps = take(rows.length);
  let eventRows = 1;
  while (eventRows < mostEvents && take(1)) eventRows += 1;
  const hasHistory = take(rows.length);
  while (bars < chartRows.most && take(rows.length)) bars += 1;
  const mostSpread = Math.max(0.3, ...rows.flatMap((row) => row.history));
  const columns = layOut(scene, width);
  const told = [
    ...events.map(({ atMs, message }): StyledLine => [span(`${right(clock(atMs), 6)} `, "dim"), span(message)]),
    ...(trouble === undefined ? [] : [[span(` ! ${trouble}`, "red")]]),
  ].slice(-eventRows);
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...rows.flatMap((row) => [
      ...(hasGaps ? [blank] : []),
      title(row, width),
      ...chart(row, columns, bars),
      ...(hasNumbers ? [numbers(row, columns)] : []),
      ...(hasMarks ? [marks(row, columns)] : []),
      ...(hasHistory ? [history(row, mostSpread, width)] : []),
    ]),
    ...told,
    ...Array<StyledLine>(eventRows - told.length).fill(blank),
    ...footer(scene, width, ends),
  ];
  return lines.slice(0, Math.max(1, height)).map((line) => paint(line, width, color));
}
