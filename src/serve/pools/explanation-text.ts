import type { Explanation, ExplanationPart } from "../../decide/explain/explanation.ts";
import { type Explained, printPart } from "../../decide/explain/print.ts";

/** An explanation that is written part by part. */
type Texts = Generator<string, void>;

type Parts = Iterable<ExplanationPart>;

/** The fields of an object as JSON, without the brace that ends it. */
const opened = (fields: object): string => JSON.stringify(fields).slice(0, -1);

function* listed(values: readonly unknown[]): Texts {
  for (const [index, value] of values.entries()) yield `${index === 0 ? "" : ","}${JSON.stringify(value)}`;
}

/** A field of an object whose lines come last. */
function* withLines(name: string, { lines, ...about }: { readonly lines: readonly unknown[] }): Texts {
  yield `,"${name}":${opened(about)},"lines":[`;
  // One by one, as each may hold a number or two of every pod.
  yield* listed(lines);
  yield "]}";
}

/** The document of an explanation, as `JSON.stringify` would write it. */
export function* writeJson(explained: Explained, parts: Parts): Texts {
  let before = "";
  for (const part of parts) {
    if (part.kind === "pod") {
      yield before + JSON.stringify(part.pod);
      before = ",";
    } else if (part.kind === "head") {
      const { readySet, weights, ...head } = part.head satisfies Partial<Explanation>;
      yield opened({ ...explained, ...head });
      yield* withLines("readySet", readySet);
      yield* withLines("weights", weights);
      yield `,"pods":[`;
    } else yield `],${JSON.stringify(part.tail).slice(1)}\n`;
  }
}

export function* writeText(explained: Explained, parts: Parts): Texts {
  for (const part of parts) yield `${printPart(explained, part).join("\n")}\n`;
}
