import { printAgeSince } from "../../../age.ts";
import { layTable, type TableColumn } from "../../terminal/table.ts";
import { oneLine, type Span, type StyledLine, span, type Tone, wrap } from "../../terminal/text.ts";
import type { DecisionEntry, PoolHistory, ScaleEntry, StandingCondition } from "./history.ts";
import { isWanted } from "./report.ts";

interface HistoryLook {
  readonly columns: number;
  /** Unix milliseconds. */
  readonly now: number;
}

const text = (value: string, tone?: Tone): Span => span(oneLine(value), tone);

const ageOf = ({ time, lastTime, count }: ScaleEntry, now: number): Span => {
  const last = printAgeSince(lastTime ?? time, now);
  return text(count > 1 ? `${last} (x${count} over ${printAgeSince(time, now)})` : last, "dim");
};

function toneOf(type: string, { status, reason }: Pick<DecisionEntry, "status" | "reason">): Tone | undefined {
  if (status === "False") return isWanted({ type, reason }) ? undefined : "red";
  return status === "Unknown" ? "yellow" : undefined;
}

/** Each row of a table, and below it its message, set in. */
function withMessages<Row extends { readonly message: string }>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  room: number,
): StyledLine[] {
  const [head = [], ...lines] = layTable(columns, rows, room);
  const told = rows.map(({ message }) =>
    wrap(oneLine(message), room - 4).map((line): StyledLine => [span(`    ${line}`, "dim")]),
  );
  return [head, ...lines.flatMap((line, index) => [line, ...told[index]!])];
}

const scaleColumns = (now: number): TableColumn<ScaleEntry>[] => [
  { title: "AGE", cell: (entry) => ageOf(entry, now) },
  { title: "REPLICAS", cell: ({ from, to }) => text(to === undefined ? "-" : `${from ?? "?"} -> ${to}`, "bold") },
  { title: "REASON", cell: ({ reason }) => text(reason, "cyan") },
];

const decisionColumns = (now: number): TableColumn<DecisionEntry>[] => [
  { title: "AGE", cell: (entry) => ageOf(entry, now) },
  { title: "ABOUT", cell: ({ about }) => text(about) },
  { title: "STATUS", cell: (entry) => text(entry.status ?? "-", toneOf(entry.about, entry)) },
  { title: "REASON", cell: (entry) => text(entry.reason, toneOf(entry.about, entry) ?? "cyan") },
];

const conditionColumns = (now: number): TableColumn<StandingCondition>[] => [
  { title: "SINCE", cell: ({ since }) => text(printAgeSince(since, now), "dim") },
  { title: "CONDITION", cell: ({ type }) => text(type) },
  { title: "STATUS", cell: (entry) => text(entry.status, toneOf(entry.type, entry)) },
  { title: "REASON", cell: (entry) => text(entry.reason, toneOf(entry.type, entry) ?? "cyan") },
];

/** Changes of replicas, and apart from them all other decisions, oldest first; then how the pool stands. */
export function showHistory(found: PoolHistory, { columns, now }: HistoryLook): StyledLine[] {
  const { namespace, name, scales, decisions, conditions } = found;
  const none = (what: string): StyledLine[] => [[span(what, "dim")]];
  return [
    [span(`${namespace}/${name}`, "bold"), span("  scaled")],
    ...(scales.length > 0 ? withMessages(scaleColumns(now), scales, columns) : none("never, as far as is known")),
    [],
    [span(`${namespace}/${name}`, "bold"), span("  decided")],
    ...(decisions.length > 0 ? withMessages(decisionColumns(now), decisions, columns) : none("nothing that is known")),
    [],
    [span(`${namespace}/${name}`, "bold"), span("  now")],
    ...(conditions.length > 0
      ? withMessages(conditionColumns(now), conditions, columns)
      : none("no operator has reported on it")),
  ];
}
