import * as z from "zod";

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** What a schema of answers describes, as whoever makes and reads them has it. */
export type Told<Schema extends z.ZodType> = Frozen<z.output<Schema>>;

/**
 * A word of a set that may grow: a string for clients that are generated, with the words of now beside it. A closed list
 * would have them refuse a pool for a word of tomorrow.
 */
export const openWord = <Word extends string>(description: string, words?: readonly Word[]): z.ZodType<Word> =>
  z
    .string()
    .describe(description)
    .meta(words ? { "x-extensible-enum": words } : {}) as unknown as z.ZodType<Word>;

export const rfc3339 = (description: string) => z.string().describe(description).meta({ format: "date-time" });

/** Whole, from 0. */
export const count = (description: string) => z.int().min(0).describe(description);

export const unixMs = (description: string) => z.number().describe(`${description} Unix milliseconds.`);
