/**
 * Ways to read what others send, of which nothing is certain but that it is JSON. Absent, null (as Go writes a list that
 * is nil) and of another type are the same: not there.
 */

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

export const fieldOf = (value: unknown, field: string): unknown => (isFields(value) ? value[field] : undefined);

/** The objects of a list. */
export const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

/** The texts of a list. */
export const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** A text that is not empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

export const wholeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;

const isText = (value: unknown): value is string => typeof value === "string";

/** Texts by name, such as labels. */
export function textMapOf(value: unknown): Readonly<Record<string, string>> {
  const fields = fieldsOf(value);
  if (Object.values(fields).every(isText)) return fields as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => isText(entry[1])));
}
