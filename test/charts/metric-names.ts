import { Registry } from "prom-client";
import { createMetrics } from "../../src/telemetry/metrics.ts";

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

const registry = new Registry();
createMetrics(registry, { version: "0" });
const metrics = registry.getMetricsAsArray() as unknown as readonly (Omit<Metric, "type"> & { type: unknown })[];
const kinds = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));

/** Labels that Prometheus puts on what it scrapes. */
const targetLabels = ["namespace", "job", "instance", "pod"];

/** Labels of every series that the operator has, by the name of the series. */
export const seriesLabels: ReadonlyMap<string, readonly string[]> = new Map(
  metrics.flatMap(({ name, labelNames }) => {
    const labels = [...labelNames, ...targetLabels];
    const parts = kinds.get(name) === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    return parts.map((part) => [`${name}${part}`, part === "_bucket" ? [...labels, "le"] : labels] as const);
  }),
);

/** Names of our series in a query, with the labels that it asks them for. */
export function seriesIn(query: string): { readonly name: string; readonly labels: readonly string[] }[] {
  const grouped = [...query.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  return [...query.matchAll(/\b((?:evenkeel|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", selector = ""]) => ({
      name,
      labels: [...grouped, ...[...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label = ""]) => label)],
    }),
  );
}

/** What is wrong with a query: series that there are not, labels that they do not have. */
export const problemsOf = (query: string): string[] => {
  const series = seriesIn(query);
  if (series.length === 0) return [`${query} asks for no series of ours`];
  return series.flatMap(({ name, labels }) => {
    const known = seriesLabels.get(name);
    if (!known) return [`there is no ${name}`];
    return labels.filter((label) => !known.includes(label)).map((label) => `${name} has no label ${label}`);
  });
};
