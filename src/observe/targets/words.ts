import type { ResourceRef } from "../../kube/types.ts";

/** As `kubectl auth can-i` and roles name a resource: `rollouts.argoproj.io/scale`. */
export const resourceName = ({ group, plural }: ResourceRef, subresource?: string): string =>
  `${plural}${group && `.${group}`}${subresource ? `/${subresource}` : ""}`;

/** Where the chart gives a right on a kind that it does not know. */
export const chartHint = ({ group }: ResourceRef, value: string): string =>
  group === "apps" ? "" : ` (the chart's ${value})`;

export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What an error says, as a sentence. */
export const wordsOf = (error: unknown): string => sentence(error instanceof Error ? error.message : String(error));
