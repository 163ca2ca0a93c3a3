import { nearNames } from "../../decide/basics/near.ts";

/** Longer pointers are not told, and of a document no more values are looked at. */
const maxPointerLength = 80;
const mostValues = 5_000;

/** A key that names something, and is no value that somebody uses as a key. */
const isKey = /^[a-zA-Z_][a-zA-Z0-9_]{0,39}$/;

/** Pointers to the document's numbers that are like the one that led nowhere, at most three. */
export function pointersLike(document: unknown, wanted: string): string[] {
  const pointers: string[] = [];
  const waiting: [pointer: string, value: unknown][] = [["", document]];
  for (let looked = 0; looked < mostValues && looked < waiting.length; looked++) {
    const [pointer, value] = waiting[looked]!;
    if (typeof value === "number") pointers.push(pointer);
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    for (const key of Object.keys(value)) {
      if (waiting.length >= mostValues) break;
      const below = `${pointer}/${key}`;
      if (isKey.test(key) && below.length <= maxPointerLength)
        waiting.push([below, (value as Record<string, unknown>)[key]]);
    }
  }
  return nearNames(wanted, pointers);
}
