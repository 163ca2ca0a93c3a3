import * as z from "zod";

export const pointer = z
  .string()
  .max(256)
  .regex(/^(\/([^/~]|~[01])*)+$/, "must be a JSON pointer (RFC 6901), such as /stats/connections")
  .describe(
    "JSON pointer (RFC 6901) to a number in the answer. `*` stands for every element of a list or object; their numbers are added up.",
  );
