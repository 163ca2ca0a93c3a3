import type * as z from "zod";

/** A mistake on the command line: one line that says what to do. */
export class UsageError extends Error {}

export interface Flag {
  /** What stands behind the flag in the help; none for a switch. */
  readonly value?: string;
  /** One letter that stands for the name. */
  readonly short?: string;
  readonly help: string;
  readonly env?: string;
  /** Former spellings, which scripts still have, and what each stands for: `{"--json": "--output=json"}`. In no help. */
  readonly formerly?: Readonly<Record<string, string>>;
  readonly schema: z.ZodType;
}

export type FlagValues<Flags extends Record<string, Flag>> = {
  readonly [Name in keyof Flags]: z.output<Flags[Name]["schema"]>;
};
