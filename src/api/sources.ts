import * as z from "zod";
import { path, portRef, scheme } from "./dial.ts";
import { duration } from "./duration.ts";
import { textOrInteger } from "./int-or-string.ts";
import { listed, type Rule, withRules } from "./rules.ts";

const maxLabels = 16;

const port = portRef("Port to read, by name or number; the pod's containers must declare it.", (ref) =>
  ref.prefault("metrics"),
);
const pathOr = (fallback: string) => path.default(fallback).describe("Path of the request, without a query.");

const capacityWords = 'must be a whole number, or a decimal in quotes, such as "1.5"';
const cpuWords = "must be a CPU quantity, such as 500m or 2; a decimal in millicores, such as 1500m";

/** The reading that is 100 %: whole, or a decimal in text, as the API conventions allow no floats in spec. */
const capacity = withRules(
  textOrInteger(
    z
      .string(capacityWords)
      .max(16)
      .regex(/^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$/, capacityWords),
  )
    .prefault("100")
    .transform(Number),
  "The reading that means 100 % load. 100 if the pod reports percent, 1 if it reports a share, 200 if it reports connections and holds at most 200. A decimal is put in quotes.",
  [
    { cel: "double(self) > 0.0", message: "must be greater than zero", holds: (value) => value > 0 },
    { cel: "double(self) < 1000000000.0", message: "must be less than 1000000000", holds: (value) => value < 1e9 },
  ],
);

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be a Prometheus label name");

const series = {
  name: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be a Prometheus metric name")
    .describe("Name of the metric."),
  matchLabels: withRules(
    z
      .record(z.string(), z.string().max(200))
      .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
      .meta({ maxProperties: maxLabels })
      .optional(),
    "Labels that a series must have. The values of all series that match are added up.",
    [
      {
        cel: "self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$'))",
        message: "label names must be Prometheus label names",
        holds: (labels) => Object.keys(labels ?? {}).every((name) => labelName.safeParse(name).success),
      },
    ],
  ),
};

const mebibyte = 1_048_576;

/** What one pod may at most make the operator hold, and read in one go: JSON takes longer. */
export const maxBytesCeiling = { http: 8 * mebibyte, json: 2 * mebibyte };
export const maxSamplesCeiling = 100_000;

/** Of a body, as sent and as decoded. */
const maxBytesUpTo = (ceiling: number) =>
  z
    .int32()
    .min(1_024)
    .max(ceiling)
    .default(mebibyte)
    .describe("Largest answer that is read, in bytes, as sent and after decompression.");

const pointer = z
  .string()
  .max(256)
  .regex(/^(\/([^/~]|~[01])*)+$/, "must be a JSON pointer (RFC 6901), such as /stats/connections")
  .describe("JSON pointer (RFC 6901) to a number in the answer.");

const needsOne = {
  cel: "has(self.connections) || has(self.load) || has(self.responseTime)",
  message: "needs connections, load or responseTime",
  holds: (source: { connections?: unknown; load?: unknown; responseTime?: unknown }) =>
    Boolean(source.connections ?? source.load ?? source.responseTime),
};

const needsCount = {
  cel: "!has(self.errors) || has(self.requests) || has(self.responseTime)",
  message: "errors needs requests or responseTime, which say how many requests there were",
  holds: (source: { errors?: unknown; requests?: unknown; responseTime?: unknown }) =>
    source.errors === undefined || Boolean(source.requests ?? source.responseTime),
};

const unit = z.enum(["Seconds", "Milliseconds"]).default("Seconds").describe("Unit of the times.");

const http = withRules(
  z.object({
    port,
    scheme: scheme.optional(),
    path: pathOr("/metrics"),
    connections: z.object(series).describe("Gauge of the pod's open connections.").optional(),
    load: z
      .object({ ...series, capacity })
      .describe("Gauge of the pod's load.")
      .optional(),
    requests: z
      .object(series)
      .describe("Counter of the pod's completed requests: tells what each pod can serve. Left out where it is none.")
      .optional(),
    responseTime: z
      .object({ ...series, name: series.name.describe("Name without _sum and _count."), unit })
      .describe(
        "Histogram or summary of the pod's response times: what its sum grew by between two samples, through what its count grew by, is the mean in between. The count serves as requests where these are not given.",
      )
      .optional(),
    errors: z
      .object(series)
      .describe(
        "Counter of those requests that failed: an answer that fails fast is no fast answer. Absent, it counts as 0.",
      )
      .optional(),
    maxBytes: maxBytesUpTo(maxBytesCeiling.http),
    maxSamples: z
      .int32()
      .min(1)
      .max(maxSamplesCeiling)
      .default(10_000)
      .describe("Most samples that one answer may have, wanted or not."),
  }),
  "Prometheus text or OpenMetrics, read from each pod over HTTP.",
  [needsOne, needsCount],
);

const json = withRules(
  z.object({
    port,
    scheme: scheme.optional(),
    path: pathOr("/"),
    connections: z.object({ pointer }).describe("The pod's open connections.").optional(),
    load: z.object({ pointer, capacity }).describe("The pod's load.").optional(),
    requests: z
      .object({ pointer })
      .describe(
        "The pod's completed requests since its start: tells what each pod can serve. Left out where it is none.",
      )
      .optional(),
    responseTime: z
      .object({
        sum: pointer.describe("JSON pointer (RFC 6901) to the sum of all response times since the pod's start."),
        count: pointer.describe("JSON pointer (RFC 6901) to the number of these responses."),
        unit,
      })
      .describe(
        "The pod's response times: what their sum grew by between two samples, through what their count grew by, is the mean in between. The count serves as requests where these are not given.",
      )
      .optional(),
    errors: z
      .object({ pointer })
      .describe("How many of those requests failed since the pod's start: an answer that fails fast is no fast answer.")
      .optional(),
    maxBytes: maxBytesUpTo(maxBytesCeiling.json),
  }),
  "A JSON document, read from each pod over HTTP.",
  [needsOne, needsCount],
);

const resource = z
  .object({
    name: z.enum(["cpu"]).default("cpu").describe("Resource whose use is the load."),
    capacity: withRules(
      textOrInteger(z.string(cpuWords).regex(/^[1-9][0-9]{0,6}m?$/, cpuWords))
        .transform((text) => (text.endsWith("m") ? Number.parseInt(text, 10) : Number(text) * 1_000))
        .optional(),
      "Use that means 100 % load, such as 500m. The sum of the containers' CPU requests if absent.",
      [
        {
          cel: "type(self) == string || (int(self) >= 1 && int(self) <= 9999999)",
          message: "must be a CPU quantity, such as 500m or 2",
          holds: () => true,
        },
      ],
    ),
  })
  .describe("CPU use from the resource metrics API (metrics.k8s.io).");

/** What holds for single sources beside their own fields. */
export const intervalRules: readonly Rule<{ readonly source?: GivenSource | undefined; readonly interval: number }>[] =
  [
    {
      cel: "!has(self.source) || !has(self.source.resource) || duration(self.interval) >= duration('5s')",
      message: "interval must be at least 5s with source resource, as metrics.k8s.io changes only every 10 to 60 s",
      holds: ({ source: of, interval }) => of?.resource === undefined || interval >= 5_000,
    },
  ];

const push = withRules(
  z.object({
    expiry: duration(
      "30s",
      "Time for which a client's report stands, from 3s to 1h. A client repeats its report at least every third of it.",
    ),
  }),
  "Open connections as clients report them, with PUT /v1/pools/NAMESPACE/NAME/connections on the operator. They scale only where the operator asks reporters for a token.",
  [
    {
      cel: "duration(self.expiry) >= duration('3s') && duration(self.expiry) <= duration('1h')",
      message: "expiry must be from 3s to 1h",
      holds: ({ expiry }) => expiry >= 3_000 && expiry <= 3_600_000,
    },
  ],
);

/** Every source, by the name that users write. */
const schemas = { http, json, resource, push };

export type SourceType = keyof typeof schemas;
export const sourceTypes = Object.keys(schemas) as SourceType[];

/** What users say of each source. */
type SourceSpecs = { readonly [T in SourceType]: z.output<(typeof schemas)[T]> };
export type HttpSource = SourceSpecs["http"];
export type JsonSource = SourceSpecs["json"];
export type ResourceSource = SourceSpecs["resource"];

/** The source of a pool, as the rest of the program knows it. */
export type Source<T extends SourceType = SourceType> = {
  [K in T]: { readonly type: K; readonly spec: SourceSpecs[K] };
}[T];

/** As users write it. */
export type GivenSource = { readonly [T in SourceType]?: SourceSpecs[T] | undefined };

/** Those that are given: one, if the rule below holds. */
const given = (value: GivenSource): Source[] =>
  sourceTypes.flatMap((type) => (value[type] ? [{ type, spec: value[type] } as Source] : []));

export const sourceOf = (value: GivenSource): Source => given(value)[0]!;

/** The name as status tells it. */
export const labelOf = (type: SourceType): string => type.charAt(0).toUpperCase() + type.slice(1);

/** What a source may tell of a pod, and what decisions may need. */
export type Figure = "connections" | "load" | "responseTime";

/** How a source reads figures: `ifGiven` where its field of that name is given. */
type Reads<Spec> = { readonly [F in Figure]: "always" | "never" | (F extends keyof Spec ? "ifGiven" : never) };

const reads: { readonly [T in SourceType]: Reads<SourceSpecs[T]> } = {
  http: { connections: "ifGiven", load: "ifGiven", responseTime: "ifGiven" },
  json: { connections: "ifGiven", load: "ifGiven", responseTime: "ifGiven" },
  resource: { connections: "never", load: "always", responseTime: "never" },
  push: { connections: "always", load: "never", responseTime: "never" },
};

/** Whether a source, as it is given, reads a figure. */
export function readsFigure({ type, spec }: Source, figure: Figure): boolean {
  const how = reads[type][figure];
  return how === "always" || (how === "ifGiven" && (spec as Partial<Record<Figure, object>>)[figure] !== undefined);
}

export const givenReads = (value: GivenSource, figure: Figure): boolean =>
  given(value).some((source) => readsFigure(source, figure));

const readersOf = (figure: Figure): SourceType[] => sourceTypes.filter((type) => reads[type][figure] !== "never");

/** The fields that make sources read a figure, from the source on. */
export const fieldsFor = (figure: Figure): string[] =>
  readersOf(figure).map((type) => (reads[type][figure] === "always" ? type : `${type}.${figure}`));

/** The rule, in CEL, that the source at a path reads a figure. */
export const celReads = (path: string, figure: Figure): string =>
  readersOf(figure)
    .map((type) =>
      reads[type][figure] === "always"
        ? `has(${path}.${type})`
        : `(has(${path}.${type}) && has(${path}.${type}.${figure}))`,
    )
    .join(" || ");

export const source = withRules(
  z.object(schemas).partial(),
  "Where a pod's own numbers come from. Exactly one; none where the probe is enough.",
  [
    {
      cel: `[${sourceTypes.map((type) => `has(self.${type})`).join(", ")}].exists_one(given, given)`,
      message: `exactly one of ${listed(sourceTypes, "and")} is needed`,
      holds: (value) => given(value).length === 1,
    },
  ],
);
