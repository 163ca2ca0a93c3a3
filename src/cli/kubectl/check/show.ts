import { defined } from "../../../api/defined.ts";
import type { Metrics } from "../../../api/metrics.ts";
import { printFinding, printValue } from "../../../decide/samples/findings.ts";
import { factsOf } from "../../../decide/sources/sources.ts";
import type { Page } from "../../../propose/page.ts";
import { type Recognised, readingOf } from "../../../propose/recognise.ts";
import { layTable, type TableColumn } from "../../terminal/table.ts";
import { type StyledLine, span, wrap } from "../../terminal/text.ts";
import type { CheckedPod } from "./read-pool.ts";

const shown = (value: number | undefined, digits: number, unit = ""): string =>
  value === undefined ? "" : `${Number(value.toFixed(digits))}${unit}`;

/** Requests between the two samples, in a second. */
function perSecond({ reading: { samples } }: CheckedPod): number | undefined {
  const [newest, before] = samples;
  if (newest?.requests === undefined || before?.requests === undefined) return undefined;
  return Math.max(0, newest.requests - before.requests) / ((newest.takenAt - before.takenAt) / 1_000);
}

/** Columns that no pod has a figure for are left out. */
const columns: readonly TableColumn<CheckedPod>[] = [
  { title: "POD", cell: ({ name }) => span(name), least: 20 },
  { title: "CONNECTIONS", align: "right", cell: ({ reading }) => span(shown(reading.samples[0]?.connections, 1)) },
  { title: "LOAD", align: "right", cell: ({ reading }) => span(shown(reading.samples[0]?.load, 1, "%")) },
  { title: "REQUESTS/S", align: "right", cell: (pod) => span(shown(perSecond(pod), 1)) },
  { title: "RESPONSE", align: "right", cell: ({ reading }) => span(shown(reading.samples[0]?.responseMs, 1, "ms")) },
  {
    title: "READ",
    cell: ({ reading: { failure } }) => (failure === undefined ? span("ok", "green") : span(failure, "red")),
  },
];

/** A figure that a pod lacks and others have. */
const withDashes = (column: TableColumn<CheckedPod>): TableColumn<CheckedPod> => ({
  ...column,
  cell: (pod) => (column.cell(pod).text === "" ? span("-", "dim") : column.cell(pod)),
});

const isWrong = ({ reading }: CheckedPod): boolean => reading.failure !== undefined;

/** What is wrong, each once, with what to do about it in the operator's words. */
function troublesOf(pods: readonly CheckedPod[], metrics: Metrics): string[] {
  const { remedyOf } = factsOf(metrics);
  const said = pods.flatMap(({ name, reading: { failure, finding, samples } }) => {
    if (failure !== undefined) {
      const found = printFinding(finding);
      const remedy = remedyOf({ failure, ...defined({ finding }) });
      const text = [`${failure}${found === undefined ? "" : `: ${found}`}.`, ...(remedy ? [remedy] : [])].join(" ");
      return [{ name, text }];
    }
    return (samples[0]?.refused ?? []).map(({ of, metric, fault }) => ({
      name,
      text: `${of} is not read: ${fault === "Missing" ? `no ${metric}` : printValue({ metric, fault })}.`,
    }));
  });
  return [...Map.groupBy(said, ({ text }) => text)].map(
    ([text, [first, ...more]]) => `${first!.name}${more.length > 0 ? ` and ${more.length} more` : ""}: ${text}`,
  );
}

const lines = (text: string, room: number): StyledLine[] => wrap(text, Math.min(room, 100)).map((line) => [span(line)]);

export function showChecked(pods: readonly CheckedPod[], metrics: Metrics, room: number): StyledLine[] {
  const used = columns.filter((column) => column.title === "POD" || pods.some((pod) => column.cell(pod).text !== ""));
  const bad = pods.filter(isWrong).length;
  const all = pods.length === 1 ? "The pod" : `All ${pods.length} pods`;
  const verdict = bad === 0 ? `${all} can be read.` : `${bad} of ${pods.length} pods cannot be read.`;
  return [
    ...layTable(used.map(withDashes), pods, room),
    [],
    ...lines(verdict, room),
    ...troublesOf(pods, metrics).flatMap((text) => lines(text, room)),
  ];
}

export const areAllRead = (pods: readonly CheckedPod[]): boolean => pods.length > 0 && !pods.some(isWrong);

/** What a pool could read of a page, with the values that it has now. */
export function showPage(recognised: Recognised, page: Page, room: number): StyledLine[] {
  const { programs, found, notes } = recognised;
  const rows = Object.entries(found).map(([figure, one]) => {
    const labels = Object.entries({ ...one.matchLabels, ...one.match }).map(([name, value]) => `${name}=${value}`);
    const reading =
      figure === "connections" || (figure === "load" && !one.known.rate) ? readingOf(one, page) : undefined;
    return {
      figure,
      metric: `${one.at.name}${labels.length > 0 ? `{${labels.join()}}` : ""}${one.at.minus ? ` - ${one.at.minus}` : ""}${one.known.rate ? " (rate)" : ""}`,
      now: shown(reading, 3),
      why: one.why,
    };
  });
  type Row = (typeof rows)[number];
  const table: readonly TableColumn<Row>[] = [
    { title: "FIGURE", cell: ({ figure }) => span(figure) },
    { title: "METRIC", cell: ({ metric }) => span(metric), least: 24 },
    { title: "NOW", align: "right", cell: ({ now }) => span(now) },
    { title: "WHY", cell: ({ why }) => span(why), least: 12, drop: 1 },
  ];
  return [
    ...lines(
      programs.length > 0
        ? `Recognised on this page: ${programs.join(", ")}.`
        : "No program is known by this page: names and HELP tell the rest.",
      room,
    ),
    ...(rows.length > 0
      ? [[], ...layTable(table, rows, room)]
      : [[span("There is nothing on it that a pool could go by.")]]),
    ...notes.flatMap((text) => lines(text, room)),
  ];
}
