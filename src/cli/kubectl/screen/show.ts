import { printAgeSince } from "../../../age.ts";
import { formatLoad, isOverLimit, type LoadFigures } from "../../../api/format-load.ts";
import type { FollowerDocument } from "../../../serve/followers-document.ts";
import { layTable, type TableColumn } from "../../terminal/table.ts";
import { lengthOf, oneLine, type Span, type StyledLine, span, type Tone, wrap } from "../../terminal/text.ts";
import type { CountOf, PodReport, PoolDetail, PoolReport, PoolTrouble } from "./report.ts";

/** How a report is to look. */
export interface Look {
  /** Columns of the terminal; infinite where nothing is cut. */
  readonly columns: number;
  readonly wide: boolean;
  /** Unix milliseconds. */
  readonly now: number;
  /** A pool in trouble has a mark in its row: what the trouble is may stand below the screen's end. */
  readonly marksTrouble?: boolean;
}

const blank: StyledLine = [];
const unknown = "-";

const text = (value: string | number | undefined, tone?: Tone): Span =>
  value === undefined || value === "" ? span(unknown, "dim") : span(oneLine(String(value)), tone);

const age = (time: string | undefined, now: number): Span => text(time && printAgeSince(time, now), "dim");

const loadTone = (figures: LoadFigures): Tone | undefined => {
  const isOver = isOverLimit(figures);
  return isOver === undefined ? undefined : isOver ? "yellow" : "green";
};

const readyTone = (ready: CountOf | undefined): Tone | undefined => {
  if (!ready) return undefined;
  if (ready.count === 0) return "red";
  return ready.count === ready.of ? "green" : "yellow";
};

export const partText = (part: CountOf | undefined): string | undefined => part && `${part.count}/${part.of}`;

/** As kubectl's table has it. */
function sampleText({ oldestSample }: Pick<PoolReport, "oldestSample">): string | undefined {
  if (!oldestSample) return undefined;
  return "withinMs" in oldestSample ? `<${oldestSample.withinMs / 1_000}s` : `>${oldestSample.beyondMs / 1_000}s`;
}

const rangeOf = ({ minReplicas, maxReplicas }: PoolReport): string | undefined =>
  maxReplicas === undefined ? undefined : `${minReplicas}-${maxReplicas}`;

/** The mode, or that scaling is not at work in it: why stands below. */
function scalingText({ scaling, scalingActive }: PoolReport): Span {
  if (scaling === "Paused") return text(scaling, "yellow");
  return scaling !== undefined && scalingActive === false ? text("Inactive", "red") : text(scaling);
}

const troubleMark: TableColumn<PoolReport> = {
  title: " ",
  cell: ({ troubles }) => span(troubles.length > 0 ? "!" : " ", "red"),
};

const poolColumns = (
  { wide, now, marksTrouble = false }: Look,
  namespaces: boolean,
  pools: readonly PoolReport[],
): TableColumn<PoolReport>[] => [
  ...(marksTrouble && pools.some(({ troubles }) => troubles.length > 0) ? [troubleMark] : []),
  ...(namespaces ? [{ title: "NAMESPACE", cell: (row: PoolReport) => text(row.namespace), least: 9 }] : []),
  { title: "NAME", cell: ({ name }) => text(name, "bold"), least: 12 },
  { title: "STRATEGY", cell: ({ strategy }) => text(strategy), drop: 2 },
  { title: "READY", cell: ({ ready }) => text(partText(ready), readyTone(ready)) },
  ...(pools.some(({ readySet }) => readySet !== undefined)
    ? [{ title: "SET", cell: ({ readySet }: PoolReport) => text(partText(readySet)), drop: 1 }]
    : []),
  { title: "REPLICAS", cell: ({ replicas }) => text(replicas), drop: 3 },
  { title: "LOAD", cell: (row) => text(formatLoad(row), loadTone(row)) },
  { title: "SCALING", cell: scalingText, drop: 1 },
  ...(wide
    ? ([
        { title: "RANGE", cell: (row) => text(rangeOf(row)) },
        { title: "RECOMMENDED", cell: ({ recommendedReplicas }) => text(recommendedReplicas) },
        { title: "WORKLOAD", cell: ({ workload }) => text(workload) },
        { title: "SOURCE", cell: ({ source }) => text(source) },
        { title: "OLDEST", cell: (row) => text(sampleText(row)) },
        { title: "LASTSCALE", cell: ({ lastScale }) => age(lastScale?.time, now) },
        { title: "DECISION", cell: ({ decision }) => text(decision?.reason) },
      ] satisfies TableColumn<PoolReport>[])
    : []),
  { title: "AGE", cell: ({ createdAt }) => age(createdAt, now), drop: 4 },
];

const podColumns = ({ columns, wide, now }: Look, { limit, readySet }: PoolDetail): TableColumn<PodReport>[] => [
  { title: "#", cell: ({ rank }) => text(rank, "dim"), align: "right" },
  { title: "POD", cell: ({ pod, rank }) => text(pod, rank === undefined ? "dim" : undefined), least: 16 },
  ...(wide ? [{ title: "ADDRESS", cell: ({ address }: PodReport) => text(address) }] : []),
  { title: columns < 100 ? "CONN" : "CONNECTIONS", cell: ({ connections }) => text(connections), align: "right" },
  {
    title: "LOAD",
    cell: ({ load }) => text(load === undefined ? undefined : `${load}%`, loadTone({ averageLoad: load, limit })),
    align: "right",
  },
  { title: "WEIGHT", cell: ({ weight }) => text(weight), align: "right" },
  ...(readySet === undefined
    ? []
    : [{ title: "SET", cell: ({ rank, full }: PodReport) => (full ? span("full", "cyan") : text(rank && "in")) }]),
  ...(wide ? [{ title: "NODE", cell: ({ node }: PodReport) => text(node) }] : []),
  { title: "AGE", cell: ({ createdAt }) => age(createdAt, now), align: "right", drop: 1 },
  { title: "REASON", cell: ({ reason }) => text(reason, "dim"), least: 12, drop: 2 },
];

/** A sign, a headline and what it says, the lines after the first set in. */
function paragraph(start: Span[], message: string, columns: number): StyledLine[] {
  const [first = "", ...more] = wrap(`${start.map((part) => part.text).join("")}${oneLine(message)}`, columns - 2);
  const head = start.reduce((sum, part) => sum + part.text.length, 0);
  const whole: StyledLine = first.length >= head ? [...start, span(first.slice(head))] : [span(first)];
  return [whole, ...more.map((line): StyledLine => [span(`  ${line}`)])];
}

/**
 * Those that say something of their own: what is wrong with the workload, say, is so of several conditions, and of pods
 * that take no traffic nothing more is known.
 */
const withoutEchoes = (troubles: readonly PoolTrouble[]): PoolTrouble[] =>
  troubles.filter(({ status, message }, index) => {
    const earlier = troubles.slice(0, index);
    const isDown = earlier.some((other) => other.type === "Ready" && other.status === "False");
    return !(status === "Unknown" && isDown) && !earlier.some((other) => other.message === message);
  });

const troubleLines = (of: string, troubles: readonly PoolTrouble[], columns: number): StyledLine[] =>
  withoutEchoes(troubles).flatMap(({ type, reason, message }) =>
    paragraph(
      [span("! ", "red"), span(of && `${of} `, "bold"), span(`${type} `), span(reason, "red"), span(": ")],
      message,
      columns,
    ),
  );

/** A picture in its parts: a table may be longer than what there is room for. */
export interface Picture {
  readonly head: readonly StyledLine[];
  /** Its head, then a line for each row; empty where there are none. */
  readonly table: readonly StyledLine[];
  readonly foot: readonly StyledLine[];
}

/** All of a picture. */
export const whole = ({ head, table, foot }: Picture): StyledLine[] => [...head, ...table, ...foot];

/** A table of pools, and below it what is not as it should be. */
export function picturePools(pools: readonly PoolReport[], look: Look, namespaces: boolean): Picture {
  const troubles = pools.flatMap(({ namespace, name, troubles: own }) =>
    troubleLines(namespaces ? `${namespace}/${name}` : name, own, look.columns),
  );
  const table = layTable(poolColumns(look, namespaces, pools), pools, look.columns);
  return { head: [], table, foot: troubles.length > 0 ? [blank, ...troubles] : [] };
}

export const showPools = (pools: readonly PoolReport[], look: Look, namespaces: boolean): StyledLine[] =>
  whole(picturePools(pools, look, namespaces));

const gap = "   ";

/** Pieces apart from each other, each whole on the first line that has room for it. */
function apart(parts: readonly Span[][], columns: number): StyledLine[] {
  const lines: Span[][] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const width = lengthOf(last ?? []) + gap.length + lengthOf(part);
    if (last && width <= columns) last.push(span(gap), ...part);
    else lines.push([...part]);
  }
  return lines;
}

function figures(pool: PoolDetail, { columns }: Look): StyledLine[] {
  const { ready, replicas, recommendedReplicas, scaling, source } = pool;
  const load = formatLoad(pool);
  const parts: Span[][] = [[span("ready "), text(partText(ready), readyTone(ready))]];
  if (replicas !== undefined) parts.push([span("replicas "), text(replicas)]);
  if (recommendedReplicas !== undefined && recommendedReplicas !== replicas)
    parts.push([span("recommended "), text(recommendedReplicas, "yellow")]);
  if (load !== undefined) parts.push([span("load "), text(load, loadTone(pool))]);
  if (scaling !== undefined) parts.push([span("scaling "), scalingText(pool), span(` ${rangeOf(pool)}`)]);
  if (source !== undefined && source !== "None")
    parts.push([span("samples "), text(source), span(` ${sampleText(pool) ?? ""}`.trimEnd())]);
  return apart(parts, columns);
}

function setLines({ readySet }: PoolDetail): StyledLine[] {
  if (readySet === undefined) return [];
  const full = readySet.of - readySet.count;
  return [
    [span("ready set "), text(partText(readySet)), ...(full > 0 ? [span(`, ${full} full for now`, "cyan")] : [])],
  ];
}

const carrierLines = ({ publishedTo = [] }: PoolDetail): StyledLine[] =>
  publishedTo.length > 0 ? [[span("weights in the objects of "), text(publishedTo.join(", "))]] : [];

function lastScaleLines({ lastScale, decision }: PoolDetail, { columns, now }: Look): StyledLine[] {
  if (!lastScale) return [];
  const { time, from, to, reason, message } = lastScale;
  const when = span(`scaled ${printAgeSince(time, now)} ago ${from} -> ${to} `);
  // The decision above has just told it.
  if (message === decision?.message) return paragraph([when], reason, columns);
  return paragraph([when, span(reason, "cyan"), span(": ")], message, columns);
}

/** More are told by the wide form alone. */
const fewFollowers = 20;

const followerColumns = ({ now }: Look): TableColumn<FollowerDocument>[] => [
  { title: "FOLLOWER", cell: ({ consumer }) => text(consumer) },
  { title: "CLIENT", cell: ({ client }) => text(client), least: 12 },
  { title: "VERSION", cell: ({ version }) => text(version), drop: 1 },
  { title: "SINCE", cell: ({ since }) => age(since, now), align: "right" },
];

function followerLines({ followers }: PoolDetail, look: Look): StyledLine[] {
  if (!followers) return [];
  const counts = Object.entries(followers.counts);
  const told = counts.map(([consumer, count]) => `${consumer} ${count}`).join(", ");
  const head: StyledLine = [span("followers at one replica: "), counts.length > 0 ? text(told) : span("none", "dim")];
  const listed = look.wide ? followers.followers : followers.followers.slice(0, fewFollowers);
  const table = listed.length > 0 ? layTable(followerColumns(look), listed, look.columns) : [];
  const refusals = listed.flatMap(({ consumer, client, rejected }) =>
    rejected === undefined
      ? []
      : paragraph(
          [span("! ", "red"), span(`${consumer} ${oneLine(client)} `), span("refused: ", "red")],
          rejected,
          look.columns,
        ),
  );
  return [blank, head, ...table, ...refusals];
}

/** One pool: its figures, its last decision, its pods, who follows it and what is not as it should be. */
export function pictureDetail(pool: PoolDetail, look: Look): Picture {
  const { namespace, name, strategy, workload, decision, writers, troubles, pods } = pool;
  const title: Span[] = [span(`${namespace}/${name}`, "bold")];
  const over = [span(strategy, "cyan"), ...(workload === undefined ? [] : [span(` over ${workload}`)])];
  const fits = lengthOf(title) + 2 + lengthOf(over) <= look.columns;
  const rest = troubleLines("", troubles, look.columns);
  const isTrouble = troubles.some(({ message }) => message === decision?.message);
  const head = [
    ...(fits ? [[...title, span("  "), ...over]] : [title, over]),
    ...figures(pool, look),
    ...setLines(pool),
    ...carrierLines(pool),
    ...(decision && !isTrouble
      ? paragraph([span(decision.reason, "cyan"), span(": ")], decision.message, look.columns)
      : []),
    ...lastScaleLines(pool, look),
    ...(writers ? paragraph([span(writers.reason, "cyan"), span(": ")], writers.message, look.columns) : []),
    blank,
    ...(pods.length > 0 ? [] : [[span("no pods", "dim")]]),
  ];
  return {
    head,
    table: pods.length > 0 ? layTable(podColumns(look, pool), pods, look.columns) : [],
    foot: [...followerLines(pool, look), ...(rest.length > 0 ? [blank, ...rest] : [])],
  };
}

export const showDetail = (pool: PoolDetail, look: Look): StyledLine[] => whole(pictureDetail(pool, look));
