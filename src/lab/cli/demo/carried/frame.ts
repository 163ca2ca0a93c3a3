import { bar, clock, left, paint, right, type StyledLine, span, spread } from "../../../../cli/terminal/text.ts";
import type { Size } from "../frame.ts";
import { exportCommand } from "../kubeconfig.ts";
import { titleLine } from "../title-line.ts";
import { type CarriedRow, type CarriedScene, formatPercent, widestGap } from "./scene.ts";

const blank: StyledLine = [];
/** Two lines of header and of footer, the table's head, and the last event or trouble. */
const leastRows = 6;
const mostEvents = 5;
const mostBar = 24;
const leastBar = 6;
const mostReason = 40;

const header = (scene: CarriedScene, width: number): StyledLine[] => {
  const { carrier, pool, strategy, answered, failed, rows } = scene;
  return [
    titleLine(
      [span(" evenkeel", "bold"), span(`  ${pool}`, "cyan"), span(`  ${strategy}, carried by `), span(carrier, "bold")],
      scene,
      width,
    ),
    spread(
      [span(` weight and traffic at most ${widestGap(rows).toFixed(1)} points apart`)],
      [span(`${answered} answered`, "dim"), span(`, ${failed} failed `, failed > 0 ? "red" : "dim")],
      width,
    ),
  ];
};

interface Columns {
  readonly pod: number;
  /** Zero: left out. */
  readonly bar: number;
  readonly reason: number;
  /** Percent of a full bar. */
  readonly most: number;
}

function layOut(rows: readonly CarriedRow[], width: number): Columns {
  const longest = Math.max(6, ...rows.map(({ pod }) => pod.length));
  const pod = Math.min(longest, Math.max(6, width - 18));
  const free = width - pod - 3 - 2 * 8;
  // Bars give way to the reasons, down to what still can be compared.
  const longestReason = Math.max(0, ...rows.map(({ reason }) => reason.length));
  const wanted = Math.floor((free - Math.min(mostReason, longestReason) - 2) / 2);
  const barWidth = Math.max(0, Math.min(mostBar, Math.max(wanted, leastBar), Math.floor(free / 3)));
  const reason = free - 2 * barWidth - 2;
  const most = Math.max(1, ...rows.flatMap(({ weight, traffic }) => [weight, traffic]));
  return { pod, bar: barWidth, reason: barWidth < 4 || reason < 8 ? 0 : reason, most };
}

const head = (columns: Columns): StyledLine => [
  span(
    [
      ` ${left("POD", columns.pod)} `,
      left(" WEIGHT", columns.bar + 8),
      left("  TRAFFIC", columns.bar + 9),
      columns.reason > 0 ? `  ${left("REASON", columns.reason)}` : "",
    ].join(""),
    "dim",
  ),
];

function row({ pod, isOut, weight, traffic, reason }: CarriedRow, columns: Columns): StyledLine {
  return [
    span(` ${left(pod, columns.pod)} `, isOut ? "dim" : undefined),
    span(bar(weight, columns.most, columns.bar), "dim"),
    span(right(formatPercent(weight), 8)),
    span(` ${bar(traffic, columns.most, columns.bar)}`, "cyan"),
    span(right(formatPercent(traffic), 8)),
    ...(columns.reason > 0 ? [span(`  ${left(reason, columns.reason)}`, "dim")] : []),
  ];
}

const footer = (
  { kubeconfig, pageUrl, carrierUrl, operatorUrl, pool }: CarriedScene,
  width: number,
  ends: string,
): StyledLine[] => [
  spread([span(` ${exportCommand(kubeconfig)}`)], [span(`${ends} `, "dim")], width),
  spread(
    [span(` curl ${carrierUrl ?? `${operatorUrl}/v1/pools/${pool}`}`)],
    [span("page "), span(`${pageUrl} `, "cyan")],
    width,
  ),
];

/**
 * A table of the pods, weight and traffic side by side: at most `rows` lines of at most `columns` columns. Where there is
 * little room, blank lines go first, then past events, then pods.
 */
export function renderCarriedFrame(
  scene: CarriedScene,
  { columns: width, rows: height }: Size,
  color: boolean,
  ends = "Ctrl-C ends",
): string[] {
  const { rows, events, trouble } = scene;
  let room = height - leastRows;
  const take = (most: number): number => {
    const taken = Math.max(0, Math.min(most, room));
    room -= taken;
    return taken;
  };
  const podRows = take(Math.max(1, rows.length));
  const eventRows = 1 + take(mostEvents - 1);
  const gaps = Array.from({ length: 3 }, () => Array<StyledLine>(take(1)).fill(blank));
  const columns = layOut(rows, width);
  const told = [
    ...events.map(({ atMs, message }): StyledLine => [span(`${right(clock(atMs), 6)} `, "dim"), span(message)]),
    ...(trouble === undefined ? [] : [[span(` ! ${trouble}`, "red")]]),
  ].slice(-eventRows);
  const shown = rows.slice(0, podRows).map((each) => row(each, columns));
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...gaps[0]!,
    head(columns),
    ...shown,
    ...Array<StyledLine>(podRows - shown.length).fill(blank),
    ...gaps[1]!,
    ...told,
    ...Array<StyledLine>(eventRows - told.length).fill(blank),
    ...gaps[2]!,
    ...footer(scene, width, ends),
  ];
  return lines.slice(0, Math.max(1, height)).map((line) => paint(line, width, color));
}
