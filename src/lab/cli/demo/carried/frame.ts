import { bar, left, paint, right, type StyledLine, span, spread } from "../../../../cli/terminal/text.ts";
import type { Size } from "../frame.ts";
import { exportCommand } from "../kubeconfig.ts";
import { type Happening, newestLines } from "../newest-lines.ts";
import { fitHelp, helpLines, keyBar } from "../play/help-lines.ts";
import { steadyKeys } from "../play/key-help.ts";
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

/** What was done to a pod, before what the operator says of it. */
const whyOf = ({ state, reason }: CarriedRow): string => (state === "" ? reason : `${state}; ${reason}`);

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
  const longestReason = Math.max(0, ...rows.map((row) => whyOf(row).length));
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

function row(each: CarriedRow, isSelected: boolean, columns: Columns): StyledLine {
  const { pod, isOut, weight, traffic, state } = each;
  const tone = isOut ? "dim" : undefined;
  return [
    span(isSelected ? "›" : " ", "cyan"),
    span(`${left(pod, columns.pod)} `, isSelected ? "bold" : tone),
    span(bar(weight, columns.most, columns.bar), "dim"),
    span(right(formatPercent(weight), 8)),
    span(` ${bar(traffic, columns.most, columns.bar)}`, "cyan"),
    span(right(formatPercent(traffic), 8)),
    ...(columns.reason > 0 ? [span(`  ${left(whyOf(each), columns.reason)}`, state === "" ? "dim" : "red")] : []),
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

/** All of the reason of the pod that is selected. */
function detail({ rows, play }: CarriedScene): StyledLine {
  const found = rows.find(({ pod }) => pod === play?.selected);
  return found ? [span(` ${found.pod}`, "bold"), span(`: ${whyOf(found)}`)] : blank;
}

const help = ({ kubeconfig, operatorUrl, pool, pageUrl, carrierUrl }: CarriedScene, width: number): StyledLine[] =>
  helpLines(
    steadyKeys,
    [],
    [
      exportCommand(kubeconfig),
      ...(carrierUrl === undefined ? [] : [`curl ${carrierUrl}`]),
      `curl ${operatorUrl}/v1/pools/${pool}`,
      `page ${pageUrl}`,
    ],
    width,
  );

const keyHints = ["? help", "q quit", " ↑↓ pod: w slow", "f freeze", "l lie", "d drain", " s strategy", "o page"];

const paintAll = (lines: readonly StyledLine[], height: number, width: number, color: boolean): string[] =>
  lines.slice(0, Math.max(1, height)).map((line) => paint(line, width, color));

/**
 * A table of the pods, weight and traffic side by side: at most `rows` lines of at most `columns` columns. Where there is
 * little room, blank lines go first, then past events, then pods.
 */
export function renderCarriedFrame(
  scene: CarriedScene,
  { columns: width, rows: height }: Size,
  color: boolean,
): string[] {
  const { rows, events, trouble, play, elapsedMs } = scene;
  if (play?.showsHelp) return paintAll(fitHelp(help(scene, width), height), height, width, color);
  let room = height - leastRows - (play ? 1 : 0);
  const take = (most: number): number => {
    const taken = Math.max(0, Math.min(most, room));
    room -= taken;
    return taken;
  };
  const podRows = take(Math.max(1, rows.length));
  const detailRows = play ? take(1) : 0;
  const eventRows = 1 + take(mostEvents - 1);
  const gaps = Array.from({ length: 3 }, () => Array<StyledLine>(take(1)).fill(blank));
  const columns = layOut(rows, width);
  const told: Happening[] = [
    ...events.map(({ atMs, message }) => ({ atMs, text: span(message) })),
    ...(play?.notes ?? []).map(({ atMs, text }) => ({ atMs, text: span(text, "cyan") })),
    ...(trouble === undefined ? [] : [{ atMs: elapsedMs, text: span(trouble, "red"), isTrouble: true }]),
  ];
  const shown = rows.slice(0, podRows).map((each) => row(each, each.pod === play?.selected, columns));
  const lines: StyledLine[] = [
    ...header(scene, width),
    ...gaps[0]!,
    head(columns),
    ...shown,
    ...Array<StyledLine>(podRows - shown.length).fill(blank),
    ...(detailRows > 0 ? [detail(scene)] : []),
    ...gaps[1]!,
    ...newestLines(told, width, eventRows),
    ...gaps[2]!,
    ...footer(scene, width, play ? "" : "Ctrl-C ends"),
    ...(play ? keyBar(keyHints, width, 1) : []),
  ];
  return paintAll(lines, height, width, color);
}
