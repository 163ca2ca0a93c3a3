import type { ResourceRef } from "../kube/types.ts";

/** As `kubectl auth can-i` and roles name a resource: `rollouts.argoproj.io/scale`. */
export const resourceName = ({ group, plural }: ResourceRef, subresource?: string): string =>
  `${plural}${group && `.${group}`}${subresource ? `/${subresource}` : ""}`;

export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What an error says, as a sentence. */
export const wordsOf = (error: unknown): string => sentence(error instanceof Error ? error.message : String(error));
