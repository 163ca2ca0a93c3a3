import type { Metric } from "./page.ts";

/** Labels by which series are told apart. */
export interface Labelled {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly match?: Readonly<Record<string, string>>;
}

/** A page that makes up names of labels is not looked at for ever. */
const mostLabels = 64;

/** The names of the labels that its series have. */
export const labelNamesOf = ({ series }: Metric): string[] =>
  [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].slice(0, mostLabels);

const quoted = (value: string): string => value.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");

/** The labels that leave out the series of such values; undefined where nothing would be left. */
export function leaveOut(metric: Metric | undefined, label: string, pattern: RegExp): Labelled | undefined {
  const values = new Set(metric?.series.flatMap(({ labels }) => labels[label] ?? []));
  const ours = [...values].filter((value) => !pattern.test(value)).sort();
  if (ours.length === 0) return undefined;
  if (ours.length === values.size) return {};
  return ours.length === 1
    ? { matchLabels: { [label]: ours[0]! } }
    : { match: { [label]: ours.map(quoted).join("|") } };
}
