import { apiVersion, kind as poolKind } from "../api/pool.ts";
import { off, ofPage, type ProcessorShare, type ProposedSource, type ReadPage, whyNothing } from "./compose-source.ts";
import type { Translated } from "./translate.ts";
import type { TranslatedLoad } from "./translated-load.ts";
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
  /** What another autoscaler says, in place of guesses. */
  readonly translated?: Pick<Translated, "minReplicas" | "maxReplicas" | "steps"> & {
    readonly load?: TranslatedLoad | undefined;
  };
}

/** `metrics.interval` where a proposal does not write it. */
const usualSeconds = 1;
/** For sources that are late themselves. */
const lateSeconds = 15;

function metricsOf({ page, processor, fallback, translated }: ProposalInput): {
  readonly metrics: NotedField;
  readonly has: ProposedSource["has"];
  readonly intervalSeconds: number;
} {
  if (translated?.load?.kind === "source") {
    const { metrics, intervalSeconds } = translated.load;
    return { metrics, intervalSeconds, has: { connections: false, load: true, responseTime: false } };
  }
  const source = page && ofPage(page, processor);
  if (source && Object.values(source.has).some(Boolean))
    return {
      metrics: { key: "metrics", value: [{ key: "source", value: source.entries }] },
      has: source.has,
      intervalSeconds: usualSeconds,
    };
  const why = [...(page ? whyNothing(page) : []), ...fallback.why];
  const { type, port, path } = fallback.probe;
  const probe: NotedField = {
    key: "probe",
    value: [
      { key: "type", value: type },
      ...(port === undefined ? [] : [{ key: "port", value: /^\d+$/.test(port) ? Number(port) : port }]),
      ...(path === undefined ? [] : [{ key: "path", value: path }]),
    ],
    note: ["A probe checks whether each pod answers, and how fast."],
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
      note: why,
      value: [...(usable ? [{ key: "interval", value: `${lateSeconds}s` }, resource] : []), probe],
    },
    has: { connections: false, load: usable, responseTime: true },
    intervalSeconds: usable ? lateSeconds : usualSeconds,
  };
}

/** Below it a pod counts as idle: what it had says nothing of what it can hold. */
const idleBelow = 10;

function perPod(input: ProposalInput, hasLoad: boolean): NotedField {
  const seen = input.page?.connections;
  const isBusy = seen !== undefined && seen.most >= idleBelow;
  const value = isBusy ? Math.ceil(2 * seen.most) : 100;
  const why = isBusy
    ? `While observed for ${input.observedSeconds} s, pod ${seen.pod} had up to ${Number(seen.most.toFixed(1))}; this is twice as many. If you have measured what a pod can hold, use that.`
    : `How many connections may a pod have before one more pod is needed? ${seen ? `While observed for ${input.observedSeconds} s, the busiest pod had ${Number(seen.most.toFixed(1))}: too few to tell.` : ""}`.trim();
  return isBusy && !hasLoad ? { key: "connectionsPerPod", value, note: [why] } : off("connectionsPerPod", value, [why]);
}

function scalingOf(
  input: ProposalInput,
  { has, intervalSeconds }: Pick<ReturnType<typeof metricsOf>, "has" | "intervalSeconds">,
): NotedField {
  const { workload, translated } = input;
  const min = Math.max(1, workload.replicas);
  const bounds: NotedField[] = [
    translated?.minReplicas ?? { key: "minReplicas", value: min, note: ["What runs now."] },
    translated?.maxReplicas ?? {
      key: "maxReplicas",
      value: Math.max(2 * min, min + 2),
      note: ["A guess: twice as many."],
    },
  ];
  const { load } = translated ?? {};
  const target: NotedField[] = load
    ? [{ key: "maxAverageLoad", value: load.maxAverageLoad, note: ["From its target."] }]
    : has.load
      ? [{ key: "maxAverageLoad", value: 50, note: ["Average load, in percent, above which pods are added."] }]
      : [];
  const connections = has.connections ? [perPod(input, has.load)] : [];
  const mode: NotedField = {
    key: "mode",
    value: "Recommend",
    note: ["Decides and reports, and leaves the replicas alone. Set Auto to scale."],
  };
  const isUsable = has.load || connections.some(({ isOff }) => !isOff);
  if (isUsable)
    return {
      key: "scaling",
      value: [mode, ...bounds, ...target, ...connections, ...(translated?.steps(intervalSeconds) ?? [])],
    };
  const asked = connections.map(({ isOff: _, ...rest }) => rest);
  const why = has.connections
    ? ["Scaling needs to know what a pod can hold: answer the question below, and remove the #."]
    : ["Scaling needs a load or connections, and there are none to read yet."];
  const [question] = asked;
  return {
    key: "scaling",
    value: question ? [mode, ...bounds, question] : [mode, ...bounds, { key: "maxAverageLoad", value: 50 }],
    note: why,
    isOff: true,
  };
}

function strategyOf(has: ProposedSource["has"]): NotedField {
  const [type, why] = has.connections
    ? ["LeastConnections", "Prefers pods with few open connections, and pods that can serve more."]
    : has.load
      ? ["LeastLoad", "Moves traffic until all pods are equally loaded."]
      : has.responseTime
        ? ["FastestResponse", "Moves traffic away from pods that respond slowly."]
        : ["RoundRobin", "Another strategy would need a figure that is not read here."];
  return { key: "strategy", value: [{ key: "type", value: type! }], note: [why!] };
}

/** A pool for a workload, in mode Recommend, with the reason for each line. */
export function compose(input: ProposalInput): readonly NotedField[] {
  const { workload, ports, service } = input;
  const chosen = metricsOf(input);
  const { metrics, has } = chosen;
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
        scalingOf(input, chosen),
        ...(service
          ? [{ key: "publish", value: [{ key: "service", value: service.name }], note: [service.note] }]
          : []),
      ],
    },
  ];
}
