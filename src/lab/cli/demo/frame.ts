import {
  bar,
  clock,
  column,
  left,
  paint,
  percent,
  right,
  type Span,
  type StyledLine,
  span,
  spread,
  type Tone,
} from "../../../cli/terminal/text.ts";
import { exportCommand } from "./kubeconfig.ts";
import { formatEvent, formatLoads, formatTime, type Scene, type SceneEndpoint } from "./scene.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Two lines of header and of footer; the table's head, the loads, the decision and the trouble. */
const leastRows = 8;
const mostEvents = 5;
const mostSquares = 16;
const blank: StyledLine = [];

const toneOf = (load: number | undefined, limit: number): Tone | undefined =>
  load === undefined ? "dim" : load > limit ? "yellow" : "green";

function header(scene: Scene, width: number): StyledLine[] {
  const { pool, strategy, replicas, maxReplicas, averageLoad, limit, traffic } = scene;
  const title = [span(" evenkeel", "bold"), span(`  ${pool}`, "cyan"), span(`  ${strategy}`)];
  const squares = maxReplicas > mostSquares ? 0 : Math.min(replicas, maxReplicas);
  const dots = maxReplicas > mostSquares ? 0 : maxReplicas - squares;
  const figures = [
    span(` replicas ${replicas}/${maxReplicas}`),
    span(squares + dots > 0 ? " " : ""),
    span("■".repeat(squares), "cyan"),
    span("·".repeat(dots), "dim"),
    span("  average load "),
    span(percent(averageLoad, 1), toneOf(averageLoad, limit)),
    span(` of ${limit}%`),
  ];
  const failed = span(`, ${traffic.failed} failed `, traffic.failed > 0 ? "red" : "dim");
  const open = span(`${traffic.open} open`);
  const counts = width >= 90 ? [open, span(`, ${traffic.opened} so far`, "dim"), failed] : [open, failed];
  return [spread(title, [span(`${formatTime(scene)} `, "dim")], width), spread(figures, counts, width)];
}

/** The average load over time: a column a second. */
function chart({ history, limit }: Scene, width: number): StyledLine {
  const most = Math.max(2 * limit, ...history);
  const shown = history.slice(-Math.max(0, width - 7));
  return [span(" load "), ...shown.map((load): Span => span(column(load, most), toneOf(load, limit)))];
}

interface Columns {
  readonly pod: number;
  readonly bar: number;
  readonly weight: boolean;
  readonly age: boolean;
  /** Zero: left out. */
  readonly reason: number;
}

const leastReason = 10;

/** Which columns there is room for. Rank, pod, connections and load are always there. */
function layOut({ endpoints, waiting }: Scene, width: number): Columns {
  const names = [...endpoints, ...waiting].map(({ pod }) => pod.length);
  const pod = Math.min(Math.max(12, ...names), Math.max(12, width - 30));
  const base = 3 + 1 + pod + 2 + 5 + 8;
  const weight = width >= base + 8 + 7;
  const age = width >= base + 8 + 7 + 6;
  const fixed = base + (weight ? 7 : 0) + (age ? 6 : 0);
  const free = width - fixed;
  const barWidth = Math.max(0, Math.min(24, Math.floor(free / 3)));
  const reason = free - barWidth - 2;
  return { pod, bar: barWidth, weight, age, reason: reason < leastReason ? 0 : reason };
}

const tableHead = (columns: Columns): StyledLine => [
  span(
    [
      right("#", 3),
      left(" POD", columns.pod + 3),
      left(columns.bar > 5 ? "CONNECTIONS" : " CONN", columns.bar + 5),
      right("LOAD", 8),
      columns.weight ? right("WEIGHT", 7) : "",
      columns.age ? right("AGE", 6) : "",
      columns.reason > 0 ? `  ${left("REASON", columns.reason)}` : "",
    ].join(""),
    "dim",
  ),
];

function row(endpoint: SceneEndpoint, columns: Columns, most: number, limit: number): StyledLine {
  const { rank, pod, connections, load, weight, ageMs, reason } = endpoint;
  return [
    span(right(String(rank), 3), "dim"),
    span(` ${left(pod, columns.pod)}  `),
    span(bar(connections ?? 0, most, columns.bar), "cyan"),
    span(right(connections === undefined ? "?" : String(connections), 5)),
    span(right(percent(load, 2), 8), toneOf(load, limit)),
    ...(columns.weight ? [span(right(String(weight), 7))] : []),
    ...(columns.age ? [span(right(ageMs === undefined ? "?" : `${(ageMs / 1_000).toFixed(1)}s`, 6), "dim")] : []),
    ...(columns.reason > 0 ? [span(`  ${left(reason, columns.reason)}`, "dim")] : []),
  ];
}

function table(scene: Scene, width: number, room: number): StyledLine[] {
  const { endpoints, waiting, limit } = scene;
  const columns = layOut(scene, width);
  const most = Math.max(10, ...endpoints.map(({ connections }) => connections ?? 0));
  const rows: StyledLine[] = [
    ...endpoints.map((endpoint) => row(endpoint, columns, most, limit)),
    ...waiting.map(({ pod, reason }) => [span(`  - ${left(pod, columns.pod)}  ${reason}`, "dim")]),
  ];
  if (rows.length === 0) rows.push([span("  - waiting for the first pod", "dim")]);
  const head = tableHead(columns);
  if (rows.length <= room) return [head, ...rows, ...Array<StyledLine>(room - rows.length).fill(blank)];
  const shown = rows.slice(0, Math.max(0, room - 1));
  return [head, ...shown, [span(`    … ${rows.length - shown.length} more`, "dim")]];
}

function events({ events: all }: Scene, room: number): StyledLine[] {
  const shown = all
    .slice(Math.max(0, all.length - room))
    .map((event) => [span(`${right(clock(event.atMs), 6)} `, "dim"), span(formatEvent(event))]);
  return [...shown, ...Array<StyledLine>(room - shown.length).fill(blank)];
}

const footer = ({ kubeconfig, operatorUrl, pageUrl, pool }: Scene, width: number): StyledLine[] => [
  spread([span(` ${exportCommand(kubeconfig)}`)], [span("page "), span(`${pageUrl} `, "cyan")], width),
  spread([span(` curl ${operatorUrl}/v1/pools/${pool}`)], [span("Ctrl-C ends ", "dim")], width),
];

/**
 * The live table: at most `rows` lines of at most `columns` columns. Where there is little room, blank lines go first,
 * then the chart, then past events, then pods. Every part keeps its place while pods and events come.
 */
export function renderFrame(scene: Scene, { columns: width, rows: height }: Size, color: boolean): string[] {
  const { decision, trouble } = scene;
  let room = height - leastRows;
  const take = (most: number): number => {
    const taken = Math.max(0, Math.min(most, room));
    room -= taken;
    return taken;
  };
  const eventRows = room > 2 ? take(1) : 0;
  const podRows = Math.max(1, take(Math.max(scene.maxReplicas, scene.endpoints.length + scene.waiting.length)));
  const moreEvents = take(mostEvents - 1);
  const chartRows = take(1);
  const gaps = Array.from({ length: 4 }, () => Array<StyledLine>(take(1)).fill(blank));
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...(chartRows > 0 ? [chart(scene, width)] : []),
    ...gaps[0]!,
    ...table(scene, width, podRows),
    ...gaps[1]!,
    [span(" loads "), span(formatLoads(scene.loads), "bold")],
    ...gaps[2]!,
    decision ? [span(` ${decision.reason}`, "cyan"), span(`: ${decision.message}`)] : blank,
    ...events(scene, eventRows + moreEvents),
    trouble === undefined ? blank : [span(` ! ${trouble}`, "red")],
    ...gaps[3]!,
    ...footer(scene, width),
  ];
  return lines.slice(0, Math.max(1, height)).map((line) => paint(line, width, color));
}
