/** A number that a text counts, or what it names as one of those that it counts. */
type Part = { readonly count: number } | { readonly example: string | number };

/**
 * Text for people that keeps apart what it counts and whom it names: one pod more or less of many, or another one of
 * them, makes no other text. A plain string counts nothing.
 */
export type Wording = string | { readonly parts: readonly (string | Part)[] };

export const count = (counted: number): Part => ({ count: counted });
export const example = (named: string | number): Part => ({ example: named });

const partsOf = (wording: Wording): readonly (string | Part)[] =>
  typeof wording === "string" ? [wording] : wording.parts;

/** A wording of these words, with what is put in; a number that is to be the same counts as words. */
export function worded(words: TemplateStringsArray, ...given: readonly (Wording | Part | number)[]): Wording {
  const between = given.map((one) => {
    if (typeof one === "number") return [String(one)];
    return typeof one === "string" || "parts" in one ? partsOf(one) : [one];
  });
  return { parts: words.flatMap((word, index) => [word, ...(between[index] ?? [])]) };
}

export const joined = (wordings: readonly Wording[], separator: string): Wording => ({
  parts: wordings.flatMap((wording, index) => (index === 0 ? partsOf(wording) : [separator, ...partsOf(wording)])),
});

/** A wording as text, with whatever stands for its counts and examples. */
const put = (wording: Wording, hole: (part: Part) => string | number): string =>
  partsOf(wording)
    .map((part) => (typeof part === "string" ? part : hole(part)))
    .join("");

/** The text that people read. */
export const print = (wording: Wording): string =>
  put(wording, (part) => ("count" in part ? part.count : part.example));

const frameOf = (wording: Wording): string => put(wording, (part) => ("count" in part ? "\0count" : "\0example"));

const countsIn = (wording: Wording): number[] =>
  partsOf(wording).flatMap((part) => (typeof part !== "string" && "count" in part ? [part.count] : []));

/** Whether a wording says something else than another: other words, or other counts by more than a share of the largest. */
export function saysElse(before: Wording, after: Wording, share: number): boolean {
  if (frameOf(before) !== frameOf(after)) return true;
  const [earlier, later] = [countsIn(before), countsIn(after)];
  const most = share * Math.max(0, ...earlier, ...later);
  return earlier.some((counted, index) => Math.abs(counted - later[index]!) > most);
}
