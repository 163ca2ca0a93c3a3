import {
  column,
  paint,
  percent,
  type Span,
  type StyledLine,
  span,
  spread,
  wrapWithin,
} from "../../../cli/terminal/text.ts";
import { clientTable } from "./clients/client-table.ts";
import { exportCommand } from "./kubeconfig.ts";
import { filled, type Happening, newestLines } from "./newest-lines.ts";
import { fitHelp, helpLines, keyBar } from "./play/help-lines.ts";
import { allKeys } from "./play/key-help.ts";
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

/** What happened, whatever it was. */
const happenings = ({ events, play, trouble, elapsedMs }: Scene): Happening[] => [
  ...events.map((event) => ({ atMs: event.atMs, text: span(formatEvent(event)) })),
  ...(play?.notes ?? []).map(({ atMs, text }) => ({ atMs, text: span(text, "cyan") })),
  ...(trouble === undefined ? [] : [{ atMs: elapsedMs, text: span(trouble, "red"), isTrouble: true }]),
];

function footer({ kubeconfig, operatorUrl, pageUrl, pool, play }: Scene, width: number): StyledLine[] {
  const command = span(` ${exportCommand(kubeconfig)}`);
  const page = [span("page "), span(`${pageUrl} `, "cyan")];
  if (!play)
    return [
      spread([command], page, width),
      spread([span(` curl ${operatorUrl}/v1/pools/${pool}`)], [span("Ctrl-C ends ", "dim")], width),
    ];
  return [spread([command], page, width), ...keyBar(keyHints, width, 2)];
}

const keyHints = [
  "? help",
  "q quit",
  " +- load",
  " ↑↓ pod: x kill",
  "w slow",
  "f freeze",
  "l lie",
  "d drain",
  "s strategy",
  " p pause scaling",
  " r roll out",
  " o open the page",
];

const shares = "to which pods each client's requests of the last 10 s went";

/** What the keys do, and where else to look. */
const help = ({ kubeconfig, operatorUrl, pageUrl, pool }: Scene, width: number): StyledLine[] =>
  helpLines(
    allKeys,
    [
      ["BLIND, FOLLOWS", shares],
      ["SO FAR", "how many of all of a client's requests have failed"],
    ],
    [exportCommand(kubeconfig), `curl ${operatorUrl}/v1/pools/${pool}`, `page ${pageUrl}`],
    width,
  );

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
  if (play?.showsHelp) return painted(fitHelp(help(scene, width), height), size, color);
  let room = height - leastRows - (play ? 1 : 0);
  const take = (most: number, least = 0): number => {
    const taken = Math.max(0, Math.min(most, room));
    if (taken < least) return 0;
    room -= taken;
    return taken;
  };
  const happened = take(1);
  const detail = play ? take(1) : 0;
  const pods = 1 + take(scene.maxReplicas - 1);
  const clients = take(3, 3);
  const decided = 1 + take(1);
  const moreHappened = take(2);
  // Those of a rollout, for a while.
  const morePods = take(scene.endpoints.length + scene.waiting.length - pods);
  const charts = take(1);
  const gaps = Array.from({ length: 2 }, () => Array<StyledLine>(take(1)).fill(blank));
  const loads = take(1);
  const lastDecided = take(1);
  const lastHappened = take(mostHappenings - 3);
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...(charts > 0 ? [chart(scene, width)] : []),
    ...gaps[0]!,
    ...podTable(scene, width, pods + morePods),
    ...(detail > 0 ? [selectedLine(scene)] : []),
    ...(loads > 0 ? [[span(" loads "), span(formatLoads(scene.loads), "bold")]] : []),
    ...gaps[1]!,
    ...(clients > 0 ? clientTable(scene.clients, width) : []),
    ...filled(decisionLines(scene, width, decided + lastDecided), decided + lastDecided),
    ...newestLines(happenings(scene), width, happened + moreHappened + lastHappened),
    ...footer(scene, width),
  ];
  return painted(lines, size, color);
}
