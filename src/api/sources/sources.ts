import * as z from "zod";
import { listed, type Rule, withRules } from "../rules.ts";
import { http } from "./http.ts";
import { json } from "./json.ts";
import { push } from "./push.ts";
import { query } from "./query.ts";
import { resource } from "./resource.ts";

/** Every source, by the name that users write. */
const schemas = { http, json, resource, query, push };

export type SourceType = keyof typeof schemas;
export const sourceTypes = Object.keys(schemas) as SourceType[];

/** What users say of each source. */
type SourceSpecs = { readonly [T in SourceType]: z.output<(typeof schemas)[T]> };

/** The source of a pool, as the rest of the program knows it. */
export type Source<T extends SourceType = SourceType> = {
  [K in T]: { readonly type: K; readonly spec: SourceSpecs[K] };
}[T];

/** As users write it. */
export type GivenSource = { readonly [T in SourceType]?: SourceSpecs[T] | undefined };

/** What holds for single sources beside their own fields. */
export const intervalRules: readonly Rule<{ readonly source?: GivenSource | undefined; readonly interval: number }>[] =
  [
    {
      cel: "!has(self.source) || !has(self.source.resource) || duration(self.interval) >= duration('5s')",
      message:
        "interval must be at least 5s with source resource, because metrics.k8s.io changes only every 10 to 60 s",
      holds: ({ source: of, interval }) => of?.resource === undefined || interval >= 5_000,
    },
    {
      cel: "!has(self.source) || !has(self.source.query) || duration(self.interval) >= duration('5s')",
      message: "interval must be at least 5s with source query, because Prometheus has new values only after a scrape",
      holds: ({ source: of, interval }) => of?.query === undefined || interval >= 5_000,
    },
  ];

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
  query: { connections: "ifGiven", load: "ifGiven", responseTime: "ifGiven" },
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
  "Where a pod's own numbers come from. Set exactly one, or no source at all if the probe is enough.",
  [
    {
      cel: `[${sourceTypes.map((type) => `has(self.${type})`).join(", ")}].exists_one(given, given)`,
      message: `exactly one of ${listed(sourceTypes, "and")} is needed`,
      holds: (value) => given(value).length === 1,
    },
  ],
);
