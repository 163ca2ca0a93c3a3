import { bar, left, percent, right, type StyledLine, span, type Tone } from "../../../cli/terminal/text.ts";
import { counted } from "../../../decide/basics/counted.ts";
import { filled } from "./newest-lines.ts";
import type { PodNote, Scene, SceneEndpoint } from "./scene.ts";

const blank: StyledLine = [];

export const toneOf = (load: number | undefined, limit: number): Tone | undefined =>
  load === undefined ? "dim" : load > limit ? "yellow" : "green";

interface Columns {
  readonly pod: number;
  readonly bar: number;
  readonly weight: boolean;
  readonly age: boolean;
  /** Shares of the requests of the two clients. */
  readonly shares: boolean;
  /** What is wrong with the pod. */
  readonly state: number;
  /** Zero: left out. */
  readonly reason: number;
}

const widths = { rank: 4, gap: 1, connections: 5, load: 8, weight: 7, age: 6, blind: 6, following: 8 };
const leastReason = 20;
const mostBar = 20;
const stateWidth = 9;

/** Which columns there is room for. Rank, pod, connections and load are always there. */
function layOut({ endpoints, waiting }: Scene, width: number): Columns {
  const names = [...endpoints, ...waiting].map(({ pod }) => pod.length);
  const pod = Math.min(Math.max(12, ...names), Math.max(12, width - 30));
  let free = width - widths.rank - widths.gap - pod - widths.connections - widths.load;
  const take = (columns: number): boolean => {
    if (free < columns) return false;
    free -= columns;
    return true;
  };
  const weight = take(widths.weight);
  const shares = take(widths.blind + widths.following);
  const state = take(stateWidth + 2) ? stateWidth : 0;
  const age = take(widths.age);
  const room = Math.min(mostBar + 1, free - leastReason - 2 > 8 ? Math.floor(free / 3) : free);
  const barWidth = Math.max(0, room - 1);
  const reason = free - room - 2;
  return { pod, bar: barWidth, weight, age, shares, state, reason: reason < leastReason ? 0 : reason };
}

const head = (columns: Columns): StyledLine => [
  span(
    [
      right("#", widths.rank),
      ` ${left("POD", columns.pod)}`,
      right(columns.bar > 6 ? "CONNECTIONS" : "CONN", (columns.bar > 0 ? columns.bar + 1 : 0) + widths.connections),
      right("LOAD", widths.load),
      columns.weight ? right("WEIGHT", widths.weight) : "",
      columns.age ? right("AGE", widths.age) : "",
      columns.shares ? `${right("BLIND", widths.blind)}${right("FOLLOWS", widths.following)}` : "",
      columns.state > 0 ? `  ${left("STATE", columns.state)}` : "",
      columns.reason > 0 ? `  ${left("REASON", columns.reason)}` : "",
    ].join(""),
    "dim",
  ),
];

const share = (value: number | undefined): string => (value === undefined ? "" : `${Math.round(100 * value)}%`);

/** What is wrong with a pod, in a word or two. */
function stateOf({ fault, connections }: PodNote): string {
  if (fault !== "lying") return fault ?? "";
  return `lies: ${connections ?? "?"}`;
}

/** The clients' shares and what is wrong, at the end of a row. */
const ending = ({ note }: { readonly note: PodNote }, columns: Columns): StyledLine => [
  ...(columns.shares
    ? [span(right(share(note.blind), widths.blind)), span(right(share(note.following), widths.following))]
    : []),
  ...(columns.state > 0 ? [span(`  ${left(stateOf(note), columns.state)}`, "red")] : []),
];

const lead = (mark: string, pod: string, isSelected: boolean, columns: Columns): StyledLine => [
  span(isSelected ? "›" : " ", "cyan"),
  span(right(mark, widths.rank - 1), "dim"),
  span(` ${left(pod, columns.pod)}`, isSelected ? "bold" : undefined),
];

function row(endpoint: SceneEndpoint, isSelected: boolean, columns: Columns, most: number, limit: number): StyledLine {
  const { rank, pod, connections, load, weight, ageMs, reason } = endpoint;
  return [
    ...lead(String(rank), pod, isSelected, columns),
    ...(columns.bar > 0 ? [span(` ${bar(connections ?? 0, most, columns.bar)}`, "cyan")] : []),
    span(right(connections === undefined ? "?" : String(connections), widths.connections)),
    span(right(percent(load, 2), widths.load), toneOf(load, limit)),
    ...(columns.weight ? [span(right(String(weight), widths.weight))] : []),
    ...(columns.age
      ? [span(right(ageMs === undefined ? "?" : `${(ageMs / 1_000).toFixed(1)}s`, widths.age), "dim")]
      : []),
    ...ending(endpoint, columns),
    ...(columns.reason > 0 ? [span(`  ${left(reason, columns.reason)}`, "dim")] : []),
  ];
}

/** What a pod that gets nothing new still has. */
const leftOn = ({ connections = 0 }: PodNote): string => (connections > 0 ? `, ${connections} left` : "");

/** A pod that gets nothing: in the place of its figures, why. */
function waitingRow(pod: Scene["waiting"][number], isSelected: boolean, columns: Columns): StyledLine {
  const figures =
    (columns.bar > 0 ? columns.bar + 1 : 0) +
    widths.connections +
    widths.load +
    (columns.weight ? widths.weight : 0) +
    (columns.age ? widths.age : 0);
  return [
    ...lead("-", pod.pod, isSelected, columns),
    span(`  ${left(`${pod.reason}${leftOn(pod.note)}`, figures - 2)}`, "yellow"),
    ...ending(pod, columns),
  ];
}

/** The part of the rows that has the selected one in it. */
function around(rows: readonly StyledLine[], selected: number, room: number): StyledLine[] {
  const shown = Math.max(1, room - 1);
  const from = Math.min(Math.max(0, selected - shown + 1), rows.length - shown);
  const hidden = rows.length - shown;
  const above = from > 0 ? `, ${from} of them above` : "";
  return [...rows.slice(from, from + shown), [span(`    … ${hidden} more${above}`, "dim")]];
}

/** The pods, in `room` lines below a head, each in the place where it has been. */
export function podTable(scene: Scene, width: number, room: number): StyledLine[] {
  const { endpoints, waiting, limit, play } = scene;
  const columns = layOut(scene, width);
  const most = Math.max(10, ...endpoints.map(({ connections }) => connections ?? 0));
  const isSelected = (pod: string): boolean => pod === play?.selected;
  const rows = [
    ...endpoints.map((endpoint) => row(endpoint, isSelected(endpoint.pod), columns, most, limit)),
    ...waiting.map((pod) => waitingRow(pod, isSelected(pod.pod), columns)),
  ];
  if (rows.length === 0) rows.push([span("   - waiting for the first pod", "dim")]);
  const selected = [...endpoints, ...waiting].findIndex(({ pod }) => isSelected(pod));
  if (rows.length <= room) return [head(columns), ...filled(rows, room)];
  return [head(columns), ...around(rows, Math.max(0, selected), room).slice(0, room)];
}

/** The same in full. */
const stillOn = ({ connections = 0 }: PodNote): string =>
  connections > 0 ? `, ${counted(connections, "connection")} left` : "";

/** All that is known of the selected pod, in one line. */
export function selectedLine({ endpoints, waiting, play }: Scene): StyledLine {
  const found = [...endpoints, ...waiting].find(({ pod }) => pod === play?.selected);
  if (!found) return blank;
  const { pod, reason, note } = found;
  const truth = note.fault === "lying" ? `; it lies, and has ${note.connections ?? "?"}` : "";
  const fault = note.fault && note.fault !== "lying" ? `; ${note.fault}` : "";
  const rest = "rank" in found ? "" : stillOn(note);
  return [span(` ${pod}`, "bold"), span(`: ${reason}${rest}${truth}${fault}`)];
}
