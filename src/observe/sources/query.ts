import { defined } from "../../api/defined.ts";
import type { QuerySource } from "../../api/sources/query.ts";
import type { Finding, ValueFault } from "../../decide/samples/findings.ts";
import type { Pod, RefusedMetric, Sample, SampleFailure } from "../../decide/world.ts";
import { failed } from "../../pods/failed.ts";
import { confineQuery } from "../../promql/confine.ts";
import type { SampleOrFailure } from "../sampling/book.ts";
import { toLoad } from "./measured.ts";
import { composeQuery, type PodFigures } from "./query-answer.ts";
import { faultOf, isReading } from "./scanned.ts";

const fields = ["connections", "load", "requests", "responseTime", "errors"] as const;
export type QueryField = (typeof fields)[number];

/** The queries of a source, or why none of them is asked. */
export type Queries =
  | { readonly kind: "queries"; readonly queries: ReadonlyMap<QueryField, string> }
  | { readonly kind: "refused"; readonly finding: Finding };

/** What is asked for the pods of a namespace, of series with these labels alone. */
export function queriesOf(
  source: QuerySource,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): Queries {
  const queries = new Map<QueryField, string>();
  for (const field of fields) {
    const expr = source[field]?.expr;
    if (expr === undefined) continue;
    const confined = confineQuery(expr, namespace, labels);
    if (confined.kind === "refused") {
      const { fault, at } = confined;
      return { kind: "refused", finding: { kind: "promql", field: `${field}.expr`, fault, character: at + 1 } };
    }
    queries.set(field, composeQuery(confined));
  }
  return { kind: "queries", queries };
}

/** What came of each field's query. */
export type FieldAnswer =
  | PodFigures
  | { readonly kind: "failed"; readonly failure: SampleFailure; readonly finding?: Finding };

type Failing = Extract<SampleOrFailure, { readonly kind: "failed" }>;

/** A figure of one pod, with its time; or why there is none. */
type Figure = { readonly kind: "figure"; readonly value: number; readonly takenAt: number } | Failing;

const failing = (failure: SampleFailure, finding: Finding): Failing => ({ ...failed(failure), finding });

const most: Readonly<Record<Exclude<QueryField, "load">, number>> = {
  connections: 1e8,
  requests: 1e15,
  errors: 1e15,
  // An hour, in milliseconds.
  responseTime: 3_600_000,
};
const unitMs = { Seconds: 1_000, Milliseconds: 1 };

/** In the unit of a sample; undefined where it is absurd. */
function toScale(field: QueryField, value: number, { load, responseTime }: QuerySource): number | undefined {
  if (field === "load") return toLoad(value, load!.capacity);
  const scaled = field === "responseTime" ? value * unitMs[responseTime!.unit] : value;
  return scaled <= most[field] ? scaled : undefined;
}

function figureOf(field: QueryField, answer: FieldAnswer, pod: Pod, source: QuerySource, now: number): Figure {
  if (answer.kind === "failed") {
    const { failure, finding } = answer;
    return failing(failure, { kind: "asked", field, ...defined({ finding }) });
  }
  const refuse = (fault: ValueFault): Failing => failing("ValueRefused", { kind: "value", metric: field, fault });
  const missing = (): Failing =>
    answer.isPartial
      ? failing("AnswerPartial", { kind: "asked", field })
      : failing("MetricMissing", { kind: "absent", metric: field, near: [] });
  if (!answer.values.has(pod.name)) return missing();
  const value = answer.values.get(pod.name);
  if (value === undefined) return refuse("Several");
  const takenAt = answer.timeOf(pod.name);
  // What a pod's value is made of is no older than what is looked back for: without a time it is older.
  if (takenAt === undefined || now - takenAt > source.maxAge) return refuse("TooOld");
  // It is that of an earlier pod with this name.
  if (takenAt < pod.createdAt) return missing();
  if (!isReading(value)) return refuse(faultOf(value));
  const scaled = toScale(field, value, source);
  return scaled === undefined ? refuse("Absurd") : { kind: "figure", value: scaled, takenAt };
}

/** A pod that answered nothing of late has no response time, and no harm. */
const isIdle = ({ failure, finding }: Failing): boolean =>
  failure === "MetricMissing" || (finding?.kind === "value" && finding.fault === "NaN");

/** What the sample of a pod does without, and why. */
const refusalOf = (of: RefusedMetric["of"], { finding }: Failing): RefusedMetric => ({
  of,
  metric: of,
  fault: finding?.kind === "value" ? finding.fault : "Missing",
});

/**
 * A pod's sample out of the answers to its pool's queries. It is as old as the oldest of what was asked for above all:
 * connections and load, or else the response time.
 */
export function measureQueries(
  source: QuerySource,
  answers: ReadonlyMap<QueryField, FieldAnswer>,
  pod: Pod,
  now: number,
): SampleOrFailure {
  const isExtra = source.connections !== undefined || source.load !== undefined;
  const figures: Partial<Record<QueryField, number>> = {};
  const refused: RefusedMetric[] = [];
  const times: number[] = [];
  for (const [field, answer] of answers) {
    const figure = figureOf(field, answer, pod, source, now);
    if (field === "connections" || field === "load" || (field === "responseTime" && !isExtra)) {
      if (figure.kind === "figure") times.push(figure.takenAt);
      else if (field !== "responseTime" || figure.failure === "MetricMissing" || !isIdle(figure)) return figure;
    }
    if (figure.kind === "figure") figures[field] = figure.value;
    else if (field === "errors" && figure.failure === "MetricMissing") figures.errors = 0;
    else if (field !== "connections" && field !== "load" && !(field === "responseTime" && isIdle(figure)))
      refused.push(refusalOf(field, figure));
  }
  const { connections, load, requests, responseTime, errors } = figures;
  const sample: Sample = {
    // Of a pod that answered nothing it is known as of now.
    takenAt: times.length > 0 ? Math.min(...times) : now,
    ...defined({ connections, load, requests, errors, responseMs: responseTime }),
    ...(refused.length > 0 && { refused }),
  };
  return { kind: "sampled", sample };
}
