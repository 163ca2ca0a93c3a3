import type * as z from "zod";

/** A rule that JSON Schema cannot express, written once for the API server (CEL) and once for us. */
export interface Rule<Value> {
  readonly cel: string;
  /** The field of the value that is at fault, where one is. */
  readonly field?: string;
  readonly message: string;
  readonly holds: (value: Value) => boolean;
}

/** Words as a sentence lists them. */
export const listed = (words: readonly string[], conjunction: "and" | "or"): string =>
  [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(` ${conjunction} `);

/** Adds rules to a schema: as refinements here, as `x-kubernetes-validations` in the CRD. */
export function withRules<S extends z.ZodType>(schema: S, description: string, rules: readonly Rule<z.output<S>>[]): S {
  const refined = rules.reduce<z.ZodType>(
    (checked, { holds, message, field }) =>
      checked.refine((value) => holds(value as z.output<S>), { message, ...(field && { path: [field] }) }),
    schema,
  );
  return refined.meta({
    ...schema.meta(),
    description,
    "x-kubernetes-validations": rules.map(({ cel, message, field }) => ({
      rule: cel,
      message,
      ...(field && { fieldPath: `.${field}` }),
    })),
  }) as S;
}
