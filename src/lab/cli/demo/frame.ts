import {
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
  wrap,
} from "../../../cli/terminal/text.ts";
import { clientTable } from "./clients/client-table.ts";
import { exportCommand } from "./kubeconfig.ts";
import { keyHelp } from "./play/key-help.ts";
import { podTable, selectedLine, toneOf } from "./pod-table.ts";
import { formatEvent, formatLoads, type Play, type Scene } from "./scene.ts";
import { titleLine } from "./title-line.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Two lines of header, two or three of footer; the table's head, a pod and the decision. */
const leastRows = 7;
const mostHappenings = 8;
const mostSquares = 16;
const blank: StyledLine = [];

/** What somebody has changed at the keyboard and still holds. */
function heldBy({ isPaused, extraConnections }: Play): Span[] {
  const extra = extraConnections > 0 ? `+${extraConnections}` : String(extraConnections);
  return [
    ...(isPaused ? [span("  scaling paused", "yellow")] : []),
    ...(extraConnections === 0 ? [] : [span(`  load ${extra}`, "yellow")]),
  ];
}

function header(scene: Scene, width: number): StyledLine[] {
  const { pool, strategy, replicas, maxReplicas, averageLoad, limit, traffic, play } = scene;
  const title = [
    span(" evenkeel", "bold"),
    span(`  ${pool}`, "cyan"),
    span(`  ${strategy}`),
    ...(play ? heldBy(play) : []),
  ];
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
  return [titleLine(title, scene, width), spread(figures, counts, width)];
}

/** The average load over time: a column a second. */
function chart({ history, limit }: Scene, width: number): StyledLine {
  const most = Math.max(2 * limit, ...history);
  const shown = history.slice(-Math.max(0, width - 7));
  return [span(" load "), ...shown.map((load): Span => span(column(load, most), toneOf(load, limit)))];
}

/** A text in lines of this width: at most so many, of which the last one then has all that is left. */
function wrapWithin(text: string, width: number, most: number): string[] {
  const lines = wrap(text, Math.max(1, width));
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), lines.slice(most - 1).join(" ")];
}

/** A text behind a head of its own. */
function wrapped(
  head: Span,
  text: string,
  tone: Tone | undefined,
  width: number,
  most = Number.POSITIVE_INFINITY,
): StyledLine[] {
  const indent = head.text.length;
  return wrapWithin(text, width - indent, most).map((line, index) => [
    index === 0 ? head : span(" ".repeat(indent)),
    span(line, tone),
  ]);
}

/** Why the replicas are as many as they are. */
function decisionLines({ decision }: Scene, width: number, room: number): StyledLine[] {
  if (!decision) return [];
  const { reason, message } = decision;
  const [first = "", ...more] = wrapWithin(`${reason}: ${message}`, width - 2, room);
  const head = first.slice(0, reason.length);
  return [
    [span(` ${head}`, "cyan"), span(first.slice(head.length))],
    ...more.map((line): StyledLine => [span(`  ${line}`)]),
  ];
}

/** These lines, or those of them that there is room for, in so many. */
const filled = (lines: readonly StyledLine[], room: number): StyledLine[] => [
  ...lines.slice(0, room),
  ...Array<StyledLine>(Math.max(0, room - lines.length)).fill(blank),
];

/** What happened, whatever it was, the newest at the end: as much of it as there is room for. */
function happenings({ events, play, trouble, elapsedMs }: Scene, width: number, room: number): StyledLine[] {
  const all = [
    ...events.map((event) => ({ atMs: event.atMs, text: formatEvent(event), tone: undefined })),
    ...(play?.notes ?? []).map(({ atMs, text }) => ({ atMs, text, tone: "cyan" as Tone })),
  ].sort((a, b) => a.atMs - b.atMs);
  const told = [
    ...all.slice(-mostHappenings),
    ...(trouble === undefined ? [] : [{ atMs: elapsedMs, text: `! ${trouble}`, tone: "red" as Tone }]),
  ];
  let shown: StyledLine[] = [];
  for (const { atMs, text, tone } of told.toReversed()) {
    const lines = wrapped(span(`${right(clock(atMs), 6)} `, "dim"), text, tone, width, Math.max(1, room));
    // What is not the newest is told whole, or not at all.
    if (shown.length > 0 && shown.length + lines.length > room) break;
    shown = [...lines, ...shown];
  }
  return filled(shown, room);
}

function footer({ kubeconfig, operatorUrl, pageUrl, pool, play }: Scene, width: number): StyledLine[] {
  const command = span(` ${exportCommand(kubeconfig)}`);
  const page = [span("page "), span(`${pageUrl} `, "cyan")];
  if (!play)
    return [
      spread([command], page, width),
      spread([span(` curl ${operatorUrl}/v1/pools/${pool}`)], [span("Ctrl-C ends ", "dim")], width),
    ];
  return [
    spread([command], page, width),
    spread(
      [span(" ↑↓ pod: x kill  w slow  f freeze  l lie  d drain", "dim")],
      [span("+- load  ? help  q quit ", "dim")],
      width,
    ),
    spread([span(" s strategy  p pause scaling  r roll out", "dim")], [span("o open the page ", "dim")], width),
  ];
}

/** What the keys do, and where else to look. */
function help({ kubeconfig, operatorUrl, pageUrl, pool }: Scene, width: number): StyledLine[] {
  const keys = Math.max(...keyHelp.map((each) => each.keys.length)) + 3;
  return [
    [span(" All of it is real: the pool, its pods, their connections, what becomes of them.", "bold")],
    ...keyHelp.flatMap((each) => wrapped(span(` ${left(each.keys, keys - 1)}`, "cyan"), each.does, undefined, width)),
    ...wrapped(
      span(" BLIND, FOLLOWS  ", "dim"),
      "to which pods each client's requests of the last 10 s went",
      undefined,
      width,
    ),
    blank,
    [span(` ${exportCommand(kubeconfig)}`)],
    [span(` curl ${operatorUrl}/v1/pools/${pool}`)],
    [span(` page ${pageUrl}`)],
    blank,
    [span(" Any key goes back; Ctrl-C ends, too.", "dim")],
  ];
}

const painted = (lines: readonly StyledLine[], { columns, rows }: Size, color: boolean): string[] =>
  lines.slice(0, Math.max(1, rows)).map((line) => paint(line, columns, color));

/**
 * The live table: at most `rows` lines of at most `columns` columns. Where there is little room, blank lines go first,
 * then the loads and the chart, then what happened, then the clients, then pods. Every part keeps its place while pods
 * and events come.
 */
export function renderFrame(scene: Scene, size: Size, color: boolean): string[] {
  const { columns: width, rows: height } = size;
  const { play } = scene;
  if (play?.showsHelp) return painted(help(scene, width), size, color);
  let room = height - leastRows - (play ? 1 : 0);
  const take = (most: number, least = 0): number => {
    const taken = Math.max(0, Math.min(most, room));
    if (taken < least) return 0;
    room -= taken;
    return taken;
  };
  const happened = take(1);
  const detail = play ? take(1) : 0;
  const pods = 1 + take(Math.max(scene.maxReplicas, scene.endpoints.length + scene.waiting.length) - 1);
  const clients = take(3, 3);
  const decided = 1 + take(1);
  const moreHappened = take(2);
  const charts = take(1);
  const gaps = Array.from({ length: 2 }, () => Array<StyledLine>(take(1)).fill(blank));
  const loads = take(1);
  const lastDecided = take(1);
  const lastHappened = take(mostHappenings - 3);
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...(charts > 0 ? [chart(scene, width)] : []),
    ...gaps[0]!,
    ...podTable(scene, width, pods),
    ...(detail > 0 ? [selectedLine(scene)] : []),
    ...(loads > 0 ? [[span(" loads "), span(formatLoads(scene.loads), "bold")]] : []),
    ...gaps[1]!,
    ...(clients > 0 ? clientTable(scene.clients, width) : []),
    ...filled(decisionLines(scene, width, decided + lastDecided), decided + lastDecided),
    ...happenings(scene, width, happened + moreHappened + lastHappened),
    ...footer(scene, width),
  ];
  return painted(lines, size, color);
}
