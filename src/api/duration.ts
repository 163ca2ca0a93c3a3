import * as z from "zod";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration such as `500ms`, `5s`, `2m` or `1h`. The text must match the schema's pattern. */
export const parseDuration = (text: string): number =>
  Number.parseInt(text, 10) * unitMs[text.replace(/^\d+/, "") as keyof typeof unitMs];

/** A duration: text outside (`1s`), milliseconds inside. */
export const duration = (fallback: string, description: string) =>
  z
    .string()
    .max(8)
    .regex(/^(0|[1-9][0-9]{0,5})(ms|s|m|h)$/, "must be a whole number and a unit, such as 500ms, 5s, 2m or 1h")
    .default(fallback)
    .describe(description)
    .transform(parseDuration);
