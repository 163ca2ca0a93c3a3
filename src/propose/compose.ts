import { apiVersion, kind as poolKind } from "../api/pool.ts";
import type { Found, Recognised } from "./recognise.ts";
import type { NotedField } from "./tree.ts";

/** What is to be scaled. */
export interface ScaledWorkload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Wanted now. */
  readonly replicas: number;
}

/** A port that takes traffic. */
export interface ProposedPort {
  readonly name: string;
  readonly port: number;
  readonly note: string;
}

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

/** What a pool can go by where its pods tell nothing. */
export interface Fallback {
  /** Whether the cluster tells the processor time of pods, and the containers ask for some. */
  readonly resource: boolean;
  readonly probe: { readonly type: "TCP" | "HTTP" | "GRPC"; readonly port?: string; readonly path?: string };
  readonly why: readonly string[];
}

export interface ProposalInput {
  readonly workload: ScaledWorkload;
  readonly ports: readonly ProposedPort[];
  /** Where the Service of the pool's name is somebody else's: another name, and why. */
  readonly service?: { readonly name: string; readonly note: string } | undefined;
  readonly page?: ReadPage | undefined;
  readonly processor?: ProcessorShare | undefined;
  readonly fallback: Fallback;
  readonly observedSeconds: number;
  /** Paragraphs at the head. */
  readonly head: readonly string[];
  readonly minReplicas?: NotedField;
  readonly maxReplicas?: NotedField;
}

const off = (key: string, value: NotedField["value"], note?: readonly string[]): NotedField => ({
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

interface Source {
  readonly entries: readonly NotedField[];
  readonly has: { readonly connections: boolean; readonly load: boolean; readonly responseTime: boolean };
}

function ofPage(page: ReadPage, processor: ProcessorShare | undefined): Source {
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
  if (load && !capacity)
    entries.push(
      off(
        "load",
        [...fields(load), { key: "capacity", value: "1" }],
        [
          `${sentence(load.why)} How much of it is 100 %? No CPU request or limit says it: put the cores that a pod may use, and take the # away.`,
        ],
      ),
    );
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
      ? "Nothing on this page is known by name: the guesses go by names and HELP."
      : `This page is one of: ${program}.`;
  return {
    entries: [{ key: page.type, value: [...place, ...entries], note: [seen, ...notes] }],
    has: { connections: Boolean(found.connections), load: Boolean(load && capacity), responseTime: Boolean(times) },
  };
}

const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

function metricsOf({ page, processor, fallback }: ProposalInput): {
  readonly metrics: NotedField;
  readonly has: Source["has"];
} {
  const source = page && ofPage(page, processor);
  if (source && Object.values(source.has).some(Boolean))
    return { metrics: { key: "metrics", value: [{ key: "source", value: source.entries }] }, has: source.has };
  const { type, port, path } = fallback.probe;
  const probe: NotedField = {
    key: "probe",
    value: [
      { key: "type", value: type },
      ...(port === undefined ? [] : [{ key: "port", value: /^\d+$/.test(port) ? Number(port) : port }]),
      ...(path === undefined ? [] : [{ key: "path", value: path }]),
    ],
    note: ["A probe tells whether each pod answers, and how fast."],
  };
  const resource: NotedField = {
    key: "source",
    value: [{ key: "resource", value: [{ key: "name", value: "cpu" }] }],
    note: ["CPU from the metrics API; 100 % is what the containers request. It is 10 to 60 s late."],
  };
  const usable = fallback.resource;
  return {
    metrics: {
      key: "metrics",
      note: fallback.why,
      value: [...(usable ? [{ key: "interval", value: "15s" }, resource] : []), probe],
    },
    has: { connections: false, load: usable, responseTime: true },
  };
}

/** Below it a pod counts as idle: what it had says nothing of what it can hold. */
const idleBelow = 10;

function perPod(input: ProposalInput, hasLoad: boolean): NotedField {
  const seen = input.page?.connections;
  const isBusy = seen !== undefined && seen.most >= idleBelow;
  const value = isBusy ? Math.ceil(2 * seen.most) : 100;
  const why = isBusy
    ? `While observed for ${input.observedSeconds} s, pod ${seen.pod} had up to ${Number(seen.most.toFixed(1))}; this is twice as much. Better is what you measured that a pod can hold.`
    : `How many may a pod have before one more is needed? ${seen ? `While observed for ${input.observedSeconds} s, the busiest pod had ${Number(seen.most.toFixed(1))}: too few to tell.` : ""}`.trim();
  return isBusy && !hasLoad ? { key: "connectionsPerPod", value, note: [why] } : off("connectionsPerPod", value, [why]);
}

function scalingOf(input: ProposalInput, has: Source["has"]): NotedField {
  const { workload } = input;
  const min = Math.max(1, workload.replicas);
  const bounds: NotedField[] = [
    input.minReplicas ?? { key: "minReplicas", value: min, note: ["What runs now."] },
    input.maxReplicas ?? { key: "maxReplicas", value: Math.max(2 * min, min + 2), note: ["A guess: twice as many."] },
  ];
  const target: NotedField[] = has.load
    ? [{ key: "maxAverageLoad", value: 50, note: ["Average load, in percent, above which pods are added."] }]
    : [];
  const connections = has.connections ? [perPod(input, has.load)] : [];
  const mode: NotedField = {
    key: "mode",
    value: "Recommend",
    note: ["Decides and reports, and leaves the replicas alone. Auto scales."],
  };
  const isUsable = has.load || connections.some(({ isOff }) => !isOff);
  if (isUsable) return { key: "scaling", value: [mode, ...bounds, ...target, ...connections] };
  const asked = connections.map(({ isOff: _, ...rest }) => rest);
  const why = has.connections
    ? ["Scaling needs to know what a pod can hold: answer the question in here, and take the # away."]
    : ["Scaling needs a load or connections, and there are none to read yet."];
  const [question] = asked;
  return {
    key: "scaling",
    value: question ? [mode, ...bounds, question] : [mode, ...bounds, { key: "maxAverageLoad", value: 50 }],
    note: why,
    isOff: true,
  };
}

function strategyOf(has: Source["has"]): NotedField {
  const [type, why] = has.connections
    ? ["LeastConnections", "Prefers pods with few connections, by what each can serve."]
    : has.load
      ? ["LeastLoad", "Moves traffic until all pods are equally loaded."]
      : has.responseTime
        ? ["FastestResponse", "Takes traffic from pods that respond slowly."]
        : ["RoundRobin", "Nothing is read that another strategy could go by."];
  return { key: "strategy", value: [{ key: "type", value: type! }], note: [why!] };
}

/** A pool for a workload, in mode Recommend, with the reason for each line. */
export function compose(input: ProposalInput): readonly NotedField[] {
  const { workload, ports, service } = input;
  const { metrics, has } = metricsOf(input);
  const isDefault = workload.apiVersion === "apps/v1" && workload.kind === "Deployment";
  return [
    { key: "apiVersion", value: apiVersion, note: input.head },
    { key: "kind", value: poolKind },
    {
      key: "metadata",
      value: [
        { key: "name", value: workload.name },
        { key: "namespace", value: workload.namespace },
      ],
    },
    {
      key: "spec",
      value: [
        {
          key: "targetRef",
          value: [
            ...(isDefault
              ? []
              : [
                  { key: "apiVersion", value: workload.apiVersion },
                  { key: "kind", value: workload.kind },
                ]),
            { key: "name", value: workload.name },
          ],
        },
        {
          key: "ports",
          value: ports.map(({ name, port, note }) => [
            { key: "name", value: name, note: [note] },
            { key: "port", value: port },
          ]),
        },
        strategyOf(has),
        metrics,
        scalingOf(input, has),
        ...(service
          ? [{ key: "publish", value: [{ key: "service", value: service.name }], note: [service.note] }]
          : []),
      ],
    },
  ];
}
