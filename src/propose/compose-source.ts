import type { Found, Recognised } from "./recognise.ts";
import type { NotedField } from "./tree.ts";

/** What was seen of a figure while the pods were observed. */
export interface Seen {
  /** Of the busiest pod, the most. */
  readonly most: number;
  readonly pod: string;
}

/** Where the pods tell their numbers, and what they told. */
export interface ReadPage {
  readonly type: "http" | "json";
  readonly port: string;
  readonly scheme: "HTTP" | "HTTPS";
  readonly path: string;
  readonly pod: string;
  readonly recognised: Recognised;
  readonly connections?: Seen | undefined;
}

/** What a container may use, and who says so. */
export interface ProcessorShare {
  readonly millicores: number;
  readonly of: "limit" | "request";
  readonly container: string;
}

export const off = (key: string, value: NotedField["value"], note?: readonly string[]): NotedField => ({
  key,
  value,
  note,
  isOff: true,
});

const others = ({ others: names }: Found): string[] =>
  names.length > 0 ? [`Also possible: ${names.join(", ")}.`] : [];

const labelsOf = (name: "matchLabels" | "match", labels: Readonly<Record<string, string>> | undefined): NotedField[] =>
  labels ? [{ key: name, value: Object.entries(labels).map(([key, value]) => ({ key, value })) }] : [];

function seriesOf({ at, matchLabels, match, known }: Found): NotedField[] {
  return [
    { key: "name", value: at.name },
    ...(known.rate ? [{ key: "rate", value: true }] : []),
    ...(at.minus === undefined ? [] : [{ key: "minus", value: at.minus }]),
    ...labelsOf("matchLabels", matchLabels),
    ...labelsOf("match", match),
  ];
}

const pointersOf = ({ at, known }: Found): NotedField[] => [
  { key: "pointer", value: at.name },
  ...(known.rate ? [{ key: "rate", value: true }] : []),
  ...(at.minus === undefined ? [] : [{ key: "minus", value: at.minus }]),
];

const decimal = (millicores: number): string => String(Number((millicores / 1_000).toFixed(3)));

/** A capacity with its reason; undefined where nobody can say. */
function capacityOf(
  { capacity, isProcessorTime }: Found,
  processor: ProcessorShare | undefined,
): NotedField | undefined {
  if (capacity) return { key: "capacity", value: capacity.value, ...(capacity.why && { note: [`${capacity.why}.`] }) };
  if (!isProcessorTime || !processor) return undefined;
  const note = `Cores: the CPU ${processor.of} of container ${processor.container}.`;
  return { key: "capacity", value: decimal(processor.millicores), note: [note] };
}

/** What is asked of a load whose capacity nobody can say, with an answer to begin with. */
const questionOf = ({ known: { capacity } }: Found): { readonly ask: string; readonly example: string } =>
  typeof capacity === "object" && "ask" in capacity
    ? capacity
    : {
        ask: "What is 100 %? No CPU request or limit says so: enter the cores that a pod may use, a decimal in quotes",
        example: "1",
      };

/** The source of a proposal, and what it reads. */
export interface ProposedSource {
  readonly entries: readonly NotedField[];
  readonly has: { readonly connections: boolean; readonly load: boolean; readonly responseTime: boolean };
}

/** Why a pool reads nothing from a page that is there. */
export function whyNothing({ port, path, recognised: { programs, found, notes } }: ReadPage): readonly string[] {
  const of = programs.length > 0 ? ` (${programs.join(", ")})` : "";
  const has = found.load
    ? `shows CPU time (${found.load.at.name}), but no CPU limit or request says what 100 % is`
    : found.requests
      ? `counts requests (${found.requests.at.name}), but shows neither how many are in progress nor how long they take`
      : "does not show how busy this pod is";
  return [
    `The page of metrics at port ${port}, ${path}${of} ${has}.`,
    ...notes,
    `${found.load ? "Give the container a CPU request, or let" : "Let"} the program report its requests in progress or open connections as a gauge, and run init again.`,
  ];
}

/** What a page tells, as the source of a pool. */
export function ofPage(page: ReadPage, processor: ProcessorShare | undefined): ProposedSource {
  const { found, notes } = page.recognised;
  const fields = page.type === "http" ? seriesOf : pointersOf;
  const entries: NotedField[] = [];
  const add = (key: string, one: Found | undefined, value: NotedField[], note = one?.why): void => {
    if (one) entries.push({ key, value, note: [`${sentence(note ?? "")}`, ...others(one)] });
  };
  add("connections", found.connections, found.connections ? fields(found.connections) : []);
  const load = found.load;
  const capacity = load && capacityOf(load, processor);
  if (load && capacity) add("load", load, [...fields(load), capacity]);
  if (load && !capacity) {
    const { ask, example } = questionOf(load);
    const value: NotedField[] = [...fields(load), { key: "capacity", value: example }];
    entries.push(off("load", value, [`${sentence(load.why)} ${ask}, and remove the #.`]));
  }
  add("requests", found.requests, found.requests ? fields(found.requests) : []);
  const times = found.responseTime;
  const unit: NotedField[] = times?.known.unit ? [{ key: "unit", value: times.known.unit }] : [];
  add("responseTime", times, times ? [...fields(times), ...unit] : []);
  add("errors", found.errors, found.errors ? fields(found.errors) : []);
  const place: NotedField[] = [
    { key: "port", value: /^\d+$/.test(page.port) ? Number(page.port) : page.port },
    ...(page.scheme === "HTTPS" ? [{ key: "scheme", value: "HTTPS" }] : []),
    { key: "path", value: page.path },
  ];
  const program = page.recognised.programs.join(", ");
  const seen =
    program === ""
      ? "No program is recognised on this page: the guesses go by the names and HELP of its metrics."
      : `Recognised on this page: ${program}.`;
  const isList = Object.values(found).some(({ at }) => at.name.includes("/*/"));
  const list =
    page.type === "json" && isList ? ["In a pointer, * stands for every element of a list: they are added up."] : [];
  return {
    entries: [{ key: page.type, value: [...place, ...entries], note: [seen, ...list, ...notes] }],
    has: { connections: Boolean(found.connections), load: Boolean(load && capacity), responseTime: Boolean(times) },
  };
}

const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};
